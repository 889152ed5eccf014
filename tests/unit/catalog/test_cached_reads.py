"""What a read of the catalogue asks of the table, and the races that must leave nothing false in a cache."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from greenroom.cache.memory import MemoryCache
from greenroom.cache.port import Cache, Entry
from greenroom.catalog.changes import MOST_RECENT
from greenroom.catalog.kinds import LISTINGS, PROFILES, WHOLE
from greenroom.catalog.model import Celebrity
from greenroom.catalog.search import Filters, Sort
from greenroom.catalog.store import CatalogStore
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.tables import Tables
from greenroom.storage.writes import Delete
from tests.support.celebrities import HOURS, ZOE
from tests.support.memory_dynamodb import MemoryDynamoDB

Hook = Callable[[dict[str, Any]], None]


class Watched:
    """A client that notes each call, and lets somebody act before one of a given name."""

    def __init__(self, database: MemoryDynamoDB) -> None:
        self._database = database
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], object]] = {}

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._database, name)

        def watched(**request: Any) -> Any:
            self.calls.append(name)
            self.before.pop(name, lambda: None)()
            return operation(**request)

        return watched


class Sandbox:
    """A process that reads the catalogue."""

    def __init__(self, database: MemoryDynamoDB, cache: Cache | None = None) -> None:
        self.client = Watched(database)
        self.cache = cache or MemoryCache()
        self.store = CatalogStore(Tables(cast("Any", self.client)), "catalog", self.cache)

    def asked(self, read: Callable[[], object]) -> list[str]:
        """Return the calls that a read makes."""
        self.client.calls.clear()
        read()
        return list(self.client.calls)

    def names(self) -> list[str]:
        page, _ = self.store.page(Filters(), Sort.NAME, after=None, limit=100)
        return [celebrity.name for celebrity in page]


def rename(store: CatalogStore, name: str, celebrity_id: str = ZOE.id) -> Celebrity:
    return store.change(celebrity_id, lambda zoe, hours: (replace(zoe, name=name), hours))[0]


@pytest.fixture
def database() -> MemoryDynamoDB:
    made = MemoryDynamoDB()
    store = Sandbox(made).store
    store.add(ZOE, HOURS)
    store.add(replace(ZOE, id="cel_00000000000000000000000002", slug="bo", name="Bo"), HOURS)
    return made


SMALL, WHOLE_ITEM = "get_item", "get_item"


def test_a_cold_read_is_one_round_trip_and_a_hot_one_a_small_one(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)

    assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.id)) == [WHOLE_ITEM]
    keys_read: list[Any] = []
    real = database.get_item
    database.get_item = lambda **request: keys_read.append(request) or real(**request)  # type: ignore[method-assign, func-returns-value]
    assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.id)) == [SMALL]

    (request,) = keys_read
    assert request["Key"]["sk"] == {"S": "#VERSIONS"}
    assert request["ConsistentRead"] is True


def test_a_hot_read_by_slug_is_one_small_round_trip_too(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)

    assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.slug)) == ["get_item"] * 2
    assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.slug)) == [SMALL]


def test_a_hot_read_of_opening_hours_is_one_small_round_trip(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)

    assert sandbox.asked(lambda: sandbox.store.open_celebrity(ZOE.id)) == ["batch_get_item"]
    assert sandbox.asked(lambda: sandbox.store.open_celebrity(ZOE.id)) == [SMALL]


def test_a_hot_page_is_one_small_round_trip_whatever_is_on_it(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)

    cold = sandbox.asked(sandbox.names)
    assert cold == ["get_item", "query", "get_item", "batch_get_item"]
    assert sandbox.asked(sandbox.names) == [SMALL]
    assert sandbox.asked(lambda: sandbox.store.page(Filters(q="bo"), Sort.NEWEST, after=None, limit=1)) == [
        SMALL
    ]


def test_after_a_change_only_what_changed_is_read_anew(database: MemoryDynamoDB) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    sandbox.names()
    sandbox.store.open_celebrity(ZOE.id)

    rename(other.store, "Zoe")

    asked: list[Any] = []
    real = database.batch_get_item
    database.batch_get_item = lambda **request: asked.append(request) or real(**request)  # type: ignore[method-assign, func-returns-value]
    assert sandbox.names() == ["Bo", "Zoe"]
    assert sandbox.store.open_celebrity(ZOE.id)[0].name == "Zoe"
    assert [request["RequestItems"]["catalog"]["Keys"] for request in asked] == [
        [{"pk": {"S": "CATALOG"}, "sk": {"S": ZOE.id}}],
        [{"pk": {"S": f"CELEBRITY#{ZOE.id}"}, "sk": {"S": "PROFILE"}}],
    ]


def add(store: CatalogStore, number: int, name: str) -> None:
    store.add(replace(ZOE, id=f"cel_{number:026d}", slug=f"slug-{number}", name=name), HOURS)


@pytest.mark.parametrize(("changes", "read"), [(1, "batch_get_item"), (25, "batch_get_item"), (26, "query")])
def test_a_listing_is_brought_up_to_date_unless_more_has_changed_than_its_version_names(
    database: MemoryDynamoDB, changes: int, read: str
) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    assert sandbox.asked(sandbox.store.listing) == ["get_item", "query", "get_item"]

    for number in range(changes):
        if number % 2:
            rename(other.store, f"Zoe {number}")
        else:
            add(other.store, 10 + number, f"New {number}")

    assert sandbox.asked(sandbox.store.listing) == ["get_item", read, "get_item"]
    caught_up, anew = sandbox.store.listing(), Sandbox(database).store.listing()
    assert caught_up.version == anew.version
    assert set(caught_up.versions.items()) == set(anew.versions.items())
    by_id = {row.celebrity_id: row for row in anew.rows}
    assert {row.celebrity_id: row for row in caught_up.rows} == by_id
    assert len(caught_up.rows) == len(by_id)


def test_what_is_brought_up_to_date_while_it_changes_again_is_not_kept(database: MemoryDynamoDB) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    sandbox.store.listing()
    rename(other.store, "Zoe")

    def change_again() -> None:
        rename(other.store, "Z")
        add(other.store, 9, "New")

    # After the version that names the change, and before the row that it names.
    sandbox.client.before["batch_get_item"] = change_again
    sandbox.store.listing()

    assert sandbox.names() == ["Bo", "New", "Z"]
    assert sandbox.store.listing().versions == Sandbox(database).store.listing().versions


def test_the_item_of_the_listings_version_stays_below_a_kilobyte(database: MemoryDynamoDB) -> None:
    store = Sandbox(database).store
    for number in range(40):
        rename(store, f"Zoe {number}")

    item = database.get_item(
        TableName="catalog", Key={"pk": {"S": "CATALOG"}, "sk": {"S": "#VERSION"}}, ConsistentRead=True
    )["Item"]
    assert len(item["recent"]["L"]) == MOST_RECENT
    assert sum(len(each["S"]) + 1 for each in item["recent"]["L"]) < 900


def test_a_change_of_opening_hours_leaves_profile_and_listing_as_they_are(database: MemoryDynamoDB) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    sandbox.names()
    sandbox.store.open_celebrity(ZOE.id)
    closed = replace(HOURS, weekly=())

    other.store.change(ZOE.id, lambda zoe, _: (zoe, closed))

    assert sandbox.store.open_celebrity(ZOE.id) == (ZOE, closed)
    assert sandbox.asked(sandbox.names) == [SMALL]


def test_without_room_in_the_cache_a_read_costs_what_it_did_without_one(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database, MemoryCache(most_entries=0))

    for _ in range(2):
        assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.id)) == [WHOLE_ITEM]
        assert sandbox.asked(lambda: sandbox.store.open_celebrity(ZOE.id)) == ["batch_get_item"]


def test_a_change_is_seen_at_once_whoever_made_it_and_whoever_serves_the_reader(
    database: MemoryDynamoDB,
) -> None:
    first, second = Sandbox(database), Sandbox(database)
    for sandbox in (first, second):
        sandbox.store.celebrity(ZOE.slug)
        sandbox.names()

    written = rename(first.store, "Zoe")

    for sandbox in (first, second):
        assert sandbox.store.celebrity(ZOE.id) == sandbox.store.celebrity(ZOE.slug) == written
        assert sandbox.names() == ["Bo", "Zoe"]
    assert written.version == 2


def test_a_slow_reader_does_not_put_what_he_found_under_the_version_that_came_meanwhile(
    database: MemoryDynamoDB,
) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    old = sandbox.store.celebrity(ZOE.id)
    new = rename(other.store, "Zoe")

    # As if he had read before the change and only now came to the cache.
    sandbox.store._keep_profiles(old)
    other.store._keep_profiles(old)

    assert sandbox.store.celebrity(ZOE.id) == other.store.celebrity(ZOE.id) == new
    assert sandbox.cache.get(PROFILES, [Entry(ZOE.id, 2)]) == {Entry(ZOE.id, 2): new}


@pytest.mark.parametrize("moment", ["query", "batch_get_item"])
def test_a_list_that_was_read_while_somebody_changed_it_is_not_kept_as_the_older(
    database: MemoryDynamoDB, moment: str
) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    before = sandbox.store.listing_version()
    sandbox.client.before[moment] = lambda: rename(other.store, "Zoe")

    sandbox.names()

    for listing in sandbox.cache.get(LISTINGS, [Entry(WHOLE, before)]).values():
        assert set(listing.versions.values()) == {1}
    assert sandbox.names() == ["Bo", "Zoe"]
    assert sandbox.store.listing().versions[ZOE.id] == 2


def test_a_slug_that_has_passed_to_somebody_else_leads_to_him(database: MemoryDynamoDB) -> None:
    sandbox, other = Sandbox(database), Sandbox(database)
    sandbox.store.celebrity("bo")
    other.store.change(
        "cel_00000000000000000000000002", lambda bo, hours: (replace(bo, slug="bo-diddley"), hours)
    )
    with pytest.raises(NotFound):
        sandbox.store.celebrity("bo")

    other.store.change(ZOE.id, lambda zoe, hours: (replace(zoe, slug="bo"), hours))

    assert sandbox.store.celebrity("bo").id == ZOE.id
    assert sandbox.store.celebrity("bo-diddley").name == "Bo"
    assert sandbox.asked(lambda: sandbox.store.open_celebrity("bo")) == ["batch_get_item"]


def test_a_slug_remembered_for_one_who_is_gone_is_looked_up_anew(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)
    sandbox.store.celebrity("bo")
    table = "catalog"
    gone = "cel_00000000000000000000000002"
    sandbox.store.tables.write(
        Delete(table, keys.celebrity(gone)),
        Delete(table, keys.celebrity_versions(gone)),
        Delete(table, keys.slug("bo")),
    )
    sandbox.store.change(ZOE.id, lambda zoe, hours: (replace(zoe, slug="bo"), hours))

    assert sandbox.store.celebrity("bo").id == ZOE.id


def test_who_does_not_exist_is_not_remembered(database: MemoryDynamoDB) -> None:
    sandbox = Sandbox(database)

    for _ in range(3):
        for missing in ("nobody", "cel_00000000000000000000000009"):
            with pytest.raises(NotFound):
                sandbox.store.celebrity(missing)
            with pytest.raises(NotFound):
                sandbox.store.open_celebrity(missing)

    assert sandbox.cache.size().entries == 0


def test_what_was_added_before_there_were_versions_is_shown_and_gets_them_with_its_first_change(
    database: MemoryDynamoDB,
) -> None:
    sandbox = Sandbox(database)
    sandbox.store.tables.write(Delete("catalog", keys.celebrity_versions(ZOE.id)))

    assert [sandbox.store.open_celebrity(ZOE.id) for _ in range(2)] == [(ZOE, HOURS)] * 2
    assert [sandbox.store.celebrity(ZOE.id) for _ in range(2)] == [ZOE] * 2

    written = rename(Sandbox(database).store, "Zoe")
    assert [sandbox.store.celebrity(ZOE.id) for _ in range(2)] == [written] * 2
    assert sandbox.asked(lambda: sandbox.store.celebrity(ZOE.id)) == [SMALL]
