"""Messages of the provider: only what it has signed, lately and over these very bytes, is read."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from pydantic import Secret
from stripe import WebhookSignature

from greenroom.payments.provider import InvalidSignature, ProviderEvent
from greenroom.payments.stripe_provider import Credentials, StripeProvider
from greenroom.refusals import Unavailable

SECRET = "whsec_of_this_endpoint"
NAMES = {"booking_id": "bkg_00000000000000000000000001", "payment_id": "pay_1"}
INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 25_000,
    "amount_received": 25_000,
    "currency": "eur",
    "metadata": NAMES,
    "last_payment_error": None,
}
PROVIDER = StripeProvider(lambda: Credentials(Secret("sk_test"), Secret(SECRET)))


def message(kind: str = "payment_intent.succeeded", **changes: Any) -> bytes:
    document = {"id": "evt_1", "type": kind, "data": {"object": {**INTENT, **changes}}}
    return json.dumps(document, ensure_ascii=False).encode()


def signed(payload: bytes, *, secret: str = SECRET, age: int = 0) -> str:
    header: str = WebhookSignature.generate_signature_header(payload.decode(), secret, int(time.time()) - age)
    return header


def read(payload: bytes, **signing: Any) -> ProviderEvent:
    return PROVIDER.parse_event(payload, signed(payload, **signing))


def test_a_taken_payment_is_read() -> None:
    assert read(message()) == ProviderEvent(
        id="evt_1", type="captured", intent_id="pi_1", amount=25_000, currency="EUR", reason="", **NAMES
    )


def test_the_amount_taken_counts_and_not_the_amount_asked_for() -> None:
    assert read(message(amount_received=24_999)).amount == 24_999


def test_a_declined_card_is_read_with_its_reason() -> None:
    declined = message(
        "payment_intent.payment_failed", amount_received=0, last_payment_error={"code": "card_declined"}
    )

    event = read(declined)

    assert (event.type, event.reason, event.amount) == ("failed", "card_declined", 25_000)


@pytest.mark.parametrize("age", [0, 290])
def test_a_signature_is_good_for_five_minutes(age: int) -> None:
    assert read(message(), age=age).type == "captured"


@pytest.mark.parametrize("age", [302, 3600, 10**9])
def test_an_old_signature_is_refused(age: int) -> None:
    with pytest.raises(InvalidSignature) as refused:
        read(message(), age=age)

    assert (refused.value.status, refused.value.code) == (400, "invalid_signature")


@pytest.mark.parametrize("ahead", [310, 3600, 10**9])
def test_a_signature_from_the_future_is_refused_too(ahead: int) -> None:
    with pytest.raises(InvalidSignature):
        read(message(), age=-ahead)


def test_a_clock_that_goes_a_little_fast_is_forgiven() -> None:
    assert read(message(), age=-200).type == "captured"


@pytest.mark.parametrize(
    "spelt",
    ["t= {}", "t=+{}", "t=0x{}", "t={}.0", "t={}_0", "t=1{}", " t={}", "T={}", "t={}\u0661"],
)
def test_a_time_is_read_in_one_spelling(spelt: str) -> None:
    payload = message()
    time_part, _, signature = signed(payload).partition(",")

    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(payload, f"{spelt.format(time_part.removeprefix('t='))},{signature}")


@pytest.mark.parametrize("place", ["before", "after"])
def test_of_several_times_none_but_the_signed_one_helps(place: str) -> None:
    payload, now = message(), int(time.time())
    old = signed(payload, age=3600)
    both = f"t={now},{old}" if place == "before" else f"{old},t={now}"

    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(payload, both)


def test_a_good_signature_of_another_scheme_is_no_signature() -> None:
    payload = message()

    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(payload, signed(payload).replace("v1=", "v0="))


def test_a_thousand_signatures_are_refused_in_one_go() -> None:
    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(message(), f"t={int(time.time())}," + ",".join(["v1=" + "0" * 64] * 1000))


def test_a_signature_of_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        read(message(), secret="whsec_of_another_endpoint")


def test_one_good_signature_among_several_is_enough_while_secrets_are_rolled_over() -> None:
    payload = message()
    good = signed(payload)

    event = PROVIDER.parse_event(payload, f"{good.replace('v1=', 'v1=00')},{good.partition(',')[2]}")

    assert event.type == "captured"


@pytest.mark.parametrize(
    "tampered",
    [message(amount_received=25_001), message() + b" ", message().replace(b"bkg_", b"BKG_"), b""],
)
def test_a_body_that_was_changed_after_signing_is_refused(tampered: bytes) -> None:
    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(tampered, signed(message()))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        "t=,v1=",
        "t=abc,v1=00",
        "v1=00",
        "t=1",
        "t=9999999999,v1=é",
        "t=1,v0=00",
        ",,,",
        "=" * 999,
    ],
)
def test_a_malformed_signature_is_refused_like_a_wrong_one(header: str) -> None:
    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(message(), header)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[]", b'"text"', b"{}", b'{"id": "evt_1", "type": "payment_intent.succeeded"}'],
)
def test_a_signed_message_of_no_known_form_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidSignature):
        read(payload)


@pytest.mark.parametrize("broken", [{"object": []}, {"object": None}, [], {"object": {"metadata": "x"}}])
def test_a_signed_message_about_something_else_entirely_does_no_harm(broken: Any) -> None:
    payload = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": broken}).encode()

    with suppress(InvalidSignature):
        assert read(payload).type == "other"


@pytest.mark.parametrize("bad", [None, 1, ["bkg_1"], {"S": "bkg_1"}, True, "b" * 256])
def test_a_signed_message_whose_ids_are_none_is_refused(bad: Any) -> None:
    for names in ({"booking_id": bad, "payment_id": "pay_1"}, {"booking_id": "bkg_1", "payment_id": bad}):
        with pytest.raises(InvalidSignature):
            read(message(metadata=names))
    with pytest.raises(InvalidSignature):
        read(json.dumps({**json.loads(message()), "id": bad}).encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidSignature):
        PROVIDER.parse_event(b"\xff\xfe", signed(message()))


@pytest.mark.parametrize(
    "payload",
    [
        message("charge.refunded"),
        message("payment_intent.created"),
        message("some.future_type"),
        message(metadata={}),
        message(metadata=None),
        message(metadata={"payment_id": "pay_1"}),
        message(metadata={"booking_id": "bkg_1"}),
    ],
    ids=["refund", "created", "unknown", "no names", "no metadata", "no booking", "no payment"],
)
def test_a_message_that_is_not_about_a_payment_of_ours_needs_no_action(payload: bytes) -> None:
    assert read(payload) == ProviderEvent(id="evt_1", type="other")


def test_an_endpoint_whose_own_secret_is_wrongly_set_up_blames_nobody_else() -> None:
    def broken() -> Credentials:
        raise TypeError("unexpected keyword")

    def unreadable() -> Credentials:
        raise Unavailable

    for credentials, error in ((broken, TypeError), (unreadable, Unavailable)):
        with pytest.raises(error):
            StripeProvider(credentials).parse_event(message(), signed(message()))
