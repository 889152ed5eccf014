"""Quotas of one process: what it remembers of denials, and what it reports."""

from collections.abc import Iterator
from typing import Any

import pytest

from greenroom.limits.policies import Policy, Spacing
from greenroom.limits.quotas import Quotas
from greenroom.limits.standing import OverQuota
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.service.limits.conftest import Store, after

SPACED = Policy(name="spaced", limit=5, seconds=10, spacing=(Spacing(1, 500),))


@pytest.fixture
def events() -> Iterator[list[dict[str, Any]]]:
    """The security events of the test."""
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def test_an_early_request_keeps_what_is_left_and_a_window_of_them_is_one_event(
    store: Store, events: list[dict[str, Any]]
) -> None:
    quotas, key = Quotas(store.lists), store.key()

    refused = []
    for second in range(4):
        quotas.count(SPACED, key, after(second * 1000), who="usr_1")
        for early in (1, 499):
            with pytest.raises(OverQuota) as over:
                quotas.count(SPACED, key, after(second * 1000 + early), who="usr_1")
            refused.append((over.value.standing.remaining, over.value.retry_after))

    assert refused == [(left, 1) for left in (4, 4, 3, 3, 2, 2, 1, 1)]
    assert [(event["event"], event["limit"], event["user_id"]) for event in events] == [
        ("excess_rate_limit_exceeded", "spaced", "usr_1")
    ]


def test_another_process_decides_the_same(store: Store) -> None:
    quotas, other, key = Quotas(store.lists), Quotas(store.lists), store.key()
    for second in range(SPACED.limit):
        (quotas, other)[second % 2].count(SPACED, key, after(second * 1000))

    for each in (quotas, other, quotas):
        with pytest.raises(OverQuota) as over:
            each.count(SPACED, key, after(9_999))
        assert over.value.retry_after == 1
    assert other.count(SPACED, key, after(10_000)).standing.remaining == 0
