"""Delivery from the log itself, for when the stream has lost events or was cut off too long."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from greenroom.calendar.intervals import format_instant
from greenroom.storage.items import Item
from greenroom.storage.scans import scan
from greenroom.storage.tables import Tables
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.logs import log_business

from .marks import BeingSent


class Replayed(NamedTuple):
    """What a replay came to: the mails that it sent, and the events that could not be delivered whole."""

    sent: int
    failed: int


def replay_events(
    tables: Tables,
    table: str,
    deliver: Callable[[Item], int],
    *,
    since: datetime,
    until: datetime,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
) -> Replayed:
    """Deliver what was never sent of the events from ``since`` to ``until``, included to the second.

    The mails that are counted are those of the events that could be delivered whole. The whole table is read
    for it, at half a read unit for each 4 KB; an event that was sent costs a few more reads and no write. An
    event that fails is logged and left behind, so that the rest goes out; another run tries it again.
    Where a worker holds a mail, that and the booking's later ones wait for the end of its lease.
    """
    sent, failed = 0, 0
    held: list[Item] = []
    lease_ends: dict[str, datetime] = {}
    span = ("at", format_instant(since), format_instant(until))
    for event in scan(tables, table, equal={"kind": "event"}, between=span):
        if event["pk"] in lease_ends:
            held.append(event)
            continue
        try:
            sent += deliver(event)
        except BeingSent as being_sent:
            held.append(event)
            lease_ends[event["pk"]] = being_sent.until
        except Exception as error:
            failed += 1
            report_fault("event_not_replayed", error, event_id=event.get("id"))
    for event in held:
        sleep(max(0.0, (lease_ends[event["pk"]] - now()).total_seconds()))
        try:
            sent += deliver(event)
        except Exception as error:
            failed += 1
            report_fault("event_not_replayed", error, event_id=event.get("id"))
    log_business("events_replayed", sent=sent, failed=failed)
    return Replayed(sent, failed)
