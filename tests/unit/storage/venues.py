"""One change of a stored form, in three releases: the text ``venue`` becomes the document ``place``.

The example of docs/decisions/0017-schema-changes.md. Each release is a whole repository, as the code of that
release would be; all of them may run on the same table, as they do while a deployment moves traffic.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from greenroom.storage.items import Item, decode_item
from greenroom.storage.keys import booking
from greenroom.storage.tables import Tables
from greenroom.storage.writes import NEW, Put

TABLE = "bookings"
Place = dict[str, Any]


def _place(venue: str) -> Place:
    """Make of the text what can be made of it: nobody knows the city."""
    return {"name": venue, "city": None}


def _write_old(place: Place) -> Item:
    return {"venue": place["name"]}


def _read_old(item: Item) -> Place:
    return _place(item["venue"])


def _write_both(place: Place) -> Item:
    return {"venue": place["name"], "place": place}


def _read_either(item: Item) -> Place:
    place: Place | None = item.get("place")
    return _place(item["venue"]) if place is None else place


def _write_new(place: Place) -> Item:
    return {"place": place}


def _read_new(item: Item) -> Place:
    place: Place = item["place"]
    return place


@dataclass(frozen=True, slots=True)
class Release:
    """One release's repository: how it writes and how it reads. It writes items whole, if unchanged."""

    name: str
    write: Callable[[Place], Item]
    read: Callable[[Item], Place]

    def add(self, tables: Tables, booking_id: str, place: Place) -> None:
        """Write a new booking."""
        item = {**booking(booking_id)._asdict(), "version": 1, **self.write(place)}
        tables.write(Put(TABLE, item, when=NEW))

    def show(self, tables: Tables, booking_id: str) -> Place:
        """Return where a booking takes place."""
        return self.read(self._item(tables, booking_id))

    def rename(self, tables: Tables, booking_id: str, name: str) -> None:
        """Give the place another name; whatever else the release knows of it stays."""
        item = self._item(tables, booking_id)
        place = {**self.read(item), "name": name}
        changed = {**booking(booking_id)._asdict(), "version": item["version"] + 1, **self.write(place)}
        tables.write(Put(TABLE, changed, when={"version": item["version"]}))

    @staticmethod
    def _item(tables: Tables, booking_id: str) -> Item:
        item = tables.get(TABLE, booking(booking_id))
        if item is None:
            raise LookupError(booking_id)
        return item


OLD = Release("old", _write_old, _read_old)
EXPANDED = Release("expanded", _write_both, _read_either)
CONTRACTED = Release("contracted", _write_new, _read_new)


def left_to_migrate(tables: Tables) -> Iterator[str]:
    """Yield the bookings that only the old form tells of. Contracting has to wait until there are none."""
    for row in tables.client.scan(TableName=TABLE)["Items"]:
        item = decode_item(row)
        if "place" not in item:
            yield item["pk"].partition("#")[2]


def migrate(tables: Tables, booking_id: str) -> None:
    """Write a booking again as it is, if nobody changes it meanwhile: the expanded release adds its form."""
    EXPANDED.rename(tables, booking_id, EXPANDED.show(tables, booking_id)["name"])
