"""The catalogue as a visitor sees it: pages, profiles, and free slots that can really be booked."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import Secret

from functions.catalog.routes import CatalogApp, routes
from greenroom.catalog.model import Celebrity
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.identifiers import new_id
from greenroom.uploads.bucket import Bucket
from tests.service.bookings.world import DAY, HOLD, NOW, SLOT, Answer, World
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_objects import PaperObjects

PEOPLE = ["Zoë Núñez", "anna Ström", "Łukasz Żak", "Beyoncé", "Bo Diddley", "Ænea", "Cy"]


class Visitor:
    """Calls the catalogue's function over a world's tables."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = CatalogStore(world.tables, "catalog")
        app = CatalogApp(
            store=self.store,
            tables=world.tables,
            bookings_table="bookings",
            cursors=Cursors(lambda: Secret("secret")),
            bucket=Bucket(PaperObjects, "files"),
            clock=world.clock,
        )
        self._function = Function(routes, lambda: Composition(app=app, clock=world.clock))

    def get(self, path: str, celebrity_id: str | None = None, headers: Any = None, **query: str) -> Answer:
        event = {
            "httpMethod": "GET",
            "resource": path,
            "path": path,
            "pathParameters": None if celebrity_id is None else {"celebrity_id": celebrity_id},
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "requestContext": {},
            "body": None,
            "isBase64Encoded": False,
        }
        answer = self._function(event)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def add(self, name: str, number: int) -> Celebrity:
        zoe = self.store.celebrity(self.world.celebrity_id)
        other = replace(zoe, id=new_id("cel", NOW + number * DAY), name=name, slug=f"person-{number}")
        self.store.add(other, self.store.open_celebrity(zoe.id)[1])
        return other

    def free(self, **query: str) -> list[str]:
        asked = {"from": "2046-12-01", "to": "2046-12-01", "offering_id": self.world.offering(), **query}
        answer = self.get(AVAILABILITY, self.world.celebrity_id, **asked)
        assert answer.status == 200, answer.text
        return [slot["start"] for slot in answer.body["items"]]


LIST, ONE = "/v1/celebrities", "/v1/celebrities/{celebrity_id}"
AVAILABILITY = f"{ONE}/availability"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(World(MemoryDynamoDB()))


@pytest.fixture
def crowd(visitor: Visitor) -> Visitor:
    for number, name in enumerate(PEOPLE[1:], 1):
        visitor.add(name, number)
    return visitor


@pytest.mark.parametrize("sort", ["name", "-name", "price", "-price", "newest"])
def test_all_pages_together_are_everybody_once(crowd: Visitor, sort: str) -> None:
    asked = {"sort": sort, "currency": "EUR"} if "price" in sort else {"sort": sort}
    whole = crowd.get(LIST, **asked).body
    assert whole["next_cursor"] is None

    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in PEOPLE:
        page = crowd.get(LIST, limit="3", **asked, **cursor).body
        found += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found == [item["name"] for item in whole["items"]]
    assert sorted(found) == sorted(PEOPLE)


def test_a_cursor_is_good_for_its_filters_only(crowd: Visitor) -> None:
    cursor = crowd.get(LIST, limit="2").body["next_cursor"]

    assert crowd.get(LIST, cursor=cursor, limit="5").status == 200
    for query in ({"sort": "-name"}, {"q": "o"}, {"currency": "EUR"}):
        answer = crowd.get(LIST, cursor=cursor, **query)
        assert (answer.status, answer.code) == (400, "invalid_cursor")


def test_filters_reach_the_search(crowd: Visitor) -> None:
    def names(**query: str) -> list[str]:
        return [item["name"] for item in crowd.get(LIST, **query).body["items"]]

    assert names(q="LUKASZ") == ["Łukasz Żak"]
    assert names(category="sport") == names(country="PL") == names(language="eee") == []
    assert names(currency="EUR", min_price="100001") == names(currency="JPY") == []
    assert len(names(category="music", country="ES", currency="EUR", max_price="100000")) == len(PEOPLE)
    assert len(names(language="es")) == len(PEOPLE)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "age"}, "sort"),
        ({"country": "es"}, "country"),
        ({"min_price": "-1"}, "min_price"),
        ({"max_price": "1.5"}, "max_price"),
        ({"min_price": "1"}, "currency"),
        ({"max_price": "1"}, "currency"),
        ({"sort": "price"}, "currency"),
        ({"sort": "-price"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"language": "English"}, "language"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"free_on": "soon"}, "free_on"),
        ({"free_on": "1969-12-31"}, "free_on"),
        ({"free_on": "2049-01-01"}, "free_on"),
        ({"limit": "101"}, "limit"),
        ({"q": ""}, "q"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_query_is_refused_by_name(visitor: Visitor, query: dict[str, str], field: str) -> None:
    answer = visitor.get(LIST, **query)

    assert (answer.status, answer.code, answer.fields) == (422, "invalid_request", [field])


def test_who_is_added_appears_in_a_list_that_is_kept_between_calls(visitor: Visitor) -> None:
    assert len(visitor.get(LIST).body["items"]) == 1
    visitor.add("Late", 1)
    assert len(visitor.get(LIST).body["items"]) == 2


def test_a_profile_is_found_by_id_and_by_slug_and_shows_active_offerings_only(visitor: Visitor) -> None:
    celebrity_id = visitor.world.celebrity_id

    by_id, by_slug = visitor.get(ONE, celebrity_id), visitor.get(ONE, celebrity_id.lower())

    assert by_id.text == by_slug.text
    assert [offering["id"][-2:] for offering in by_id.body["offerings"]] == ["01", "02", "03", "04"]
    tag = by_id.headers["ETag"]
    assert visitor.get(ONE, celebrity_id, headers={"If-None-Match": tag}).status == 304


@pytest.mark.parametrize("missing", ["cel_00000000000000000000000000", "nobody", "cel_", "", "é"])
def test_who_does_not_exist_is_not_found(visitor: Visitor, missing: str) -> None:
    for path, query in (
        (ONE, {}),
        (AVAILABILITY, {"from": "2046-12-01", "to": "2046-12-01", "offering_id": "x"}),
    ):
        answer = visitor.get(path, missing, **query)
        assert (answer.status, answer.code) == (404, "not_found")


def test_a_slot_is_shown_until_it_is_taken_and_again_when_its_hold_has_passed(visitor: Visitor) -> None:
    start = "2046-12-01T18:00:00Z"
    assert start in visitor.free()

    visitor.world.book(SLOT)
    taken = visitor.free()
    visitor.world.clock.advance(HOLD)

    # Two hours and half an hour around both: from 15:15 to 20:45 nothing starts.
    assert [each for each in taken if "15:00" < each[11:16] < "21:00"] == []
    assert {"2046-12-01T15:00:00Z", "2046-12-01T21:00:00Z"} <= set(taken)
    assert start in visitor.free()


def test_every_slot_shown_can_be_booked_if_nobody_else_is_faster(visitor: Visitor) -> None:
    visitor.world.book(SLOT)
    before = visitor.free()

    for start in before[::16]:
        fresh = Visitor(World(MemoryDynamoDB()))
        fresh.world.book(SLOT)
        assert fresh.world.request(fresh.world.wish(start), by=2).status == 201


def test_slots_carry_their_end_and_the_clocks_of_the_zone_that_was_asked_for(visitor: Visitor) -> None:
    asked = {"from": "2046-12-01", "to": "2046-12-01", "offering_id": visitor.world.offering()}

    answer = visitor.get(AVAILABILITY, visitor.world.celebrity_id, tz="Asia/Tokyo", **asked)

    assert answer.body["items"][0] == {
        "start": "2046-11-30T15:00:00Z",
        "end": "2046-11-30T17:00:00Z",
        "local": "2046-12-01T00:00:00+09:00",
    }
    again = {"If-None-Match": answer.headers["ETag"]}
    assert (
        visitor.get(AVAILABILITY, visitor.world.celebrity_id, again, tz="Asia/Tokyo", **asked).status == 304
    )


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"from": "2046-12-02"}, 422, "invalid_request", "to"),
        ({"to": "2047-12-01"}, 422, "invalid_request", "to"),
        ({"from": "soon"}, 422, "invalid_request", "from"),
        ({"tz": "Mars/Olympus"}, 422, "invalid_request", "tz"),
        ({"offering_id": "off_1"}, 404, "not_found", "offering_id"),
    ],
)
def test_a_wrong_search_for_slots_is_refused_by_name(
    visitor: Visitor, query: dict[str, str], status: int, code: str, field: str
) -> None:
    asked = {"from": "2046-12-01", "to": "2046-12-01", "offering_id": visitor.world.offering(), **query}

    answer = visitor.get(AVAILABILITY, visitor.world.celebrity_id, **asked)

    assert (answer.status, answer.code, answer.fields) == (status, code, [field])
