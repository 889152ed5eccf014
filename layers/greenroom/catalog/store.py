"""The catalogue's table: profiles, schedules, and the listing with its version."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from greenroom.calendar.schedules import Schedule
from greenroom.identifiers import is_id
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.tables import Tables
from greenroom.storage.writes import NEW, Put, Write

from .model import Celebrity
from .records import celebrity_from, celebrity_item, row_from, row_item, schedule_from, schedule_item
from .search import Listing


@dataclass(slots=True)
class CatalogStore:
    """Reads and writes the catalogue. The listing stays in the process while its version stands."""

    tables: Tables
    table: str
    _listing: Listing | None = field(default=None, init=False)

    def listing(self) -> Listing:
        """Return the current listing: one small read while nothing changed, else the rows anew."""
        stored = self.tables.get(self.table, keys.LISTING_VERSION)
        version = stored["version"] if stored else 0
        if self._listing is None or self._listing.version != version:
            rows = self.tables.query_all(self.table, partition=("pk", keys.LISTING))
            # Rows written after the version was read may be in already; the next read then fetches anew.
            self._listing = Listing(version, [row_from(row) for row in rows if row["sk"] != "#VERSION"])
        return self._listing

    def celebrities(self, ids: Sequence[str]) -> list[Celebrity]:
        """Return the celebrities of those ids that exist, in that order, in one round trip."""
        if not ids:
            return []
        wanted = [keys.celebrity(celebrity_id) for celebrity_id in ids]
        found = self.tables.batch_get({self.table: wanted})
        return [celebrity_from(found[self.table, key]) for key in wanted if (self.table, key) in found]

    def celebrity(self, id_or_slug: str) -> Celebrity:
        """Return a celebrity by id, or by slug at the price of one more read; raise ``NotFound``."""
        celebrity_id = id_or_slug
        if not is_id(id_or_slug, "cel"):
            owner = self.tables.get(self.table, keys.slug(id_or_slug))
            if owner is None:
                raise NotFound
            celebrity_id = owner["celebrity_id"]
        item = self.tables.get(self.table, keys.celebrity(celebrity_id))
        if item is None:
            raise NotFound
        return celebrity_from(item)

    def open_celebrity(self, id_or_slug: str) -> tuple[Celebrity, Schedule]:
        """Return a celebrity with the opening hours; raise ``NotFound``."""
        if not is_id(id_or_slug, "cel"):
            id_or_slug = self.celebrity(id_or_slug).id
        profile, hours = keys.celebrity(id_or_slug), keys.schedule(id_or_slug)
        found = self.tables.batch_get({self.table: [profile, hours]})
        if (self.table, profile) not in found:
            raise NotFound
        return celebrity_from(found[self.table, profile]), schedule_from(found.get((self.table, hours)))

    def add(self, celebrity: Celebrity, schedule: Schedule) -> None:
        """Add a celebrity with its slug, opening hours and listing row, and raise the listing's version.

        Raises ``CalendarBusy`` when the id or the slug is taken: neither is told from a race that is lost.
        """

        def write() -> None:
            stored = self.tables.get(self.table, keys.LISTING_VERSION)
            version = stored["version"] if stored else 0
            bumped: Write = Put(
                self.table,
                {**keys.LISTING_VERSION._asdict(), "version": version + 1},
                when={"version": version} if stored else NEW,
            )
            slug = {**keys.slug(celebrity.slug)._asdict(), "celebrity_id": celebrity.id}
            self.tables.write(
                bumped,
                Put(self.table, celebrity_item(celebrity), when=NEW),
                Put(self.table, slug, when=NEW),
                Put(self.table, schedule_item(celebrity.id, schedule, 1)),
                Put(self.table, row_item(celebrity)),
            )

        attempt(write)
