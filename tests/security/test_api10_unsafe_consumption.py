"""API10:2023 Unsafe consumption of APIs: what the payment provider says is checked; ASVS V2.2, V4.1."""

import json
import time
from typing import Any

import pytest

from tests.security.cast import Cast
from tests.security.signed import paid, post, post_event, signature
from tests.security.wire import Reply, check_refusal


def tell(cast: Cast, event: Any, *, age: int = 0) -> Reply:
    return post_event(cast.client.system.base_url, cast.backstage.webhook_secret, event, age=age)


def awaiting(cast: Cast) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a booking that awaits its deposit, and the payment that is under way."""
    booking = cast.book()
    payment: dict[str, Any] = cast.client.pay(cast.bearer("buyer"), booking["id"]).json()
    return booking, payment


def state_of(cast: Cast, booking: dict[str, Any]) -> tuple[str, list[str], int]:
    shown = cast.client.http.get(f"/v1/bookings/{booking['id']}", headers=cast.bearer("buyer")).json()
    return shown["state"], [payment["state"] for payment in shown["payments"]], shown["version"]


def genuine(booking: dict[str, Any], payment: dict[str, Any], **changes: Any) -> dict[str, Any]:
    amount = payment["amount"]
    return paid(booking["id"], payment["id"], amount["amount"], amount["currency"], **changes)


UNPAID = ("awaiting_payment", ["pending"], 2)


def test_a_genuine_message_confirms_once_however_often_it_is_replayed(cast: Cast) -> None:
    booking, payment = awaiting(cast)
    event = genuine(booking, payment)

    answers = [tell(cast, event).status for _ in range(4)]

    assert answers == [200] * 4
    assert state_of(cast, booking) == ("confirmed", ["captured"], 3)


@pytest.mark.parametrize("age", [301, 302, 3600, 10**9])
def test_a_message_is_replayed_in_vain_after_five_minutes(age: int, cast: Cast) -> None:
    booking, payment = awaiting(cast)

    reply = tell(cast, genuine(booking, payment), age=age)

    assert (reply.status, json.loads(reply.body)["code"]) == (400, "invalid_signature")
    check_refusal(reply)
    assert state_of(cast, booking) == UNPAID


def test_no_forged_signature_is_taken(cast: Cast) -> None:
    booking, payment = awaiting(cast)
    payload = json.dumps(genuine(booking, payment)).encode()
    now, secret = int(time.time()), cast.backstage.webhook_secret
    good = signature(secret, payload, now)
    mac = good.partition("v1=")[2]
    forged = [
        (),
        ("",),
        ("t=,v1=",),
        (f"t={now}",),
        (f"v1={mac}",),
        (f"t={now},v0={mac}",),
        (f"t={now},v1={mac[:-1]}",),
        (f"t={now},v1={'0' * 64}",),
        (f"t={now + 1},v1={mac}",),
        (f"t={now}.0,v1={mac}",),
        (f"t=-{now},v1={mac}",),
        (f"t={'9' * 400},v1={mac}",),
        (signature("whsec_guess", payload, now),),
        (signature("", payload, now),),
        (signature(secret, payload + b" ", now),),
        (good, f"t={now},v1={'0' * 64}"),
        ("v1=" * 2000,),
    ]

    for headers in forged:
        reply = post(cast.client.system.base_url, payload, *headers)
        assert (reply.status, json.loads(reply.body)["code"]) == (400, "invalid_signature"), headers
    assert state_of(cast, booking) == UNPAID
    changed = payload.replace(b'"amount_received": ', b'"amount_received": 1')
    assert post(cast.client.system.base_url, changed, good).status == 400


def _of_kind(booking: dict[str, Any], prefix: str) -> str:
    return f"{prefix}{booking['id'][3:]}"


# By the arguments of ``paid``: what a provider that has gone wrong might say of a payment that we wait for.
def _lies(booking: dict[str, Any], payment: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    amount, currency = payment["amount"]["amount"], payment["amount"]["currency"]
    mine = booking["id"], payment["id"]
    return {
        "too little": paid(*mine, amount - 1, currency),
        "too much": paid(*mine, amount + 1, currency),
        "nothing": paid(*mine, 0, currency),
        "less than nothing": paid(*mine, -amount, currency),
        "another currency": paid(*mine, amount, "JPY"),
        "an unknown currency": paid(*mine, amount, "XXX"),
        "an amount as text": paid(*mine, str(amount), currency),
        "an amount beyond all numbers": paid(*mine, float("inf"), currency),
        "an amount that is no number": paid(*mine, float("nan"), currency),
        "no amount": paid(*mine, None, currency),
        "a currency that is a number": paid(*mine, amount, 978),
        "another's booking": paid(other["id"], payment["id"], amount, currency),
        "an unknown payment": paid(booking["id"], "pay_01ARZ3NDEKTSV4RRFFQ69G5FAVD01", amount, currency),
        "an unknown booking": paid("bkg_01ARZ3NDEKTSV4RRFFQ69G5FAV", payment["id"], amount, currency),
        "an id of another kind": paid(_of_kind(booking, "cel"), payment["id"], amount, currency),
        "ids that are lists": paid([booking["id"]], [payment["id"]], amount, currency),
        "ids that are objects": paid({"S": booking["id"]}, {}, amount, currency),
        "ids that are numbers": paid(1, 2, amount, currency),
        "ids that are nothing": paid(None, None, amount, currency),
        "an id of 10,000 characters": paid("bkg_" + "A" * 10_000, payment["id"], amount, currency),
        "an event of 10,000 characters": paid(*mine, amount - 1, currency, id="evt_" + "A" * 10_000),
        "an event that is a list": paid(*mine, amount - 1, currency, id=["evt"]),
        "another type": genuine(booking, payment, type="payment_intent.created"),
        "a type that is a list": genuine(booking, payment, type=["payment_intent.succeeded"]),
        "no data": genuine(booking, payment, data={}),
        "data that is a list": genuine(booking, payment, data=[]),
        "metadata that is a list": genuine(booking, payment, data={"object": {"metadata": [1]}}),
        "nothing at all": {},
        "a list": [genuine(booking, payment)],
        "null": None,
    }


LIES = sorted(_lies(*({"id": "bkg_x", "amount": {"amount": 1, "currency": "EUR"}},) * 3))


@pytest.fixture(scope="module")
def waiting(cast: Cast) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A booking, its payment, and another booking that awaits none."""
    return *awaiting(cast), cast.book("other buyer")


@pytest.mark.parametrize("lie", LIES)
def test_a_signed_lie_changes_nothing_and_breaks_nothing(
    lie: str, cast: Cast, waiting: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
) -> None:
    booking, _, other = waiting

    reply = tell(cast, _lies(*waiting)[lie])

    # Taken where there is nothing to do, refused where it is no message, asked for again where it is not yet
    # to be understood; a fault of ours it never is.
    assert reply.status in {200, 400, 503}
    assert state_of(cast, booking) == UNPAID
    shown = cast.client.http.get(f"/v1/bookings/{other['id']}", headers=cast.bearer("other buyer")).json()
    assert (shown["state"], shown["payments"]) == ("awaiting_payment", [])
    lines = cast.client.system.lines(reply.headers["x-request-id"])
    assert [line for line in lines if line["category"] == "error"] == []


def test_an_event_that_was_used_for_one_payment_pays_no_other(cast: Cast) -> None:
    (first, paid_first), (second, paid_second) = awaiting(cast), awaiting(cast)
    event = genuine(first, paid_first)
    assert tell(cast, event).status == 200

    reused = tell(cast, genuine(second, paid_second, id=event["id"]))

    # An event's id is written once, with its effect: what comes under it again is asked for anew, in vain.
    assert (reused.status, state_of(cast, second)) == (503, UNPAID)
    assert state_of(cast, first)[0] == "confirmed"
