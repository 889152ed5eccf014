"""Whatever readers, writers, fills, evictions and a dying server do between each other's steps, a read shows
all that was committed before it began, and no cache holds anything under a version it does not belong to.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from greenroom.catalog.model import Celebrity
from greenroom.catalog.search import Filters, Sort
from greenroom.catalog.store import CatalogStore
from greenroom.refusals import NotFound
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_redis import PaperRedis
from tests.unit.cache.kinds import Clock
from tests.unit.catalog.catalogue_history import History, Sandbox, Steps, foreign_entries

WHICH = st.integers(0, 2)
SANDBOX = st.integers(0, 1)
CLIENT = st.integers(0, 2)
CHANGES = ("rename", "reschedule", "both", "pass slug on")
READS = ("profile", "open", "list", "slug")
TROUBLES = ("forget", "die", "revive", "restart", "wait 1", "wait 5", "wait 4000")
# Twice the changes: what comes between two steps matters most when it changes something.
MEANWHILE = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(CHANGES * 2 + READS + TROUBLES), WHICH, SANDBOX), max_size=4
)
Meanwhile = list[tuple[int, str, int, int]]


class Catalogue(RuleBasedStateMachine):
    """Two sandboxes with a shared server, three clients that any of them may serve, and the truth."""

    def __init__(self) -> None:
        super().__init__()
        add_sink(_drop)
        self.clock = Clock()
        self.server = PaperRedis(self.clock)
        self.database = MemoryDynamoDB()
        self.steps, self.history = Steps(), History()
        self.sandboxes = [self._sandbox(), self._sandbox()]
        self.ids: list[str] = []
        self.seen: list[dict[str, int]] = [{}, {}, {}]
        """By client, the newest version of each profile that he has written or been shown."""
        self.count = 0

    def teardown(self) -> None:
        remove_sink(_drop)

    def _sandbox(self) -> Sandbox:
        return Sandbox(self.database, self.server, self.steps, self.history)

    @initialize()
    def open(self) -> None:
        self.ids = [self.sandboxes[0].add(number) for number in range(3)]

    # What clients do, with what others do between the steps of it.

    @rule(kind=st.sampled_from(CHANGES[:3]), which=WHICH, sandbox=SANDBOX, client=CLIENT, meanwhile=MEANWHILE)
    def change(self, kind: str, which: int, sandbox: int, client: int, meanwhile: Meanwhile) -> None:
        changed = self._during(meanwhile, lambda: self._change(which, sandbox, kind))
        self._show(client, changed, {})

    @rule(which=WHICH, sandbox=SANDBOX)
    def pass_slug_on(self, which: int, sandbox: int) -> None:
        self._pass_slug_on(which, sandbox)

    @rule(kind=st.sampled_from(READS), which=WHICH, sandbox=SANDBOX, client=CLIENT, meanwhile=MEANWHILE)
    def read(self, kind: str, which: int, sandbox: int, client: int, meanwhile: Meanwhile) -> None:
        before = self._now()
        for celebrity in self._during(meanwhile, lambda: self._read(kind, which, sandbox)):
            self._show(client, celebrity, before)

    @rule(trouble=st.sampled_from(TROUBLES), sandbox=SANDBOX)
    def suffer(self, trouble: str, sandbox: int) -> None:
        self._act(trouble, 0, sandbox)

    # What must hold.

    @invariant()
    def nothing_is_held_under_a_version_it_does_not_belong_to(self) -> None:
        for sandbox in self.sandboxes:
            assert foreign_entries(sandbox.near, self.server, self.history) == []

    def _now(self) -> dict[str, int]:
        return {each: self.history.profile_version(each) for each in self.ids}

    def _show(self, client: int, celebrity: Celebrity, before: dict[str, int]) -> None:
        """Check that the client is shown a true profile, and none older than he knows or could have known."""
        seen = self.seen[client]
        assert self.history.profiles[celebrity.id][celebrity.version] == celebrity
        assert celebrity.version >= seen.get(celebrity.id, 0)
        assert celebrity.version >= before.get(celebrity.id, 0)
        seen[celebrity.id] = celebrity.version

    def _during(self, meanwhile: Meanwhile, act: Callable[[], Any]) -> Any:
        def other(name: str, which: int, sandbox: int) -> Callable[[], None]:
            return lambda: self._act(name, which, sandbox)

        self.steps.waiting = [(gap, other(*acts)) for gap, *acts in meanwhile]  # type: ignore[arg-type]
        try:
            return act()
        finally:
            self.steps.waiting = []

    def _act(self, name: str, which: int, sandbox: int) -> None:
        match name:
            case "rename" | "reschedule" | "both":
                self._change(which, sandbox, name)
            case "pass slug on":
                self._pass_slug_on(which, sandbox)
            case "profile" | "open" | "list" | "slug":
                before = self._now()
                for celebrity in self._read(name, which, sandbox):
                    assert celebrity.version >= before[celebrity.id]
            case "forget":
                self.server.values.clear()
            case "die":
                self.server.down = True
            case "revive":
                self.server.down = False
            case "restart":
                self.sandboxes[sandbox] = self._sandbox()
            case _:
                self.clock.now += int(name.removeprefix("wait "))

    def _pass_slug_on(self, which: int, sandbox: int) -> None:
        """Take another slug, and give the former to the next celebrity."""
        mine, others = self.ids[which], self.ids[(which + 1) % 3]
        former = self.history.profiles[mine][self.history.profile_version(mine)].slug
        self.count += 1
        self.sandboxes[sandbox].change(mine, slug=f"slug-{self.count + 2}")
        self.sandboxes[1 - sandbox].change(others, slug=former)

    def _change(self, which: int, sandbox: int, kind: str) -> Celebrity:
        self.count += 1
        return self.sandboxes[sandbox].change(
            self.ids[which],
            name=None if kind == "reschedule" else f"Name {self.count}",
            day=None if kind == "rename" else self.count,
        )

    def _read(self, kind: str, which: int, sandbox: int) -> list[Celebrity]:
        store, celebrity_id = self.sandboxes[sandbox].store, self.ids[which]
        match kind:
            case "list":
                page, _ = store.page(Filters(), Sort.NAME, after=None, limit=100)
                assert {celebrity.id for celebrity in page} == set(self.ids)
                return page
            case "slug":
                return self._read_by_slug(store, f"slug-{which}")
            case "open":
                before = max(self.history.schedules[celebrity_id])
                celebrity, schedule = store.open_celebrity(celebrity_id)
                assert self.history.schedule_version(celebrity_id, schedule) >= before
                return [celebrity]
        return [store.celebrity(celebrity_id)]

    def _read_by_slug(self, store: CatalogStore, slug: str) -> list[Celebrity]:
        begun = len(self.history.owners)
        try:
            found = [store.celebrity(slug)]
        except NotFound:
            found = []
        # Whoever had the slug at some time while the read lasted is right, and nobody else.
        owners = {owners.get(slug) for owners in self.history.owners[begun - 1 :]}
        assert (found[0].id if found else None) in owners
        return found


def _drop(_line: dict[str, Any]) -> None:
    """Keep the lines of a dying server out of the test's output."""


TestCatalogue = Catalogue.TestCase
TestCatalogue.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
