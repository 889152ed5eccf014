"""An agent's roster: whom an agent represents, and the way in which an agent changes them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from greenroom.calendar.schedules import Schedule
from greenroom.identifiers import is_id
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.idempotency import Idempotency
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Put

from . import changes
from .model import Celebrity
from .records import celebrity_from, roster_from, schedule_from
from .rules import slugs

Change = Callable[[Celebrity], Celebrity]
"""Makes of a celebrity as it is what it shall be; raises what refuses that."""

Kept = Callable[[Celebrity], tuple[dict[str, str], bytes]]
"""Renders the answer that is kept for replays: its headers and body."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A celebrity's opening hours; version 0 where none were ever set."""

    celebrity_id: str
    schedule: Schedule
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Reads and changes celebrities as the agent who represents them. It reads the table, never the cache.

    ``answers_table`` keeps the answers to requests that carry a key, for as long as they may be repeated.
    """

    tables: Tables
    table: str
    answers_table: str

    def of(self, agent_id: str) -> list[Celebrity]:
        """Return everybody on the roster, who was added first first, in two round trips."""
        ids = roster_from(self.tables.get(self.table, keys.roster(agent_id)))
        found = self.tables.batch_get({self.table: [keys.celebrity(each) for each in ids]})
        celebrities = {item["pk"]: celebrity_from(item) for item in found.values()}
        return [celebrities[keys.celebrity(each).pk] for each in ids]

    def own(self, celebrity_id: str, agent_id: str) -> Celebrity:
        """Return a celebrity of the agent's; raise ``NotFound`` for all others. One round trip."""
        key = keys.celebrity(celebrity_id)
        item = self.tables.get(self.table, key) if is_id(celebrity_id, "cel") else None
        if item is None or item["agent_id"] != agent_id:
            raise NotFound
        return celebrity_from(item)

    def hours(self, celebrity_id: str, agent_id: str) -> Hours:
        """Return the opening hours of a celebrity of the agent's, else as ``own``."""
        key, hours = keys.celebrity(celebrity_id), keys.schedule(celebrity_id)
        found = self.tables.batch_get({self.table: [key, hours]}) if is_id(celebrity_id, "cel") else {}
        if (self.table, key) not in found or found[self.table, key]["agent_id"] != agent_id:
            raise NotFound
        stored = found.get((self.table, hours))
        return Hours(celebrity_id, schedule_from(stored), stored["version"] if stored else 0)

    def open(self, seen: Hours, schedule: Schedule) -> Hours:
        """Replace opening hours that are still as they were seen; raise ``Stale`` and ``CalendarBusy``."""
        changes.change(
            self.tables,
            self.table,
            seen.celebrity_id,
            lambda celebrity, _: (celebrity, schedule),
            hours_at=seen.version,
        )
        # Exact, as they were at that version: the same again is no change.
        return Hours(seen.celebrity_id, schedule, seen.version + (schedule != seen.schedule))

    def add(self, draft: Celebrity, keyed: Idempotency | None, kept: Kept) -> Celebrity:
        """Add a celebrity, never open yet, under the first slug that is free.

        Raises ``Replayed`` for a request that was answered before, ``LimitReached`` and ``CalendarBusy``.
        """
        candidates = slugs(draft.name, draft.id)

        def write() -> Celebrity:
            wanted = {self.table: [keys.slug(each) for each in candidates]}
            found = self.tables.batch_get(wanted | ({self.answers_table: [keyed.key]} if keyed else {}))
            stored = found.get((self.answers_table, keyed.key)) if keyed else None
            if keyed:
                keyed.replay(stored)
            free = (each for each in candidates if (self.table, keys.slug(each)) not in found)
            celebrity = replace(draft, slug=next(free, candidates[-1]))
            also = [self._record(keyed, celebrity, kept, stored)] if keyed else []
            changes.add_once(self.tables, self.table, celebrity, Schedule(), *also)
            return celebrity

        return attempt(write)

    def change(self, seen: Celebrity, decide: Change) -> Celebrity:
        """Change a celebrity that is still as it was seen, and return it as it is then.

        Raises ``Stale``, whatever ``decide`` raises, and ``CalendarBusy``.
        """
        changed, _ = changes.change(
            self.tables,
            self.table,
            seen.id,
            lambda celebrity, hours: (decide(celebrity), hours),
            profile_at=seen.version,
        )
        return changed

    def extend(self, celebrity_id: str, decide: Change, keyed: Idempotency | None, kept: Kept) -> Celebrity:
        """Change a celebrity by what takes nothing away, whatever it is by now; else as ``change``.

        Raises ``Replayed`` for a request that was answered before.
        """
        stored: Item | None = None

        def decide_anew(celebrity: Celebrity, hours: Schedule) -> tuple[Celebrity, Schedule]:
            nonlocal stored
            if keyed:
                stored = self.tables.get(self.answers_table, keyed.key)
                keyed.replay(stored)
            return decide(celebrity), hours

        changed, _ = changes.change(
            self.tables,
            self.table,
            celebrity_id,
            decide_anew,
            also=lambda celebrity: [self._record(keyed, celebrity, kept, stored)] if keyed else [],
        )
        return changed

    def _record(self, keyed: Idempotency, celebrity: Celebrity, kept: Kept, stored: Item | None) -> Put:
        headers, body = kept(celebrity)
        return keyed.record(self.answers_table, status=201, headers=headers, body=body, stored=stored)
