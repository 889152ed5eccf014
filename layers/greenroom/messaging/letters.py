"""The letters: subject, plain text and HTML for each kind of event and each side that is told of it."""

from dataclasses import dataclass

from greenroom.actors import Role
from greenroom.bookings.model import Booking

from .announcements import Announcement
from .facts import Fact, local_time
from .markup import page
from .plain_text import one_line
from .wordings import WORDINGS


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, twice; all parts are safe to put into a message as they are."""

    subject: str
    text: str
    html: str


def write_letter(
    announced: Announcement, booking: Booking, side: Role, *, name: str, public_url: str
) -> Letter:
    """Write to one side of the booking. ``booking`` is as of the event, ``name`` the recipient's."""
    wording = WORDINGS[announced.kind]
    celebrity = one_line(booking.celebrity_name)
    subject = wording.subject.format(celebrity=celebrity)
    greeting = f"Hello {one_line(name)},"
    opening = (wording.to_buyer if side is Role.BUYER else wording.to_agent).format(celebrity=celebrity)
    stated: list[Fact] = [
        ("What", f"{celebrity}, {one_line(booking.offering_title)}"),
        ("Start", local_time(booking.interval.start, booking.time_zone)),
        ("End", local_time(booking.interval.end, booking.time_zone)),
    ]
    if booking.venue:
        stated.append(("Where", one_line(booking.venue)))
    for facts in wording.facts:
        stated += facts(announced, booking)
    if announced.event.reason:
        stated.append(("Message", one_line(announced.event.reason)))
    link = f"{public_url}/v1/bookings/{booking.id}"
    lines = "\n".join(f"{label}: {value}" for label, value in [*stated, ("Booking", link)])
    return Letter(
        subject,
        text="\n\n".join([greeting, opening, lines, "Greenroom"]) + "\n",
        html=page(subject, greeting, opening, stated, link),
    )
