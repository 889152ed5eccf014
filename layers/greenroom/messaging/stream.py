"""Records of the bookings table's stream: which are events, which come again, which never can go out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from greenroom.refusals import Unavailable
from greenroom.storage.items import Item, decode_item
from greenroom.telemetry.faults import report_fault

Record = Mapping[str, Any]
"""A record as Lambda hands it over: the image in attribute values, binary ones in base64."""

_NOTHING_TO_READ: Final = ""
"""An empty identifier makes Lambda bring the whole batch again, which is all one can ask for here."""


def deliver_records(
    records: Iterable[Record],
    deliver: Callable[[Item], object],
    set_apart: Callable[[Record], object],
) -> list[str]:
    """Deliver the events among the records; return the sequence numbers of those that must come again.

    Only what passes with time comes again, as everything behind it in the shard waits for that: where the
    means of delivery failed, later events of the same booking wait too, for the order of its mails. What
    fails for any other reason would fail again: it is set apart, and comes again only if that fails.
    """
    again: list[str] = []
    waiting: set[str] = set()
    for record in records:
        sequence_number = _NOTHING_TO_READ
        try:
            sequence_number = record["dynamodb"]["SequenceNumber"]
            event = _event(record)
            if event is None:
                continue
            if event["pk"] in waiting:
                again.append(sequence_number)
                continue
            try:
                deliver(event)
            except Unavailable:
                waiting.add(event["pk"])
                again.append(sequence_number)
        except Exception as error:
            report_fault("event_not_delivered", error, sequence_number=sequence_number)
            if not _is_set_apart(record, set_apart):
                again.append(sequence_number)
    return again


def _is_set_apart(record: Record, set_apart: Callable[[Record], object]) -> bool:
    try:
        set_apart(record)
    except Exception as error:
        report_fault("event_not_set_apart", error)
        return False
    return True


def _event(record: Record) -> Item | None:
    """Return the new event that the record tells of, or None for any other change."""
    if record["eventName"] != "INSERT":
        return None
    image = record["dynamodb"]["NewImage"]
    if image.get("kind") != {"S": "event"}:
        return None
    return decode_item(image)
