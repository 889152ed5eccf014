"""A booking as an iCalendar file: one VEVENT with a stable UID, whose SEQUENCE is the booking's version.

Functions that answer with such a file and those that mail it share this module; it knows nothing of mail.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

from greenroom.bookings.model import Booking, State
from greenroom.calendar.zones import find_zone

from .plain_text import one_line, prose
from .vtimezones import vtimezone

PRODUCT = "-//Greenroom//Bookings//EN"
CONTENT_TYPE = "text/calendar; charset=utf-8"
FILE_NAME = "booking.ics"

_ENDED = frozenset({State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED})
_AGREED = frozenset({State.CONFIRMED, State.COMPLETED})
_UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"})


class Method(StrEnum):
    """What the receiver is to do with the file (RFC 5546)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar file to be mailed; a mail must name ``method`` in the part's content type."""

    method: Method
    content: bytes


def uid(booking_id: str) -> str:
    """Return the UID under which every version of a booking is the same entry in a calendar."""
    return f"{booking_id}@greenroom"


def publish(booking: Booking, *, stamp: datetime) -> bytes:
    """Return the booking as a file for its owner to import: a snapshot with no one invited."""
    return _file(booking, Method.PUBLISH, stamp=stamp)


def invite(booking: Booking, *, stamp: datetime, organizer: str, attendee: str) -> Invitation:
    """Return the booking as a request to put it into the attendee's calendar, or to take it out.

    ``organizer`` and ``attendee`` are e-mail addresses. ``stamp`` is the instant the booking became so.
    """
    method = Method.CANCEL if booking.state in _ENDED else Method.REQUEST
    content = _file(booking, method, stamp=stamp, organizer=organizer, attendee=attendee)
    return Invitation(method, content)


class _Text(vText):
    """Text by RFC 5545, 3.3.11. The library's own escape reads ``\\N`` in the value as a line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.replace("\n", "\\n").encode()


def _file(
    booking: Booking, method: Method, *, stamp: datetime, organizer: str = "", attendee: str = ""
) -> bytes:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("METHOD", method.value)
    event = Event()
    event.add("UID", uid(booking.id))
    event.add("SEQUENCE", booking.version)
    event.add("DTSTAMP", stamp.astimezone(UTC))
    event.add("STATUS", _status(booking.state))
    _add_text(event, "SUMMARY", one_line(f"{booking.celebrity_name}: {booking.offering_title}"))
    _add_text(event, "LOCATION", one_line(booking.venue))
    _add_text(event, "DESCRIPTION", prose(booking.brief))
    if organizer:
        event.add("ORGANIZER", _mailto(organizer))
    if attendee:
        # Nobody reads replies: what a side thinks of the booking, it says to the API.
        answer = "ACCEPTED" if booking.state in _AGREED else "NEEDS-ACTION"
        event.add("ATTENDEE", _mailto(attendee), parameters={"PARTSTAT": answer, "RSVP": "FALSE"})
    zone = _zone_of_times(booking)
    for name, instant in (("DTSTART", booking.interval.start), ("DTEND", booking.interval.end)):
        if zone is None:
            event.add(name, instant.astimezone(UTC))
        else:
            wall = instant.astimezone(zone).replace(tzinfo=None)
            event.add(name, wall, parameters={"TZID": zone.key})
    if zone is not None:
        calendar.add_component(vtimezone(zone, booking.interval.start, booking.interval.end))
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _status(state: State) -> str:
    if state in _ENDED:
        return "CANCELLED"
    return "CONFIRMED" if state in _AGREED else "TENTATIVE"


def _zone_of_times(booking: Booking) -> ZoneInfo | None:
    """Return the zone to write the times in, or None where only UTC says them.

    RFC 5545 reads a wall time that comes twice as the first of the two, so the second has no local form.
    """
    if booking.time_zone in _UTC_NAMES:
        return None
    zone = find_zone(booking.time_zone)
    ends = (booking.interval.start, booking.interval.end)
    return None if any(instant.astimezone(zone).fold for instant in ends) else zone


def _add_text(event: Event, name: str, text: str) -> None:
    if text:
        event.add(name, _Text(text))


def _mailto(address: str) -> str:
    # RFC 6068: what a URI reserves or cannot hold is percent-encoded, so no address can leave its line.
    return "mailto:" + quote(address, safe="@!$'*+-_.~")
