"""API6:2023 Unrestricted access to sensitive business flows; ASVS V2.3, V15.4."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.security.cast import Cast


def test_of_twenty_buyers_at_once_one_gets_the_time(cast: Cast) -> None:
    people = [cast.open_session(cast.new_person()[0])["access_token"] for _ in range(20)]
    start, barrier = cast.free_start(), threading.Barrier(len(people))

    def rush(token: str) -> tuple[int, str | None]:
        barrier.wait()
        answer = cast.client.book({"Authorization": f"Bearer {token}"}, cast.offering_id, start)
        return answer.status_code, answer.json().get("code")

    with ThreadPoolExecutor(len(people)) as crowd:
        answers = Counter(crowd.map(rush, people))

    assert answers == {(201, None): 1, (409, "slot_taken"): 19}


def test_a_time_that_overlaps_by_a_minute_is_taken_too(cast: Cast) -> None:
    before, start, after, _ = cast.free_starts()
    first = cast.client.book(cast.bearer("buyer"), cast.offering_id, start)

    # The neighbours lie within the buffers of the first.
    beside = [
        cast.client.book(cast.bearer("other buyer"), cast.offering_id, time).json().get("code")
        for time in (before, after)
    ]

    assert first.status_code == 201
    assert beside == ["slot_taken", "slot_taken"]


def test_one_request_sent_many_times_at_once_has_one_effect(cast: Cast) -> None:
    buyer, key, barrier = cast.bearer("buyer"), uuid.uuid4().hex, threading.Barrier(8)
    start = cast.free_start()

    def again(_: int) -> tuple[int, bytes]:
        barrier.wait()
        answer = cast.client.book(buyer, cast.offering_id, start, key=key)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(8) as crowd:
        answers = set(crowd.map(again, range(8)))

    created = {content for status, content in answers if status == 201}
    assert len(created) == 1
    assert {status for status, _ in answers} <= {201, 503}


def test_a_key_of_another_user_gives_nothing_of_theirs(cast: Cast) -> None:
    key, start = uuid.uuid4().hex, cast.free_start()
    mine = cast.client.book(cast.bearer("buyer"), cast.offering_id, start, key=key)

    theirs = cast.client.book(cast.bearer("other buyer"), cast.offering_id, start, key=key)

    assert mine.status_code == 201
    assert (theirs.status_code, theirs.json()["code"]) == (409, "slot_taken")
    assert "Idempotency-Replayed" not in theirs.headers
    assert mine.json()["id"] not in theirs.text


def test_a_key_that_was_used_for_something_else_is_refused(cast: Cast) -> None:
    key, another = uuid.uuid4().hex, cast.free_start()
    first = cast.client.book(cast.bearer("buyer"), cast.offering_id, cast.free_start(), key=key)

    other = cast.client.book(cast.bearer("buyer"), cast.offering_id, another, key=key)

    assert first.status_code == 201
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    free = cast.client.book(cast.bearer("other buyer"), cast.offering_id, another)
    assert free.status_code == 201


def test_a_key_of_one_route_is_unknown_to_another(cast: Cast) -> None:
    key = uuid.uuid4().hex
    booking = cast.client.book(cast.bearer("buyer"), cast.offering_id, cast.free_start(), key=key).json()
    payment = cast.client.pay(cast.bearer("buyer"), booking["id"], **{"Idempotency-Key": key})

    assert payment.status_code == 201
    assert payment.json()["id"].startswith("pay_")


def test_who_has_not_verified_an_address_blocks_no_calendar(cast: Cast) -> None:

    unverified = cast.client.new_buyer(verified=False)

    answer = cast.client.book(unverified, cast.offering_id, cast.free_start())

    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


def test_nobody_pays_for_another_or_twice(cast: Cast) -> None:
    booking = cast.book()

    foreign = cast.client.pay(cast.bearer("other buyer"), booking["id"])
    payments = {cast.client.pay(cast.bearer("buyer"), booking["id"]).json()["id"] for _ in range(3)}

    assert foreign.status_code == 404
    assert len(payments) == 1  # while one is pending it is given again
