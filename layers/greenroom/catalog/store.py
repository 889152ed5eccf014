"""The catalogue's table, read through a cache that is told what is current by small reads of versions."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from greenroom.cache.memory import MemoryCache
from greenroom.cache.port import KEEP_SECONDS, Cache, Entry
from greenroom.calendar.schedules import Schedule
from greenroom.identifiers import is_id
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables

from . import changes
from .changes import Also, Decide
from .kinds import LISTINGS, PROFILES, SCHEDULES, SLUGS, WHOLE
from .model import Celebrity
from .records import celebrity_from, row_from, schedule_from
from .search import Filters, Listing, Sort

T = TypeVar("T")

_ANY = 0
"""The version of what is checked in another way."""


@dataclass(frozen=True, slots=True)
class CatalogStore:
    """Reads and writes the catalogue.

    A read shows all that was committed before it began, whoever wrote it and whatever is cached where.
    """

    tables: Tables
    table: str
    cache: Cache = field(default_factory=MemoryCache)
    _latest: list[Listing] = field(default_factory=list, init=False, compare=False)
    """The listing that was current last, if any. It is not shown, but brought up to date."""

    def listing_version(self) -> int:
        """Return the listing's version by one small read, 0 before the first celebrity."""
        stored = self.tables.get(self.table, keys.LISTING_VERSION)
        return stored["version"] if stored else 0

    def listing(self) -> Listing:
        """Return the current listing: one small read while nothing changed, else what has changed too.

        After more changes than the version names, or for the first time, all rows are read.
        """
        stored = self.tables.get(self.table, keys.LISTING_VERSION) or {"version": 0}
        entry = Entry(WHOLE, stored["version"])
        held = self.cache.get(LISTINGS, [entry])
        if entry in held:
            self._latest[:] = [held[entry]]
            return held[entry]
        listing = self._caught_up(stored) or self._read_listing(entry.version)
        # Rows of a change that came meanwhile may be in. They may be shown, but this version had others.
        if self.listing_version() == entry.version:
            self.cache.put(LISTINGS, {entry: listing}, KEEP_SECONDS)
            self._latest[:] = [listing]
        return listing

    def _read_listing(self, version: int) -> Listing:
        rows = self.tables.query_all(self.table, partition=("pk", keys.LISTING))
        return Listing(version, [row_from(row) for row in rows if row["sk"] != "#VERSION"])

    def _caught_up(self, stored: Item) -> Listing | None:
        """Return the latest listing with the rows that have changed since, None where those are not known."""
        recent = stored.get("recent", [])
        if not self._latest or not self.cache.may_hold(LISTINGS, WHOLE):
            return None
        behind = stored["version"] - self._latest[0].version
        if not 0 < behind <= len(recent):
            return None
        changed = set(recent[-behind:])
        found = self.tables.batch_get({self.table: [keys.listing_row(each) for each in sorted(changed)]})
        kept = [row for row in self._latest[0].rows if row.celebrity_id not in changed]
        return Listing(stored["version"], [*kept, *map(row_from, found.values())])

    def page(
        self, filters: Filters, sort: Sort, *, after: str | None, limit: int
    ) -> tuple[list[Celebrity], str | None]:
        """Return one page as ``Listing.find`` does, with whole celebrities."""
        listing = self.listing()
        ids, last = listing.find(filters, sort, after=after, limit=limit)
        return self.celebrities({each: listing.versions[each] for each in ids})[0], last

    def celebrities(
        self, versions: Mapping[str, int], also: Mapping[str, Sequence[Key]] | None = None
    ) -> tuple[list[Celebrity], dict[tuple[str, Key], Item]]:
        """Return celebrities in that order, what is not cached in one round trip.

        The items of ``also``, by table, come by the same round trip.
        """
        wanted = [Entry(*each) for each in versions.items()]
        held = self.cache.get(PROFILES, wanted)
        found = {entry.key: celebrity for entry, celebrity in held.items()}
        missing = {keys.celebrity(entry.key) for entry in wanted if entry not in held}
        other = dict(also or {})
        profiles = [*sorted(missing), *other.pop(self.table, ())]
        items = self.tables.batch_get({self.table: profiles, **other})
        read = [celebrity_from(items[self.table, key]) for key in missing if (self.table, key) in items]
        self._keep_profiles(*read)
        found |= {celebrity.id: celebrity for celebrity in read}
        return [found[each] for each in versions if each in found], items

    def celebrity(self, id_or_slug: str) -> Celebrity:
        """Return a celebrity; raise ``NotFound``. One round trip, and one more by a slug that is new here."""
        return self._named(id_or_slug, self._profile, lambda celebrity: celebrity)

    def open_celebrity(self, id_or_slug: str) -> tuple[Celebrity, Schedule]:
        """Return a celebrity with the opening hours, else as ``celebrity``."""
        return self._named(id_or_slug, self._profile_and_hours, lambda both: both[0])

    def _named(self, id_or_slug: str, read: Callable[[str], T], of: Callable[[T], Celebrity]) -> T:
        if is_id(id_or_slug, "cel"):
            return read(id_or_slug)
        entry = Entry(id_or_slug, _ANY)
        remembered = self.cache.get(SLUGS, [entry])
        if entry in remembered:
            # The slug may have passed to somebody else since; the profile, read now, knows its own.
            with suppress(NotFound):
                found = read(remembered[entry])
                if of(found).slug == id_or_slug:
                    return found
        owner = self.tables.get(self.table, keys.slug(id_or_slug))
        if owner is None:
            raise NotFound
        self.cache.put(SLUGS, {entry: owner["celebrity_id"]}, KEEP_SECONDS)
        return read(owner["celebrity_id"])

    def _profile(self, celebrity_id: str) -> Celebrity:
        # What cannot be cached is read at once: its version would be a second round trip for nothing.
        if self.cache.may_hold(PROFILES, celebrity_id):
            versions = self._versions(celebrity_id)
            entry = Entry(celebrity_id, versions["profile"])
            held = self.cache.get(PROFILES, [entry])
            if entry in held:
                return held[entry]
        item = self.tables.get(self.table, keys.celebrity(celebrity_id))
        if item is None:
            raise NotFound
        celebrity = celebrity_from(item)
        self._keep_profiles(celebrity)
        return celebrity

    def _profile_and_hours(self, celebrity_id: str) -> tuple[Celebrity, Schedule]:
        celebrity, schedule = self._held_profile_and_hours(celebrity_id)
        profile, hours = keys.celebrity(celebrity_id), keys.schedule(celebrity_id)
        missing = [key for key, held in ((profile, celebrity), (hours, schedule)) if held is None]
        found = self.tables.batch_get({self.table: missing})
        if celebrity is None:
            if (self.table, profile) not in found:
                raise NotFound
            celebrity = celebrity_from(found[self.table, profile])
            self._keep_profiles(celebrity)
        if schedule is None:
            item = found.get((self.table, hours))
            schedule = schedule_from(item)
            if item is not None:
                self.cache.put(SCHEDULES, {Entry(celebrity_id, item["version"]): schedule}, KEEP_SECONDS)
        return celebrity, schedule

    def _held_profile_and_hours(self, celebrity_id: str) -> tuple[Celebrity | None, Schedule | None]:
        if not (self.cache.may_hold(PROFILES, celebrity_id) and self.cache.may_hold(SCHEDULES, celebrity_id)):
            return None, None
        versions = self._versions(celebrity_id)
        profile = Entry(celebrity_id, versions["profile"])
        hours = Entry(celebrity_id, versions["schedule"])
        celebrity = self.cache.get(PROFILES, [profile]).get(profile)
        return celebrity, self.cache.get(SCHEDULES, [hours]).get(hours)

    def _versions(self, celebrity_id: str) -> Item:
        """Return the versions of profile and schedule by one small read.

        Nothing is ever cached under the version 0 of what has none.
        """
        stored = self.tables.get(self.table, keys.celebrity_versions(celebrity_id))
        return stored or {"profile": 0, "schedule": 0}

    def _keep_profiles(self, *celebrities: Celebrity) -> None:
        # Under the version that came with each, whatever version was looked for: so a slow reader's find
        # is never taken for what came after it.
        entries = {Entry(celebrity.id, celebrity.version): celebrity for celebrity in celebrities}
        if entries:
            self.cache.put(PROFILES, entries, KEEP_SECONDS)

    def add(self, celebrity: Celebrity, schedule: Schedule) -> None:
        """Add a celebrity, as ``changes.add`` does."""
        changes.add(self.tables, self.table, celebrity, schedule)

    def change(
        self,
        celebrity_id: str,
        decide: Decide,
        *,
        profile_at: int | None = None,
        hours_at: int | None = None,
        also: Also | None = None,
    ) -> tuple[Celebrity, Schedule]:
        """Change a celebrity, its opening hours, or both, as ``changes.change`` does."""
        return changes.change(
            self.tables,
            self.table,
            celebrity_id,
            decide,
            profile_at=profile_at,
            hours_at=hours_at,
            also=also,
        )
