"""Entity tags and idempotency keys decide exactly as HTTP and the contract say."""

from typing import Any

import pytest

from tests.unit.gateway.sample import NOW, App, Thing, call

ORDER = {"name": "a"}


@pytest.mark.parametrize(
    "header", ['"3"', 'W/"3"', '"1", "3"', '"1",W/"3"', "*", ' "3" ', '"a,b", "3"', '"", "3"']
)
def test_who_has_the_current_version_gets_304_with_the_tag_and_no_body(header: str) -> None:
    answer = call("GET", "/things/t1", token="buyer", If_None_Match=header)

    assert (answer.status, answer.text) == (304, "")
    assert answer.headers["ETag"] == '"3"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("header", ['"2"', "3", '"33"', '"3', "", '"*"', "W/3", '"1", "2"'])
def test_who_has_another_version_gets_the_whole(header: str) -> None:
    answer = call("GET", "/things/t1", token="buyer", If_None_Match=header)

    assert (answer.status, answer.body) == (200, {"id": "t1", "version": 3})
    assert answer.headers["ETag"] == '"3"'


def test_an_open_answer_may_be_kept_to_be_asked_about_and_a_private_one_by_nobody() -> None:
    assert call("GET", "/public/x").headers["Cache-Control"] == "no-cache"
    assert call("GET", "/things/t1", token="buyer").headers["Cache-Control"] == "no-store"
    assert call("GET", "/things").headers["Cache-Control"] == "no-store"


def test_if_none_match_is_for_reading_only() -> None:
    answer = call("PUT", "/things/t1", token="agent", body=ORDER, If_Match='"3"', If_None_Match="*")

    assert answer.status == 204


@pytest.mark.parametrize("header", ['"3"', '"1", "3"', "*", ' "3" '])
def test_the_current_version_lets_a_change_through(header: str) -> None:
    assert call("PUT", "/things/t1", token="agent", body=ORDER, If_Match=header).status == 204


@pytest.mark.parametrize("header", ['"2"', 'W/"3"', "3", '"33"', "", '"3', '"*"', '"03"'])
def test_any_other_version_changes_nothing(header: str) -> None:
    app = App()

    answer = call("PUT", "/things/t1", app=app, token="agent", body=ORDER, If_Match=header)

    assert answer.told == (412, "precondition_failed")
    assert answer.fields == ["If-Match"]
    assert app.seen == []


def test_without_if_match_a_change_is_refused_and_an_order_is_not() -> None:
    change = call("PUT", "/things/t1", token="agent", body=ORDER)
    order = call("POST", "/things/t1/orders", token="buyer", body=ORDER, Idempotency_Key="k")

    assert change.told == (428, "precondition_required")
    assert order.status == 201


def test_an_optional_if_match_is_obeyed_when_sent() -> None:
    app = App()

    answer = call(
        "POST", "/things/t1/orders", app=app, token="buyer", body=ORDER, Idempotency_Key="k", If_Match='"2"'
    )

    assert answer.told == (412, "precondition_failed")
    assert app.seen == []


@pytest.mark.parametrize("key", [None, "", "x" * 256, "a b", "a\tb", "é", "\x7f", "a\x00"])
def test_a_key_that_is_missing_or_unusable_is_a_400(key: str | None) -> None:
    app = App()
    given: dict[str, Any] = {} if key is None else {"Idempotency_Key": key}

    answer = call("POST", "/things", app=app, token="buyer", body=ORDER, **given)

    assert answer.told == (400, "idempotency_key_required")
    assert answer.fields == ["Idempotency-Key"]
    assert app.seen == []


@pytest.mark.parametrize("key", ["k", "x" * 255, "!~", 'a,b;c="d"'])
def test_any_visible_key_is_taken(key: str) -> None:
    assert call("POST", "/things", token="buyer", body=ORDER, Idempotency_Key=key).status == 201


def test_the_same_key_and_body_have_one_effect_and_get_identical_bytes() -> None:
    app = App()

    first = call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")
    again = call("POST", "/things", app=app, token="buyer", raw=b' {"name" : "a"} ', Idempotency_Key="k")

    assert (first.status, again.status) == (201, 201)
    assert again.text == first.text
    assert dict(again.headers) == {**first.headers, "Idempotency-Replayed": "true"}
    assert "Idempotency-Replayed" not in first.headers
    assert len(app.seen) == 1


def test_the_order_of_keys_in_a_body_does_not_make_it_another() -> None:
    app = App()

    call("POST", "/things", app=app, token="buyer", raw=b'{"name":"a","count":2}', Idempotency_Key="k")
    again = call(
        "POST", "/things", app=app, token="buyer", raw=b'{"count":2,"name":"a"}', Idempotency_Key="k"
    )

    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("body", [{"name": "b"}, {"name": "a", "count": 1}, {"name": "a", "tags": []}])
def test_the_same_key_with_another_body_is_a_422_without_effect(body: dict[str, object]) -> None:
    app = App()

    call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")
    answer = call("POST", "/things", app=app, token="buyer", body=body, Idempotency_Key="k")

    assert answer.told == (422, "idempotency_key_reused")
    assert len(app.seen) == 1


def test_a_key_is_its_callers_own_and_its_routes_own() -> None:
    app = App(things={"t1": Thing("t1", "usr_buyer"), "t2": Thing("t2", "usr_buyer")})

    answers = [
        call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k"),
        call("POST", "/things", app=app, token="stranger", body=ORDER, Idempotency_Key="k"),
        call("POST", "/things/t1/orders", app=app, token="buyer", body=ORDER, Idempotency_Key="k"),
        call("POST", "/things/t2/orders", app=app, token="buyer", body=ORDER, Idempotency_Key="k"),
        call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="K"),
    ]

    assert [answer.status for answer in answers] == [201] * 5
    assert not any("Idempotency-Replayed" in answer.headers for answer in answers)
    assert len(app.seen) == 5


@pytest.mark.parametrize("path", ["/things/t1/orders/", "//things/t1/orders"])
def test_another_spelling_of_the_path_is_the_same_route(path: str) -> None:
    app = App()

    call("POST", "/things/t1/orders", app=app, token="buyer", body=ORDER, Idempotency_Key="k")
    again = call("POST", path, app=app, token="buyer", body=ORDER, Idempotency_Key="k")

    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(app.seen) == 1


def test_a_retry_is_answered_although_its_own_effect_has_outdated_its_if_match() -> None:
    app = App()
    order: dict[str, Any] = {"token": "buyer", "body": ORDER, "Idempotency_Key": "k", "If_Match": '"3"'}

    first = call("POST", "/things/t1/orders", app=app, **order)
    again = call("POST", "/things/t1/orders", app=app, **order)

    assert app.things["t1"].version == 4
    assert (first.status, again.status) == (201, 201)
    assert again.text == first.text
    assert len(app.seen) == 1


def test_a_stale_if_match_of_a_keyed_order_is_told_before_its_body_and_its_state() -> None:
    app = App(sold=True)

    answers = [
        call(
            "POST",
            "/things/t1/orders",
            app=app,
            token="buyer",
            body=body,
            Idempotency_Key="k",
            If_Match='"1"',
        )
        for body in ({"name": 5}, ORDER)
    ]

    assert [answer.told for answer in answers] == [(412, "precondition_failed")] * 2


def test_failures_are_not_kept() -> None:
    app = App(sold=True)

    refused = call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")
    app.sold = False
    made = call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")

    assert refused.told == (409, "sold")
    assert made.status == 201


def test_an_answer_is_kept_for_a_day_and_not_a_second_longer() -> None:
    app = App()
    call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")
    (record,) = app.kept.values()
    assert record["ttl"] == int(NOW.timestamp()) + 24 * 3600

    record["ttl"] = int(NOW.timestamp())
    again = call("POST", "/things", app=app, token="buyer", body=ORDER, Idempotency_Key="k")

    assert "Idempotency-Replayed" not in again.headers
    assert len(app.seen) == 2
