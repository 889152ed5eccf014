"""The check after a rush: no celebrity has two engagements at one time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.load.steps import Visitor

HOLDING = frozenset({"awaiting_payment", "confirmed", "completed"})
"""The states in which a booking has its time to itself."""

Booking = Mapping[str, Any]
Buffers = Callable[[Booking], tuple[timedelta, timedelta]]


def overlapping(bookings: Iterable[Booking], buffers: Buffers) -> list[tuple[str, str]]:
    """Return the ids of bookings that hold time in common, their buffers included."""
    held = defaultdict(list)
    for booking in bookings:
        if booking["state"] in HOLDING:
            before, after = buffers(booking)
            start, end = (datetime.fromisoformat(booking[edge]) for edge in ("start", "end"))
            held[booking["celebrity_id"]].append((start - before, end + after, booking["id"]))
    found = []
    for intervals in held.values():
        (_, latest, last), *later = sorted(intervals)
        for start, end, identifier in later:
            if start < latest:
                found.append((last, identifier))
            latest, last = max((latest, last), (end, identifier))
    return found


def overlapping_of(agents: Sequence[Visitor]) -> list[tuple[str, str]]:
    """Return the ids of overlapping bookings among all on the rosters of agents, who have accounts."""
    for agent in agents:
        agent.log_in()
    bookings = [booking for agent in agents for booking in bookings_of(agent)]
    return overlapping(bookings, known_buffers(agents[0]))


def bookings_of(agent: Visitor) -> list[dict[str, Any]]:
    """Return every booking on an agent's roster."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = agent.call("GET", f"/v1/bookings?limit=100{cursor}").body
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def known_buffers(visitor: Visitor) -> Buffers:
    """Return what looks a booking's buffers up, in the profile of its celebrity."""
    profiles: dict[str, dict[str, tuple[timedelta, timedelta]]] = {}

    def buffers(booking: Booking) -> tuple[timedelta, timedelta]:
        celebrity = booking["celebrity_id"]
        if celebrity not in profiles:
            profile = visitor.call("GET", f"/v1/celebrities/{celebrity}").body
            profiles[celebrity] = {
                offering["id"]: (
                    timedelta(minutes=offering["buffer_before_minutes"]),
                    timedelta(minutes=offering["buffer_after_minutes"]),
                )
                for offering in profile["offerings"]
            }
        return profiles[celebrity][booking["offering_id"]]

    return buffers
