"""A kept answer belongs to one caller, one route, one key and one body; it is found under no other."""

from typing import Any

import pytest

from greenroom.refusals import InvalidInput
from greenroom.storage.idempotency import Idempotency, IdempotencyKeyReused, Replayed
from greenroom.storage.writes import NEW

NOW = 1_800_000_000


def keyed(**changes: Any) -> Idempotency:
    given: dict[str, Any] = {
        "principal_id": "usr_1",
        "route": "POST /v1/bookings",
        "header": "key",
        "body": {"a": 1, "b": [1, 2]},
        "now": NOW,
        "keep_seconds": 60,
    }
    return Idempotency.of(**given | changes)


def stored(**changes: Any) -> dict[str, Any]:
    record = keyed(**changes).record("t", status=201, headers={"ETag": '"1"'}, body="ü".encode())
    return dict(record.item)


@pytest.mark.parametrize(
    "changes", [{"principal_id": "usr_2"}, {"route": "POST /v1/bookings/x"}, {"header": "Key"}]
)
def test_another_caller_route_or_key_has_another_record(changes: dict[str, Any]) -> None:
    assert keyed(**changes).key != keyed().key
    assert keyed(body={}).key == keyed().key


def test_parts_of_the_scope_cannot_be_shifted_into_each_other() -> None:
    assert keyed(principal_id="usr_1", route="x").key != keyed(principal_id="usr_", route="1x").key
    assert keyed(route="x", header="yz").key != keyed(route="xy", header="z").key


def test_the_record_holds_neither_the_key_nor_the_body_of_the_request() -> None:
    item = stored(header="hunter2", body={"password": "hunter3"})

    assert "hunter" not in str(item)


def test_a_new_request_goes_on_and_its_record_must_be_new() -> None:
    keyed().replay(None)

    assert keyed().record("t", status=201, headers={}, body=b"").when == NEW


def test_the_same_request_gets_the_same_bytes() -> None:
    with pytest.raises(Replayed) as replayed:
        keyed(body={"b": [1, 2], "a": 1}).replay(stored())

    assert (replayed.value.status, replayed.value.headers) == (201, {"ETag": '"1"'})
    assert replayed.value.body == "ü".encode()


@pytest.mark.parametrize("body", [{}, {"a": 1}, {"a": 1, "b": [2, 1]}, {"a": "1", "b": [1, 2]}])
def test_the_same_key_with_another_body_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(IdempotencyKeyReused) as refused:
        keyed(body=body).replay(stored())

    assert (refused.value.status, refused.value.field) == (422, "Idempotency-Key")


@pytest.mark.parametrize(("age", "replays"), [(59, True), (60, False), (3600, False)])
def test_a_record_counts_until_its_time_is_over_even_if_the_table_still_has_it(
    age: int, replays: bool
) -> None:
    late = keyed(now=NOW + age)

    if replays:
        with pytest.raises(Replayed):
            late.replay(stored())
    else:
        late.replay(stored())


def test_an_outdated_record_is_replaced_only_while_it_is_the_one_that_was_read() -> None:
    old = stored()

    record = keyed(now=NOW + 60).record("t", status=201, headers={}, body=b"", stored=old)

    assert record.when == {"ttl": old["ttl"]}
    assert record.item["ttl"] == NOW + 120


def test_a_stale_request_may_be_replayed_and_do_nothing_else() -> None:
    stale = keyed(stale=InvalidInput("outdated"))

    with pytest.raises(Replayed):
        stale.replay(stored())
    with pytest.raises(IdempotencyKeyReused):
        stale.replay(stored(body={}))
    with pytest.raises(InvalidInput, match="outdated"):
        stale.replay(None)
    with pytest.raises(InvalidInput, match="outdated"):
        keyed(stale=InvalidInput("outdated"), now=NOW + 60).replay(stored())
    with pytest.raises(InvalidInput, match="outdated"):
        stale.record("t", status=201, headers={}, body=b"")
