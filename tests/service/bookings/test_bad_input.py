"""What a client can get wrong: the exact status and code, the field named, and nothing written."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.service.bookings.world import AGENT, DAY, HOUR, MINUTE, NOW, SLOT, Answer, World, buyer

PAYMENTS = "/v1/bookings/{booking_id}/payments"
KEY = {"Idempotency-Key": "a-key"}


@dataclass(frozen=True)
class Wrong:
    """A change of a good booking request, and what it is answered."""

    change: dict[str, Any]
    status: int
    code: str
    field: str | None = None
    offering: int = 1


FAR = (SLOT + 560 * DAY).isoformat()
REQUESTS = {
    "unknown field": Wrong({"state": "confirmed"}, 422, "invalid_request", "state"),
    "missing field": Wrong({"start": ...}, 422, "invalid_request", "start"),
    "null": Wrong({"offering_id": None}, 422, "invalid_request", "offering_id"),
    "wrong type": Wrong({"start": 20461201}, 422, "invalid_request", "start"),
    "wrong type within": Wrong(
        {"budget": {"amount": "5", "currency": "EUR"}}, 422, "invalid_request", "budget.amount"
    ),
    "too long": Wrong({"brief": "x" * 4001}, 422, "invalid_request", "brief"),
    "forbidden character": Wrong({"brief": "a\u202eb"}, 422, "invalid_request", "brief"),
    "no date": Wrong({"start": "tomorrow"}, 422, "invalid_request", "start"),
    "no such date": Wrong({"start": "2046-02-30T18:00:00Z"}, 422, "invalid_request", "start"),
    "no such hour": Wrong({"start": "2046-12-01T24:00:00Z"}, 422, "invalid_request", "start"),
    "seconds": Wrong({"start": "2046-12-01T18:00:01Z"}, 422, "invalid_request", "start"),
    "date without a time": Wrong({"start": "2046-12-01"}, 422, "invalid_request", "start"),
    "unknown zone": Wrong({"time_zone": "Mars/Olympus"}, 422, "invalid_request", "time_zone"),
    "zone that is a path": Wrong({"time_zone": "../../etc/passwd"}, 422, "invalid_request", "time_zone"),
    "gap": Wrong(
        {"start": "2047-03-31T02:30:00", "time_zone": "Europe/Paris"}, 422, "nonexistent_local_time", "start"
    ),
    "fold": Wrong(
        {"start": "2047-10-27T02:30:00", "time_zone": "Europe/Paris"}, 422, "ambiguous_local_time", "start"
    ),
    "past": Wrong({"start": (NOW - HOUR).isoformat()}, 422, "outside_availability", "start"),
    "within notice": Wrong({"start": (NOW + 45 * MINUTE).isoformat()}, 422, "outside_availability", "start"),
    "beyond the horizon": Wrong({"start": FAR}, 422, "outside_availability", "start"),
    "between slots": Wrong({"start": (SLOT + 7 * MINUTE).isoformat()}, 422, "outside_availability", "start"),
    "closed day": Wrong({"start": "2046-12-24T12:00:00Z"}, 422, "outside_availability", "start"),
    "over closing time": Wrong({"start": "2046-12-23T16:00:00Z"}, 422, "outside_availability", "start"),
    "into a closed day": Wrong(
        {"start": "2046-12-21T12:00:00Z"}, 422, "outside_availability", "start", offering=2
    ),
    "taken": Wrong({"start": (SLOT + 2 * HOUR).isoformat()}, 409, "slot_taken"),
    "another currency": Wrong(
        {"budget": {"amount": 5, "currency": "USD"}}, 422, "invalid_request", "budget.currency"
    ),
    "withdrawn offering": Wrong({}, 404, "not_found", "offering_id", offering=5),
    "unknown offering": Wrong({}, 404, "not_found", "offering_id", offering=77),
    "offering of nobody": Wrong(
        {"offering_id": "off_0000000000000000000000000001"}, 404, "not_found", "offering_id"
    ),
    "no offering at all": Wrong({"offering_id": "off_1"}, 404, "not_found", "offering_id"),
    "another kind of id": Wrong(
        {"offering_id": "cel_00000000000000000000000000"}, 404, "not_found", "offering_id"
    ),
}


def _refused(answer: Answer, status: int, code: str, field: str | None) -> None:
    assert (answer.status, answer.code) == (status, code), answer.text
    assert answer.fields == ([field] if field else [])
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["request_id"] == "request-1"


@pytest.mark.parametrize("name", REQUESTS)
def test_a_wrong_booking_request_is_refused_by_name_and_writes_nothing(memory: World, name: str) -> None:
    wrong = REQUESTS[name]
    memory.book()
    before = memory.items()
    body = {**memory.wish(SLOT + 5 * DAY, wrong.offering), **wrong.change}

    answer = memory.request({key: value for key, value in body.items() if value is not ...})

    _refused(answer, wrong.status, wrong.code, wrong.field)
    assert memory.items() == before


@pytest.mark.parametrize("key", [None, "", "with space", "x" * 256, "é"])
def test_a_booking_without_a_usable_key_is_refused_before_its_fields(memory: World, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}

    answer = memory.call("POST", "/v1/bookings", {}, by=buyer(), headers=headers)

    _refused(answer, 400, "idempotency_key_required", "Idempotency-Key")
    assert memory.items() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "malformed_body"),
        ("[]", "malformed_body"),
        ('{"a": NaN}', "malformed_body"),
        ('{"a": 1, "a": 1}', "malformed_body"),
    ],
)
def test_what_is_no_json_object_is_refused_before_anything_else(memory: World, body: str, code: str) -> None:
    answer = memory.call("POST", "/v1/bookings", body)

    _refused(answer, 400, code, None)


def test_who_may_not_book_is_refused_before_the_key_is_missed(memory: World) -> None:
    for by, verified, status, code in (
        (None, True, 401, "unauthenticated"),
        (AGENT, True, 403, "forbidden"),
        (buyer(), False, 403, "email_not_verified"),
    ):
        answer = memory.call("POST", "/v1/bookings", memory.wish(), by=by, verified=verified)
        _refused(answer, status, code, None)
    assert memory.items() == []


@pytest.mark.parametrize("wish", [{"start": SLOT.isoformat()}, {"budget": {"amount": 0, "currency": "EUR"}}])
def test_the_good_request_that_the_wrong_ones_are_changes_of_is_taken(
    memory: World, wish: dict[str, Any]
) -> None:
    memory.book(SLOT + 4 * DAY)

    assert memory.request({**memory.wish(SLOT + 5 * DAY), **wish}).status == 201


PAYMENT_CASES: dict[str, tuple[dict[str, Any], int, str, str | None]] = {
    "unknown field": ({"body": {"kind": "deposit", "amount": 1}}, 422, "invalid_request", "amount"),
    "unknown kind": ({"body": {"kind": "tip"}}, 422, "invalid_request", "kind"),
    "wrong type": ({"body": {"kind": 1}}, 422, "invalid_request", "kind"),
    "no kind": ({"body": {}}, 422, "invalid_request", "kind"),
    "no json": ({"body": "kind=deposit"}, 400, "malformed_body", None),
    "missing key": ({"headers": {}}, 400, "idempotency_key_required", "Idempotency-Key"),
    "stale version": ({"headers": {**KEY, "If-Match": '"7"'}}, 412, "precondition_failed", "If-Match"),
    "weak version": ({"headers": {**KEY, "If-Match": 'W/"1"'}}, 412, "precondition_failed", "If-Match"),
    "stranger": ({"by": buyer(2)}, 404, "not_found", None),
    "unknown booking": ({"booking_id": "bkg_00000000000000000000000000"}, 404, "not_found", None),
    "malformed booking": ({"booking_id": "bkg_1"}, 404, "not_found", None),
    "balance too early": ({"body": {"kind": "balance"}}, 409, "illegal_transition", None),
    "no token": ({"by": None}, 401, "unauthenticated", None),
    "query": ({"query": {"kind": ["deposit"]}}, 422, "invalid_request", "kind"),
}


@pytest.mark.parametrize("name", PAYMENT_CASES)
def test_a_wrong_payment_request_is_refused_by_name_and_writes_nothing(memory: World, name: str) -> None:
    change, status, code, field = PAYMENT_CASES[name]
    booking = memory.book()
    before = memory.items()
    good: dict[str, Any] = {
        "body": {"kind": "deposit"},
        "by": buyer(),
        "headers": KEY,
        "booking_id": booking.id,
    }

    answer = memory.call("POST", PAYMENTS, **{**good, **change})

    _refused(answer, status, code, field)
    assert memory.items() == before
    assert memory.provider.asked == {}, "the provider was not even asked"


def test_an_expired_booking_cannot_be_paid_before_or_after_it_is_swept(memory: World) -> None:
    booking = memory.book()
    memory.clock.advance(DAY)

    for _ in range(2):
        answer = memory.call(
            "POST", PAYMENTS, {"kind": "deposit"}, by=buyer(), headers=KEY, booking_id=booking.id
        )
        _refused(answer, 409, "expired", None)
        memory.desk.expire(booking.id)


@pytest.mark.parametrize("version", ['"1"', '"0", "1"', "*"])
def test_a_payment_with_the_current_version_is_taken(memory: World, version: str) -> None:
    headers = {**KEY, "If-Match": version}

    answer = memory.call(
        "POST", PAYMENTS, {"kind": "deposit"}, by=buyer(), headers=headers, booking_id=memory.book().id
    )

    assert (answer.status, answer.headers["ETag"]) == (201, '"2"')
