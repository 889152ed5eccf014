"""Calls by a partner's key: the gateway has counted them, so we do not. A header that says so is nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from greenroom.gateway.admission import POLICIES, Admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.routes import Limit
from greenroom.limits import policies
from greenroom.limits.policies import Policy
from greenroom.limits.standing import OverQuota, Standing
from greenroom.storage.keys import Key
from tests.unit.gateway.sample import NOW, App, event, routes


class UsedUp:
    """Quotas of which nothing is left; they keep what was counted."""

    def __init__(self) -> None:
        self.counted: list[Key] = []

    def count(self, policy: Policy, key: Key, _now: datetime, **_: Any) -> Any:
        self.counted.append(key)
        raise OverQuota(Standing(policy, 0, 900))


def _call(
    quotas: UsedUp,
    *,
    key_id: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
    path: str = "/things",
) -> dict[str, Any]:
    composition = Composition(
        app=App(),
        admission=Admission(quotas=quotas),  # type: ignore[arg-type]
        clock=lambda: NOW,
    )
    sent = event("GET", path, headers=headers)
    sent["requestContext"]["identity"]["apiKeyId"] = key_id
    return Function(routes, lambda: composition)(sent)


def test_a_partners_call_counts_against_no_limit_of_ours_and_tells_none() -> None:
    quotas = UsedUp()

    answer = _call(quotas, key_id="k1")

    assert answer["statusCode"] == 200
    assert quotas.counted == []
    assert not {"RateLimit", "RateLimit-Policy"} & set(answer["headers"])


@pytest.mark.parametrize("key_id", [None, ""])
def test_a_key_in_a_header_that_the_gateway_did_not_ask_for_is_nothing(key_id: str | None) -> None:
    quotas = UsedUp()

    answer = _call(quotas, key_id=key_id, headers=[("x-api-key", "k1"), ("apikeyid", "k1")])

    assert answer["statusCode"] == 429
    assert len(quotas.counted) == 1
    assert answer["headers"]["RateLimit-Policy"] == '"general";q=100;w=900'


def test_a_key_proves_nobody() -> None:
    assert _call(UsedUp(), key_id="k1", path="/things/t1")["statusCode"] == 401


@pytest.mark.parametrize("limit", sorted(set(POLICIES) - {Limit.GENERAL}))
def test_what_guards_a_secret_is_counted_for_partners_too(limit: Limit) -> None:
    admission = Admission(quotas=UsedUp())  # type: ignore[arg-type]

    assert admission.policy(limit, metered=True) is POLICIES[limit]


def test_without_a_key_the_general_limit_holds() -> None:
    admission = Admission(quotas=UsedUp())  # type: ignore[arg-type]

    assert admission.policy(Limit.GENERAL) is policies.GENERAL
    assert admission.policy(Limit.GENERAL, metered=True) is None
