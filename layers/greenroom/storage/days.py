"""Day documents in the bookings table: read by range or by key, written if unchanged."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from greenroom.calendar.days import DayDocument

from . import keys
from .items import Item
from .tables import Tables
from .writes import NEW, Put


def read_range(tables: Tables, table: str, celebrity_id: str, days: Sequence[date]) -> list[DayDocument]:
    """Return the documents in a range of days, in one query; days without a document are left out."""
    if not days:
        return []
    items = tables.query_all(
        table,
        partition=("pk", keys.day(celebrity_id, days[0]).pk),
        between=("sk", days[0].isoformat(), days[-1].isoformat()),
    )
    return [DayDocument.from_stored(celebrity_id, date.fromisoformat(item["sk"]), item) for item in items]


def from_batch(
    found: Mapping[tuple[str, keys.Key], Item], table: str, celebrity_id: str, days: Iterable[date]
) -> list[DayDocument]:
    """Return the documents of exactly those days out of a batch read, absent ones as version 0."""
    return [
        DayDocument.from_stored(celebrity_id, day, found.get((table, keys.day(celebrity_id, day))))
        for day in days
    ]


def put(table: str, document: DayDocument) -> Put:
    """Return the write of a changed document, on the condition that nobody has changed it since."""
    return Put(
        table,
        {**keys.day(document.celebrity_id, document.day)._asdict(), **document.to_stored()},
        when=NEW if document.version == 1 else {"version": document.version - 1},
    )
