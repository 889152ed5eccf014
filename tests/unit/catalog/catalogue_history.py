"""What the catalogue has been, version by version, and sandboxes that read and change it step by step."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from greenroom.cache.counting import CountedCache, Counters
from greenroom.cache.layered import LayeredCache
from greenroom.cache.memory import MemoryCache
from greenroom.cache.pause import Pause
from greenroom.cache.port import KEEP_SECONDS
from greenroom.cache.shared import SharedCache
from greenroom.calendar.schedules import DateOverride, Schedule
from greenroom.catalog.kinds import LISTINGS, PROFILES, SCHEDULES, SLUGS
from greenroom.catalog.model import Celebrity
from greenroom.catalog.store import CatalogStore
from greenroom.storage.tables import Tables
from tests.support.celebrities import ZOE
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_redis import PaperRedis

STEPS = frozenset({"get_item", "batch_get_item", "query", "transact_write_items"})


@dataclass
class History:
    """Every version that was ever committed, of everything."""

    profiles: dict[str, dict[int, Celebrity]] = field(default_factory=dict)
    schedules: dict[str, dict[int, Schedule]] = field(default_factory=dict)
    listings: dict[int, dict[str, int]] = field(default_factory=lambda: {0: {}})
    owners: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """Who had each slug, after each change."""

    def profile_version(self, celebrity_id: str) -> int:
        return max(self.profiles[celebrity_id])

    def schedule_version(self, celebrity_id: str, schedule: Schedule) -> int:
        """Return the version that had these hours; no two of a celebrity's are alike."""
        (version,) = (each for each, had in self.schedules[celebrity_id].items() if had == schedule)
        return version

    def commit(self, celebrity: Celebrity, schedule: Schedule) -> None:
        """Take down what a change has left."""
        profiles = self.profiles.setdefault(celebrity.id, {})
        if celebrity not in profiles.values():
            assert celebrity.version == len(profiles) + 1
            profiles[celebrity.version] = celebrity
            version = max(self.listings)
            self.listings[version + 1] = {**self.listings[version], celebrity.id: celebrity.version}
            others = {slug: owner for slug, owner in self.owners[-1].items() if owner != celebrity.id}
            self.owners.append({**others, celebrity.slug: celebrity.id})
        schedules = self.schedules.setdefault(celebrity.id, {})
        if schedule not in schedules.values():
            schedules[len(schedules) + 1] = schedule


@dataclass
class Steps:
    """Lets others act before a chosen step of whoever is at work."""

    waiting: list[tuple[int, Callable[[], object]]] = field(default_factory=list)
    """How many steps to let pass, and what to do then; in order."""

    def take(self) -> None:
        if not self.waiting:
            return
        left, act = self.waiting[0]
        if left:
            self.waiting[0] = (left - 1, act)
            return
        rest, self.waiting = self.waiting[1:], []
        act()
        self.waiting = rest


class Stepped:
    """Anything whose calls of the given names are steps."""

    def __init__(self, real: Any, steps: Steps, names: frozenset[str]) -> None:
        self._real, self._steps, self._names = real, steps, names

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._real, name)
        if name not in self._names:
            return operation

        def stepped(*given: Any, **named: Any) -> Any:
            self._steps.take()
            return operation(*given, **named)

        return stepped


class Sandbox:
    """A process with a small cache of its own before the shared one."""

    def __init__(self, database: MemoryDynamoDB, server: PaperRedis, steps: Steps, history: History) -> None:
        self.near = MemoryCache(most_entries=4, clock=server.clock)
        counters = Counters()
        far = SharedCache(
            cast("Any", server), prefix="p", on_operation=counters.record, pause=Pause(5, server.clock)
        )
        layered = LayeredCache(near=self.near, far=far, near_seconds=KEEP_SECONDS)
        cache: Any = Stepped(CountedCache(layered, counters), steps, frozenset({"get", "put"}))
        self.store = CatalogStore(Tables(cast("Any", Stepped(database, steps, STEPS))), "catalog", cache)
        self.history = history

    def add(self, number: int) -> str:
        celebrity = replace(ZOE, id=f"cel_{number:026d}", slug=f"slug-{number}")
        self.store.add(celebrity, hours(0))
        self.history.commit(celebrity, hours(0))
        return celebrity.id

    def change(
        self,
        celebrity_id: str,
        *,
        name: str | None = None,
        slug: str | None = None,
        day: int | None = None,
    ) -> Celebrity:
        """Change what is given, and return the celebrity as it is then."""
        changed = self.store.change(
            celebrity_id,
            lambda celebrity, schedule: (
                replace(celebrity, name=name or celebrity.name, slug=slug or celebrity.slug),
                schedule if day is None else hours(day),
            ),
        )
        self.history.commit(*changed)
        return changed[0]


def hours(day: int) -> Schedule:
    """Return opening hours that are like those of no other day."""
    return Schedule(overrides=(DateOverride(date.fromordinal(730_000 + day)),))


def foreign_entries(near: MemoryCache, server: PaperRedis, history: History) -> list[Any]:
    """Return what is held under a version that it does not belong to."""
    kinds = {kind.name: kind for kind in (PROFILES, SCHEDULES, LISTINGS, SLUGS)}
    held = [(name, key, entry.version, entry.value) for (name, key), entry in near._held.items()]
    for place, (text, _) in server.values.items():
        _, name, key, version = place.split(":")
        held.append((name, key, int(version), kinds[name].from_plain(json.loads(text)["is"])))
    return [each for each in held if not _belongs(*each, history)]


def _belongs(name: str, key: str, version: int, value: Any, history: History) -> bool:
    match name:
        case "profile":
            return bool(history.profiles[key].get(version) == value)
        case "schedule":
            return bool(history.schedules[key].get(version) == value)
        case "listing":
            return bool(value.version == version and value.versions == history.listings.get(version))
    return any(owners.get(key) == value for owners in history.owners)
