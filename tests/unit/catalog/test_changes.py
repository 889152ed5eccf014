"""Changes of the catalogue: in one transaction with the versions, never on what has changed meanwhile."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from greenroom.catalog import changes
from greenroom.catalog.records import roster_from
from greenroom.catalog.store import CatalogStore
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.tables import Tables
from tests.support.celebrities import HOURS, ZOE
from tests.support.faults import Overtaken
from tests.support.memory_dynamodb import MemoryDynamoDB

ROOT = Path(__file__).resolve().parents[3]
CLOSED = replace(HOURS, weekly=())
BUILDERS = {"celebrity_item", "schedule_item", "row_item", "celebrity_versions", "LISTING_VERSION"}


class Noting:
    """A client that keeps the requests of transactions."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.transactions: list[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def transact_write_items(self, **request: Any) -> Any:
        written = [
            (each[verb].get("Item") or each[verb]["Key"])["sk"]["S"]
            for each in request["TransactItems"]
            for verb in each
        ]
        self.transactions.append(sorted(written))
        return self._database.transact_write_items(**request)


@pytest.fixture
def database() -> MemoryDynamoDB:
    made = MemoryDynamoDB()
    store_of(made).add(ZOE, HOURS)
    return made


def store_of(client: Any) -> CatalogStore:
    return CatalogStore(Tables(cast("Any", client)), "catalog")


def versions(database: MemoryDynamoDB) -> tuple[int, int, int]:
    """Return the versions that readers go by: of the profile, the opening hours, the listing."""
    store = store_of(database)
    stored = store._versions(ZOE.id)
    return stored["profile"], stored["schedule"], store.listing_version()


def test_each_change_raises_what_readers_go_by_in_its_own_transaction(database: MemoryDynamoDB) -> None:
    client = Noting(database)
    store = store_of(client)
    assert versions(database) == (1, 1, 1)

    profile = store.change(ZOE.id, lambda zoe, hours: (replace(zoe, bio="Dances."), hours))
    assert versions(database) == (2, 1, 2)
    hours = store.change(ZOE.id, lambda zoe, _: (zoe, CLOSED))
    assert versions(database) == (2, 2, 2)
    both = store.change(ZOE.id, lambda zoe, _: (replace(zoe, bio=""), HOURS))
    assert versions(database) == (3, 3, 3)

    row = ZOE.id
    assert client.transactions == [
        sorted(["#VERSIONS", "PROFILE", row, "#VERSION"]),
        sorted(["#VERSIONS", "SCHEDULE"]),
        sorted(["#VERSIONS", "PROFILE", row, "#VERSION", "SCHEDULE"]),
    ]
    assert [changed[0].version for changed in (profile, hours, both)] == [2, 2, 3]
    assert store.open_celebrity(ZOE.id) == both == (replace(ZOE, bio="", version=3), HOURS)


def test_nothing_to_change_is_nothing_written(database: MemoryDynamoDB) -> None:
    client = Noting(database)

    assert store_of(client).change(ZOE.id, lambda zoe, hours: (zoe, hours)) == (ZOE, HOURS)

    assert client.transactions == []


def test_who_changes_decides_neither_the_version_nor_whose_it_is(database: MemoryDynamoDB) -> None:
    changed, _ = store_of(database).change(
        ZOE.id, lambda zoe, hours: (replace(zoe, id="cel_other", version=99, bio="Dances."), hours)
    )

    assert (changed.id, changed.version) == (ZOE.id, 2)


def test_what_refuses_a_change_is_raised_and_nothing_is_written(database: MemoryDynamoDB) -> None:
    def refuse(*_: object) -> Any:
        raise KeyError("stale")

    with pytest.raises(KeyError, match="stale"):
        store_of(database).change(ZOE.id, refuse)
    with pytest.raises(NotFound):
        store_of(database).change("cel_00000000000000000000000009", refuse)

    assert versions(database) == (1, 1, 1)


@pytest.mark.parametrize("rival", ["profile", "schedule"])
@pytest.mark.parametrize("mine", ["profile", "schedule"])
def test_a_change_that_was_overtaken_decides_anew(database: MemoryDynamoDB, mine: str, rival: str) -> None:
    def change(store: CatalogStore, what: str, by: str) -> None:
        store.change(
            ZOE.id,
            lambda zoe, hours: (
                (replace(zoe, bio=zoe.bio + by), hours)
                if what == "profile"
                else (zoe, replace(hours, weekly=hours.weekly[1:], overrides=hours.overrides[1:]))
                if not hours.weekly
                else (zoe, replace(hours, weekly=()))
            ),
        )

    change(store_of(Overtaken(database, lambda: change(store_of(database), rival, "B"))), mine, "A")

    celebrity, schedule = store_of(database).open_celebrity(ZOE.id)
    changed = [mine, rival].count("profile")
    assert celebrity.bio.count("A") + celebrity.bio.count("B") == changed
    assert celebrity.version == 1 + changed
    # Each of two changes of the hours takes something away: first the week, then the overrides.
    assert (bool(schedule.weekly), bool(schedule.overrides)) == {
        0: (True, True),
        1: (False, True),
        2: (False, False),
    }[2 - changed]


class Torn:
    """A client whose first batch shows the profile from before somebody's change and the rest from after."""

    def __init__(self, database: MemoryDynamoDB, intrude: Any) -> None:
        self._database, self._intrude = database, [intrude]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def batch_get_item(self, **request: Any) -> Any:
        before = self._database.batch_get_item(**request)
        if not self._intrude:
            return before
        self._intrude.pop()()
        after = self._database.batch_get_item(**request)
        items = {item["sk"]["S"]: item for item in after["Responses"]["catalog"]}
        items |= {
            item["sk"]["S"]: item
            for item in before["Responses"]["catalog"]
            if item["sk"]["S"] in {"PROFILE", "SCHEDULE"}
        }
        return {"Responses": {"catalog": list(items.values())}, "UnprocessedKeys": {}}


def test_a_batch_that_shows_two_moments_loses_nobodys_change(database: MemoryDynamoDB) -> None:
    def reschedule() -> None:
        store_of(database).change(ZOE.id, lambda zoe, _: (replace(zoe, bio="B"), CLOSED))

    decided: list[str] = []

    def decide(zoe: Any, hours: Any) -> Any:
        decided.append(zoe.bio)
        return replace(zoe, bio=zoe.bio + "A"), hours

    changed = store_of(Torn(database, reschedule)).change(ZOE.id, decide)

    assert decided == ["B"]
    assert changed == (replace(ZOE, bio="BA", version=3), CLOSED)


class LateRoster:
    """A client whose first batch shows the roster from before somebody was added, and the rest from after."""

    def __init__(self, database: MemoryDynamoDB, intrude: Any) -> None:
        self._database, self._intrude = database, [intrude]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def batch_get_item(self, **request: Any) -> Any:
        before = self._database.batch_get_item(**request)
        if self._intrude:
            self._intrude.pop()()
        after = self._database.batch_get_item(**request)
        items = {item["sk"]["S"]: item for item in after["Responses"]["catalog"]}
        items |= {
            item["sk"]["S"]: item for item in before["Responses"]["catalog"] if item["sk"]["S"] == "ROSTER"
        }
        return {"Responses": {"catalog": list(items.values())}, "UnprocessedKeys": {}}


def roster(database: MemoryDynamoDB, agent: str) -> list[str]:
    return roster_from(Tables(cast("Any", database)).get("catalog", keys.roster(agent)))


def test_nobody_falls_off_a_roster_to_which_two_are_added_at_once(database: MemoryDynamoDB) -> None:
    def celebrity(number: int) -> Any:
        return replace(ZOE, id=f"cel_{number:026d}", slug=f"slug-{number}")

    rival = LateRoster(database, lambda: store_of(database).add(celebrity(8), HOURS))
    store_of(rival).add(celebrity(9), HOURS)

    assert roster(database, ZOE.agent_id) == [ZOE.id, celebrity(8).id, celebrity(9).id]


def test_one_who_left_and_one_who_came_are_not_mistaken_for_the_roster_that_was_read(
    database: MemoryDynamoDB,
) -> None:
    """It is as long as before, but not the same."""

    def celebrity(number: int) -> Any:
        return replace(ZOE, id=f"cel_{number:026d}", slug=f"slug-{number}")

    def swap() -> None:
        changes.hand_over_once(Tables(cast("Any", database)), "catalog", ZOE.id, ZOE.agent_id, "usr_2")
        store_of(database).add(celebrity(8), HOURS)

    store_of(LateRoster(database, swap)).add(celebrity(9), HOURS)

    assert roster(database, ZOE.agent_id) == [celebrity(8).id, celebrity(9).id]
    assert roster(database, "usr_2") == [ZOE.id]


def test_a_slug_can_be_taken_once(database: MemoryDynamoDB) -> None:
    store = store_of(database)
    store.add(replace(ZOE, id="cel_00000000000000000000000002", slug="bo"), HOURS)

    with pytest.raises(CalendarBusy):
        store.change(ZOE.id, lambda zoe, hours: (replace(zoe, slug="bo"), hours))

    assert store.celebrity("bo").id == "cel_00000000000000000000000002"
    assert store.celebrity(ZOE.slug) == ZOE
    assert versions(database) == (1, 1, 2)


def test_nothing_else_writes_what_readers_go_by() -> None:
    """Only the one module that raises versions may build the items that they are the versions of."""
    allowed = {"catalog/changes.py", "catalog/records.py", "storage/keys.py"}
    reads = {
        "catalog/store.py": {"celebrity_versions", "LISTING_VERSION"},
        "catalog/kinds.py": {"celebrity_item"},
    }

    for path in [*ROOT.glob("layers/greenroom/**/*.py"), *ROOT.glob("functions/**/*.py")]:
        name = "/".join(path.parts[-2:])
        if name in allowed:
            continue
        tree = ast.parse(path.read_text())
        named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert named & BUILDERS <= reads.get(name, set()), name
    assert keys.LISTING_VERSION.pk == keys.LISTING
