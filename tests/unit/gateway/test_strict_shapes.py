"""Bodies and query parameters are taken as they are meant or refused with the field's name, never bent."""

from typing import Any

import pytest
from pydantic import BaseModel

from functions.auth.passkey_shapes import WebAuthnBody
from functions.auth.routes import routes as auth
from functions.bookings.routes import routes as bookings
from functions.catalog.routes import routes as catalog
from functions.payments.routes import routes as payments
from tests.unit.gateway.sample import App, Kind, call

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unknown": 1}, "unknown"),
        ({"Name": "a"}, "Name"),
        ({"name": None}, "name"),
        ({"name": 1}, "name"),
        ({"name": True}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 21}, "name"),
        ({"count": True}, "count"),
        ({"count": "1"}, "count"),
        ({"count": 1.0}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": None}, "count"),
        ({"count": 0}, "count"),
        ({"count": 11}, "count"),
        ({"count": 2**63}, "count"),
        ({"count": [1]}, "count"),
        ({"ratio": "1.5"}, "ratio"),
        ({"ratio": True}, "ratio"),
        ({"loud": 1}, "loud"),
        ({"loud": "true"}, "loud"),
        ({"kind": "STAGE"}, "kind"),
        ({"kind": "opera"}, "kind"),
        ({"kind": 0}, "kind"),
        ({"price": 5}, "price"),
        ({"price": {"amount": 5}}, "price.currency"),
        ({"price": {"amount": "5", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 5.0, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": True, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 10**12 + 1, "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": 5, "currency": "eur"}}, "price.currency"),
        ({"price": {"amount": 5, "currency": "EUR\n"}}, "price.currency"),
        ({"price": {"amount": 5, "currency": "EUR", "tax": 1}}, "price.tax"),
        ({"tags": "a"}, "tags"),
        ({"tags": {"0": "a"}}, "tags"),
        ({"tags": ["a", 2]}, "tags.1"),
    ],
)
def test_a_body_that_is_not_of_the_shape_is_a_422_that_names_the_field(
    change: dict[str, Any], field: str
) -> None:
    app = App()

    answer = call("POST", "/public", app=app, body={"name": "a"} | change)

    assert answer.told == (422, "invalid_request")
    assert answer.fields == [field]
    assert app.seen == []


def test_every_wrong_field_is_named_up_to_twenty() -> None:
    answer = call("POST", "/public", body={f"x{number}": 1 for number in range(40)})

    assert len(answer.fields) == 20


def test_an_empty_object_names_what_is_missing() -> None:
    assert call("POST", "/public", body={}).fields == ["name"]


def test_json_has_its_own_form_of_an_enum_and_a_whole_number_may_stand_for_a_fraction() -> None:
    app = App()

    answer = call("POST", "/public", app=app, body={"name": "a", "kind": "screen", "ratio": 2})

    assert answer.status == 204
    assert (app.seen[0].kind, app.seen[0].ratio) == (Kind.SCREEN, 2.0)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("unknown=1", ["unknown"]),
        ("Limit=1", ["Limit"]),
        ("from_=2027-01-01", ["from_"]),
        ("limit=1&limit=1", ["limit"]),
        ("limit=1&limit=2&q=a&q=b", ["limit", "q"]),
        ("limit=0", ["limit"]),
        ("limit=101", ["limit"]),
        ("limit=-1", ["limit"]),
        ("limit=", ["limit"]),
        ("limit=ten", ["limit"]),
        ("limit=1e1", ["limit"]),
        ("limit=1_0", ["limit"]),
        ("limit=10.0", ["limit"]),
        ("limit=%2B10", ["limit"]),
        ("limit=%2010", ["limit"]),
        ("limit=10%20", ["limit"]),
        ("limit=10%0A", ["limit"]),
        ("limit=true", ["limit"]),
        ("limit=%D9%A1", ["limit"]),
        ("limit=" + "9" * 5000, ["limit"]),
        ("q=", ["q"]),
        ("q=a%00b", ["q"]),
        ("q=a%E2%80%AEb", ["q"]),
        ("q=" + "x" * 21, ["q"]),
        ("kind=opera", ["kind"]),
        ("from=2027-02-30", ["from"]),
        ("from=2027-1-1", ["from"]),
        ("from=86400", ["from"]),
        ("from=1e9", ["from"]),
        ("from=2027-01-01T00:00:00", ["from"]),
        ("from=20270101", ["from"]),
        ("a%00b=1", ["query"]),
        ("%E2%80%AE=1&%E2%80%AE=2", ["query"]),
    ],
)
def test_a_query_that_is_not_of_the_shape_is_a_422_that_names_the_parameter(
    query: str, fields: list[str]
) -> None:
    app = App()

    answer = call("GET", "/things", app=app, query=query)

    assert answer.told == (422, "invalid_request")
    assert answer.fields == fields
    assert app.seen == []


def test_a_good_query_is_taken() -> None:
    app = App()

    answer = call("GET", "/things", app=app, query="limit=100&q=Zo%C3%AB&kind=stage&from=2027-01-31")

    assert answer.status == 200
    assert app.seen[0].model_dump(mode="json") == {
        "limit": 100,
        "q": "Zoë",
        "kind": "stage",
        "from_": "2027-01-31",
    }


@pytest.mark.parametrize(("path", "query"), [("/public/x", "a=1"), ("/file", "v=2"), ("/broken", "%00=1")])
def test_a_route_without_parameters_takes_none(path: str, query: str) -> None:
    answer = call("GET", path, query=query)

    assert answer.told == (422, "invalid_request")


@pytest.mark.parametrize(
    "change",
    [
        {"name": SECRET * 5},
        {"name": [SECRET]},
        {"count": SECRET},
        {"ratio": SECRET},
        {"loud": SECRET},
        {"kind": SECRET},
        {"price": SECRET},
        {"price": {"amount": SECRET, "currency": SECRET}},
        {"tags": [[SECRET]]},
        {"unknown": SECRET},
        {"name": f"{SECRET}\u202e"},
    ],
)
def test_a_problem_never_shows_what_was_sent(change: dict[str, Any]) -> None:
    answer = call("POST", "/public", body={"name": "a"} | change)

    assert answer.status == 422
    assert SECRET not in answer.text


@pytest.mark.parametrize("name", ["limit", "q", "kind", "from", "unknown"])
def test_a_problem_never_shows_the_value_of_a_parameter(name: str) -> None:
    answer = call("GET", "/things", query=f"{name}={SECRET * 5}")

    assert answer.status == 422
    assert SECRET not in answer.text


def test_a_problem_names_unknown_fields_briefly_and_in_ascii() -> None:
    long, strange = "x" * 50_000, "\u2028\U0001f3a4\u0085"

    answer = call("POST", "/public", body={"name": "a", long: 1, strange: 1})

    assert answer.status == 422
    assert len(answer.text) < 2_000
    assert answer.text.isascii()
    assert answer.fields[1] == strange


def test_a_parameter_name_that_has_no_utf_8_is_still_answered() -> None:
    answer = call("GET", "/public/x", query="%ED%A0%80=1&" + "y" * 5_000 + "=1")

    assert answer.told == (422, "invalid_request")
    assert len(answer.text) < 2_000


def _models(model: type[BaseModel], found: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if model not in found:
        found.add(model)
        pending = [field.annotation for field in model.model_fields.values()]
        while pending:
            annotation: Any = pending.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                _models(annotation, found)
            pending.extend(getattr(annotation, "__args__", ()))
    return found


def test_every_body_is_strict_to_its_innermost_object_and_every_query_knows_its_parameters() -> None:
    tables = (auth, bookings, catalog, payments)
    bodies = [route.body for table in tables for route in table if route.body]
    queries = [route.query for table in tables for route in table if route.query]

    models = set[type[BaseModel]]().union(*(_models(body, set()) for body in bodies))
    assert len(models) >= 6
    for model in models:
        assert model.model_config.get("strict") is True, model
        # A browser decides what a credential holds; what is not read is dropped there, and there alone.
        wanted = "ignore" if issubclass(model, WebAuthnBody) else "forbid"
        assert model.model_config.get("extra") == wanted, model
    assert all(query.model_config.get("extra") == "forbid" for query in queries)


def _unbounded(schema: Any, place: str) -> list[str]:
    if isinstance(schema, list):
        return [found for inner in schema for found in _unbounded(inner, place)]
    if not isinstance(schema, dict):
        return []
    bounds = {"maxLength", "enum", "const", "pattern"}
    own = [place] if schema.get("type") == "string" and not bounds & schema.keys() else []
    return own + [found for name, inner in schema.items() for found in _unbounded(inner, f"{place}.{name}")]


def test_every_text_of_a_body_is_bounded() -> None:
    bodies = {route.body for table in (auth, bookings, catalog, payments) for route in table if route.body}

    assert bodies
    assert [place for body in bodies for place in _unbounded(body.model_json_schema(), body.__name__)] == []
