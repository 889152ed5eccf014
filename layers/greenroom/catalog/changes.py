"""The one way in which the catalogue is changed: each change raises the versions that readers go by, at once.

Versions of a celebrity stand in one small item: that of the profile with its offerings, and that of the
opening hours. Each is also on what it is the version of. The listing has a version too, and a row of it names
the profile's. Whoever has just read a version may show whatever is kept under it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from greenroom.calendar.schedules import Schedule
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.items import Item
from greenroom.storage.tables import Contended, Tables
from greenroom.storage.writes import NEW, Condition, Delete, Put, Write

from .model import Celebrity
from .records import (
    celebrity_from,
    celebrity_item,
    roster_from,
    roster_item,
    row_item,
    schedule_from,
    schedule_item,
)
from .refusals import LimitReached

MOST_RECENT = 25
"""The last changes that the listing's version names: with more, its item would be over a kilobyte."""

MOST_CELEBRITIES = 50
"""On one agent's roster: few enough for one batch of reads, and for one answer."""

Decide = Callable[[Celebrity, Schedule], tuple[Celebrity, Schedule]]
"""Makes of a celebrity as it is, and its opening hours, what they shall be; raises what refuses that.

It is called anew when somebody else was faster. Versions are not its concern.
"""


Also = Callable[[Celebrity], Sequence[Write]]
"""Further writes of the same transaction, given the celebrity as it will be."""


class Stale(Exception):
    """What was to be changed is no longer at the version at which it was seen; nothing was written."""


def add(tables: Tables, table: str, celebrity: Celebrity, schedule: Schedule) -> None:
    """Add a celebrity with slug, opening hours, listing row and a place on the agent's roster.

    Raises ``LimitReached``, and ``CalendarBusy`` when the id or the slug is taken: neither is told from a
    race that is lost.
    """
    attempt(lambda: add_once(tables, table, celebrity, schedule))


def add_once(tables: Tables, table: str, celebrity: Celebrity, schedule: Schedule, *also: Write) -> None:
    """Add a celebrity as ``add`` does, but raise ``ConditionFailed`` or ``Contended`` on a lost race."""
    place = keys.roster(celebrity.agent_id)
    found = tables.batch_get({table: [keys.LISTING_VERSION, place]})
    listing, stored = found.get((table, keys.LISTING_VERSION)), found.get((table, place))
    roster = roster_from(stored)
    if len(roster) >= MOST_CELEBRITIES:
        raise LimitReached(f"A roster has at most {MOST_CELEBRITIES} celebrities")
    tables.write(
        _versions(table, celebrity.id, celebrity.version, 1, when=NEW),
        Put(table, celebrity_item(celebrity), when=NEW),
        Put(table, schedule_item(celebrity.id, schedule, 1)),
        _owner(table, celebrity),
        *_listed(table, celebrity, listing),
        Put(
            table,
            roster_item(celebrity.agent_id, [*roster, celebrity.id]),
            when={"celebrities": roster} if stored else NEW,
        ),
        *also,
    )


def hand_over_once(
    tables: Tables, table: str, celebrity_id: str, giver: str, taker: str, *also: Write
) -> None:
    """Move a celebrity from one agent's roster to another's; ``ConditionFailed`` or ``Contended`` as above.

    Raises ``NotFound`` for who is not on the giver's roster, and ``LimitReached`` when the taker's is full.
    """
    before = _Before(tables, table, celebrity_id)
    places = keys.roster(giver), keys.roster(taker)
    found = tables.batch_get({table: list(places)})
    given, taken = (roster_from(found.get((table, place))) for place in places)
    if before.celebrity.agent_id != giver or celebrity_id not in given:
        raise NotFound
    if len(taken) >= MOST_CELEBRITIES:
        raise LimitReached(f"A roster has at most {MOST_CELEBRITIES} celebrities")
    version = before.celebrity.version + 1
    tables.write(
        before.versions_write(version, before.schedule_version),
        *before.profile_writes(replace(before.celebrity, agent_id=taker, version=version)),
        Put(
            table,
            roster_item(giver, [each for each in given if each != celebrity_id]),
            when={"celebrities": given},
        ),
        Put(
            table,
            roster_item(taker, [*taken, celebrity_id]),
            when={"celebrities": taken} if (table, places[1]) in found else NEW,
        ),
        *also,
    )


def change(
    tables: Tables,
    table: str,
    celebrity_id: str,
    decide: Decide,
    *,
    profile_at: int | None = None,
    hours_at: int | None = None,
    also: Also | None = None,
) -> tuple[Celebrity, Schedule]:
    """Change a celebrity, its opening hours, or both, and return them as they are then.

    ``profile_at`` and ``hours_at`` are the versions that the change is meant for, where it is for one.
    Raises ``Stale`` when one is not current, ``NotFound``, whatever ``decide`` raises, and ``CalendarBusy``,
    also for a slug that is taken.
    """

    def write() -> tuple[Celebrity, Schedule]:
        before = _Before(tables, table, celebrity_id)
        profile, hours = before.celebrity.version, before.schedule_version
        if profile_at not in {None, profile} or hours_at not in {None, hours}:
            raise Stale
        wanted, schedule = decide(before.celebrity, before.schedule)
        celebrity = replace(wanted, id=celebrity_id, agent_id=before.celebrity.agent_id, version=profile)
        writes: list[Write] = []
        if celebrity != before.celebrity:
            profile += 1
            celebrity = replace(celebrity, version=profile)
            writes += before.profile_writes(celebrity)
        if schedule != before.schedule:
            hours += 1
            writes.append(before.schedule_write(schedule, hours))
        if writes:
            extra = also(celebrity) if also else ()
            tables.write(before.versions_write(profile, hours), *writes, *extra)
        return celebrity, schedule

    return attempt(write)


class _Before:
    """A celebrity as it was read, and the writes that change it. They go with that of its versions."""

    def __init__(self, tables: Tables, table: str, celebrity_id: str) -> None:
        key, hours = keys.celebrity(celebrity_id), keys.schedule(celebrity_id)
        versions = keys.celebrity_versions(celebrity_id)
        found = tables.batch_get({table: [keys.LISTING_VERSION, versions, key, hours]})
        if (table, key) not in found:
            raise NotFound
        stored = found.get((table, hours))
        self._table = table
        self._listing = found.get((table, keys.LISTING_VERSION))
        self.celebrity = celebrity_from(found[table, key])
        self.schedule = schedule_from(stored)
        self.schedule_version: int = stored["version"] if stored else 0
        read = {"profile": self.celebrity.version, "schedule": self.schedule_version}
        # What was added before there were versions gets them with its first change.
        self._unchanged = read if (table, versions) in found else NEW
        # A batch is no snapshot: it may show one item from before a change and another from after it.
        if any(found.get((table, versions), read)[name] != version for name, version in read.items()):
            raise Contended

    def profile_writes(self, celebrity: Celebrity) -> list[Write]:
        """Return the writes of another profile."""
        return [
            Put(self._table, celebrity_item(celebrity)),
            *self._slug_writes(celebrity),
            *_listed(self._table, celebrity, self._listing),
        ]

    def _slug_writes(self, celebrity: Celebrity) -> list[Write]:
        if celebrity.slug == self.celebrity.slug:
            return []
        former = keys.slug(self.celebrity.slug)
        return [
            _owner(self._table, celebrity),
            Delete(self._table, former, when={"celebrity_id": celebrity.id}),
        ]

    def schedule_write(self, schedule: Schedule, version: int) -> Write:
        """Return the write of other opening hours."""
        return Put(self._table, schedule_item(self.celebrity.id, schedule, version))

    def versions_write(self, profile: int, schedule: int) -> Write:
        """Return the write that tells readers of the others, and on whose condition they all hang."""
        return _versions(self._table, self.celebrity.id, profile, schedule, when=self._unchanged)


def _versions(table: str, celebrity_id: str, profile: int, schedule: int, *, when: Condition) -> Write:
    key = keys.celebrity_versions(celebrity_id)
    return Put(table, {**key._asdict(), "profile": profile, "schedule": schedule}, when=when)


def _owner(table: str, celebrity: Celebrity) -> Write:
    return Put(table, {**keys.slug(celebrity.slug)._asdict(), "celebrity_id": celebrity.id}, when=NEW)


def _listed(table: str, celebrity: Celebrity, listing: Item | None) -> list[Write]:
    """Return the writes of a listing row, and of the listing's next version."""
    version = listing["version"] if listing else 0
    recent = listing.get("recent", []) if listing else []
    raised = {
        **keys.LISTING_VERSION._asdict(),
        "version": version + 1,
        # One for each version, the newest last, so that who has a listing nearly as new reads these alone.
        "recent": [*recent, celebrity.id][-MOST_RECENT:],
    }
    return [
        Put(table, row_item(celebrity)),
        Put(table, raised, when={"version": version} if listing else NEW),
    ]
