"""Counting in the table: exact under races, in every window, and for how many write units."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenroom.actors import Role
from greenroom.identifiers import new_id
from greenroom.identity.liveness import liveness
from greenroom.limits.hits import SLACK, Counted, Denied, Guard, GuardFailed, HitLists
from greenroom.limits.policies import AUTHENTICATION, GENERAL, Policy, Spacing
from greenroom.limits.standing import opens_at
from greenroom.storage import keys
from greenroom.storage.items import encode_item
from greenroom.storage.writes import Delete, Put
from tests.service.limits.conftest import NOW, Store

START = int(NOW.timestamp() * 1000)
SPACED = Policy(name="spaced", limit=4, seconds=1, spacing=(Spacing(2, 100), Spacing(3, 300)))


class Metered:
    """The emulator's client, asked for the write units of each update."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.units: list[float] = []

    def update_item(self, **request: Any) -> Any:
        try:
            answer = self._real.update_item(**request, ReturnConsumedCapacity="TOTAL")
        except ClientError:
            # A failed condition is charged like the write, of an item up to a kilobyte.
            self.units.append(1.0)
            raise
        self.units.append(answer["ConsumedCapacity"]["CapacityUnits"])
        return answer


def size(attributes: dict[str, Any]) -> int:
    """Return an item's bytes by DynamoDB's published rule; numbers at their most."""

    def value(attribute: dict[str, Any]) -> int:
        ((kind, inner),) = attribute.items()
        match kind:
            case "S":
                return len(inner.encode())
            case "B":
                return len(b64decode(inner))
            case "BOOL":
                return 1
            case "N":
                return (len(inner) + 1) // 2 + 1
            case "L":
                return 3 + sum(1 + value(element) for element in inner)
        raise AssertionError(kind)

    return sum(len(name) + value(attribute) for name, attribute in attributes.items())


def admitted(lists: HitLists, store_key: keys.Key, policy: Policy, now: int) -> bool:
    try:
        lists.count(store_key, policy, now)
    except Denied:
        return False
    return True


@pytest.mark.parametrize("_round", range(4))
def test_of_eighty_at_once_exactly_the_limit_is_let_in(store: Store, _round: int) -> None:
    key = store.key()

    with ThreadPoolExecutor(80) as pool:
        outcomes = list(pool.map(lambda _: admitted(store.lists, key, AUTHENTICATION, START), range(80)))

    assert sum(outcomes) == AUTHENTICATION.limit


def test_of_eighty_at_once_that_meet_a_full_list_exactly_the_limit_is_let_in(store: Store) -> None:
    key, policy = store.key(), AUTHENTICATION
    old = [(START - number).to_bytes(6, "big") for number in range(policy.limit + SLACK)]
    store.lists.tables.write(Put(store.table, {**key._asdict(), "hits": old}))

    with ThreadPoolExecutor(80) as pool:
        later = START + policy.window
        outcomes = list(pool.map(lambda _: admitted(store.lists, key, policy, later), range(80)))

    assert sum(outcomes) == policy.limit


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 600), min_size=1, max_size=50))
def test_the_table_decides_as_the_rule_does_at_every_moment(store: Store, gaps: list[int]) -> None:
    key, now, model = store.key(), START, list[int]()

    for gap in gaps:
        now += gap
        expected = opens_at(SPACED, model) <= now
        assert admitted(store.lists, key, SPACED, now) == expected
        if expected:
            model.insert(0, now)


def _session(store: Store, now: datetime) -> tuple[keys.Key, Guard]:
    key, user_id = keys.live_session(new_id("ses", now)), new_id("usr", now)
    expires_at = int(now.timestamp()) + 30 * 24 * 3600
    attributes = liveness(
        user_id=user_id,
        role=Role.BUYER,
        verified=False,
        authenticated_at=int(now.timestamp()),
        expires_at=expires_at,
    )
    store.lists.tables.write(Put(store.table, key._asdict() | attributes))
    return key, Guard(equal={"user_id": user_id}, later={"expires_at": int(now.timestamp())})


def test_a_session_s_request_is_one_write_unit_and_now_and_then_one_more(store: Store) -> None:
    metered = Metered(store.dynamodb)
    key, guard = _session(store, NOW)

    biggest, requests, now = 0, 400, START
    for _ in range(requests):
        now += 9_100  # as fast as the limit and its spacing allow for ever
        assert isinstance(store.over(metered).count(key, GENERAL, now, guard), Counted)
        stored = store.dynamodb.get_item(TableName=store.table, Key=encode_item(key._asdict()))
        biggest = max(biggest, size(stored["Item"]))

    assert biggest <= 1024
    assert set(metered.units) == {1.0}
    assert sum(metered.units) / requests <= 1.2


def test_a_denied_request_costs_one_failed_write_and_no_second(store: Store) -> None:
    metered, key = Metered(store.dynamodb), store.key()
    for _ in range(AUTHENTICATION.limit):
        store.lists.count(key, AUTHENTICATION, START)

    with pytest.raises(Denied) as denied:
        store.over(metered).count(key, AUTHENTICATION, START + 1)

    assert len(metered.units) == 1
    assert opens_at(AUTHENTICATION, denied.value.hits) == START + AUTHENTICATION.window


def test_what_the_guard_demands_comes_before_the_quota(store: Store) -> None:
    key, guard = _session(store, NOW)
    for _ in range(50):
        store.lists.count(key, GENERAL, START, guard)
    now = int(NOW.timestamp())

    for other in (
        Guard(equal={"user_id": "usr_other"}),
        Guard(equal=guard.equal, later={"expires_at": now + 30 * 24 * 3600}),
        Guard(equal={"role": "admin"}),
    ):
        with pytest.raises(GuardFailed):
            store.lists.count(key, GENERAL, START, other)
    with pytest.raises(Denied):
        store.lists.count(key, GENERAL, START, guard)
    store.lists.tables.write(Delete(store.table, key))
    with pytest.raises(GuardFailed):
        store.lists.count(key, GENERAL, START, guard)
    assert store.lists.tables.get(store.table, key) is None, "what is gone is not made again"


def test_an_item_without_a_guard_outlives_its_window_and_no_more(store: Store) -> None:
    key = store.key()

    item = store.lists.count(key, AUTHENTICATION, START).item

    assert START // 1000 + 900 <= item["ttl"] <= START // 1000 + 902


def test_a_hit_is_taken_back_only_while_it_is_the_newest(store: Store) -> None:
    key = store.key()
    for moment in (START, START + 1):
        store.lists.count(key, AUTHENTICATION, moment)

    store.lists.take_back(key, START)
    store.lists.take_back(key, START + 1)

    assert store.lists.count(key, AUTHENTICATION, START + 2).hits == [START + 2, START]
