"""What agents do with their rosters: nobody else's, nothing over what one has not seen, nothing twice."""

from typing import Any

import pytest

from greenroom.actors import Actor, Role
from greenroom.catalog import changes, rules
from greenroom.storage import contention
from tests.service.bookings.world import AGENT, DAY, SLOT, World
from tests.service.catalog.office import (
    CDN,
    EVENING,
    LIST,
    NEWCOMER,
    OFFERING,
    OFFERINGS,
    ONE,
    OTHER_AGENT,
    ROSTER,
    Office,
)
from tests.service.identity.racing import at_once
from tests.support.faults import Overtaken
from tests.support.memory_dynamodb import MemoryDynamoDB

KEY = {"Idempotency-Key": "once"}


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


def names(office: Office, by: Actor = AGENT) -> list[str]:
    return [item["name"] for item in office.call("GET", ROSTER, by=by).body["items"]]


def test_who_is_added_is_on_the_roster_and_in_the_catalogue_and_cannot_be_booked_yet(office: Office) -> None:
    answer = office.call("POST", LIST, NEWCOMER, by=OTHER_AGENT)

    made = answer.body
    assert answer.status == 201
    assert answer.headers["Location"] == f"/v1/celebrities/{made['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert made == NEWCOMER | {
        "id": made["id"],
        "slug": "aenea-strom",
        "bio": "",
        "media": [],
        "offerings": [],
        "version": 1,
    }
    assert office.shown("aenea-strom") == office.shown(made["id"]) == made
    assert made["id"] in [item["id"] for item in office.call("GET", LIST, by=None).body["items"]]
    assert names(office, OTHER_AGENT) == ["Ænea Strøm"]
    assert names(office) == ["Zoë Núñez"]


def test_the_second_of_a_name_gets_a_slug_of_their_own_and_a_name_without_letters_too(office: Office) -> None:
    slugs = [office.engage()["slug"] for _ in range(7)]

    assert slugs[:5] == ["aenea-strom", *(f"aenea-strom-{number}" for number in range(2, 6))]
    assert len(set(slugs)) == 7
    assert all(office.shown(slug)["slug"] == slug for slug in slugs)
    assert office.engage(name="山田太郎")["slug"] == "celebrity"


def test_of_twenty_who_add_the_same_name_at_once_each_gets_a_slug(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of them change the same listing: six tries are not enough for twenty at the same moment.
    monkeypatch.setattr(contention.attempt, "__kwdefaults__", {"tries": 60, "sleep": lambda _: None})
    office = Office(world)

    made = at_once(20, office.engage)

    assert len({each["slug"] for each in made if isinstance(each, dict)}) == 20
    assert len(names(office)) == 21


def test_a_request_that_is_repeated_with_its_key_has_one_effect(office: Office) -> None:
    first, again = (office.call("POST", LIST, NEWCOMER, headers=KEY) for _ in range(2))
    other = office.call("POST", LIST, NEWCOMER | {"name": "Bo"}, headers=KEY)
    celebrity_id = first.body["id"]
    offered, repeated = (
        office.call("POST", OFFERINGS, EVENING, headers=KEY, celebrity_id=celebrity_id) for _ in range(2)
    )

    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert (again.headers["Location"], again.headers["ETag"]) == (
        first.headers["Location"],
        first.headers["ETag"],
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert repeated.text == offered.text
    assert len(office.shown(celebrity_id)["offerings"]) == 1
    assert names(office) == ["Zoë Núñez", "Ænea Strøm"]


def test_keys_are_optional_here_but_a_wrong_one_is_refused(office: Office) -> None:
    answer = office.call("POST", LIST, NEWCOMER, headers={"Idempotency-Key": "with space"})

    assert (answer.status, answer.code) == (400, "idempotency_key_required")


def test_a_change_is_seen_at_once_and_moves_the_version(office: Office) -> None:
    made = office.engage()

    answer = office.call(
        "PATCH",
        ONE,
        {"name": "Anna", "bio": "Sings.\nLoud.", "media": [f"{CDN}/a/1.jpg"]},
        at=1,
        celebrity_id=made["id"],
    )

    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert answer.body == office.shown(made["id"])
    assert answer.body == made | {
        "name": "Anna",
        "bio": "Sings.\nLoud.",
        "media": [f"{CDN}/a/1.jpg"],
        "version": 2,
    }
    assert [item["name"] for item in office.call("GET", LIST, by=None).body["items"]] == ["Anna", "Zoë Núñez"]


def test_nothing_to_change_changes_no_version(office: Office) -> None:
    made = office.engage()

    for body in ({}, {"name": None}, {"name": made["name"]}):
        answer = office.call("PATCH", ONE, body, at=1, celebrity_id=made["id"])
        assert (answer.status, answer.headers["ETag"]) == (200, '"1"')


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [(ONE, "PATCH", {"bio": "x"}), (OFFERING, "PATCH", {"title": "x"}), (OFFERING, "DELETE", None)],
)
def test_a_change_needs_the_current_version(office: Office, path: str, method: str, body: Any) -> None:
    made = office.engage()
    names_of: Any = {"celebrity_id": made["id"]}
    names_of |= {"offering_id": office.offer(made["id"])["id"]} if path == OFFERING else {}
    office.offer(made["id"], title="Another")
    before = office.shown(made["id"])

    missing = office.call(method, path, body, **names_of)
    stale = office.call(method, path, body, at=1, **names_of)

    assert (missing.status, missing.code) == (428, "precondition_required")
    assert (stale.status, stale.code) == (412, "precondition_failed")
    assert office.shown(made["id"]) == before
    assert office.call(method, path, body, at=before["version"], **names_of).status in {200, 204}
    assert office.shown(made["id"])["version"] == before["version"] + 1


def test_who_is_overtaken_between_the_look_and_the_write_changes_nothing(office: Office) -> None:
    celebrity_id = office.engage()["id"]
    rival = Overtaken(
        office.world.dynamodb,
        lambda: office.call("PATCH", ONE, {"bio": "theirs"}, at=1, celebrity_id=celebrity_id),
    )

    answer = Office(office.world.over(dynamodb=rival)).call(
        "PATCH", ONE, {"bio": "mine"}, at=1, celebrity_id=celebrity_id
    )

    assert (answer.status, answer.code) == (412, "precondition_failed")
    assert office.shown(celebrity_id)["bio"] == "theirs"


def test_of_twenty_who_change_the_same_version_at_once_exactly_one_does(world: World) -> None:
    office = Office(world)
    made = office.engage()
    numbers = list(range(20))

    def change() -> int:
        return office.call("PATCH", ONE, {"bio": f"by {numbers.pop()}"}, at=1, celebrity_id=made["id"]).status

    assert sorted(map(str, at_once(20, change))) == ["200", *["412"] * 19]
    assert office.shown(made["id"])["version"] == 2


def test_an_offering_can_be_booked_until_it_is_taken_away_and_bookings_keep_their_copies(
    office: Office,
) -> None:
    celebrity_id, world = office.world.celebrity_id, office.world
    offering = office.offer(celebrity_id)
    wish = {"offering_id": offering["id"], "start": SLOT.isoformat(), "time_zone": "UTC"}
    booked = world.request(wish)
    assert booked.status == 201, booked.text

    changed = office.call(
        "PATCH",
        OFFERING,
        {"title": "Other", "price": {"amount": 1, "currency": "EUR"}},
        at=2,
        celebrity_id=celebrity_id,
        offering_id=offering["id"],
    )
    gone = office.call("DELETE", OFFERING, at=3, celebrity_id=celebrity_id, offering_id=offering["id"])
    later = world.request({**wish, "start": (SLOT + DAY).isoformat()}, by=2)

    assert (changed.status, changed.body["title"], changed.headers["ETag"]) == (200, "Other", '"3"')
    assert (gone.status, gone.headers["ETag"], gone.text) == (204, '"4"', "")
    assert (later.status, later.code) == (404, "not_found")
    kept = world.store.get(booked.body["id"])
    assert kept.offering_title == "An evening"
    assert kept.terms is not None
    assert (kept.terms.total, kept.terms.currency) == (90_000, "NOK")


def test_an_inactive_offering_is_the_agents_alone_to_see_and_nobody_books_it(office: Office) -> None:
    celebrity_id = office.engage()["id"]
    offering = office.offer(celebrity_id, active=False)

    assert office.shown(celebrity_id)["offerings"] == []
    (_, own) = office.call("GET", ROSTER).body["items"]
    assert own["offerings"] == [offering]
    wish = {"offering_id": offering["id"], "start": SLOT.isoformat(), "time_zone": "UTC"}
    assert office.world.request(wish).status == 404


def test_ids_of_offerings_name_their_celebrity_and_never_come_back(office: Office) -> None:
    celebrity_id = office.engage()["id"]
    seen = set()
    for version in range(1, 8, 2):
        offering_id = office.offer(celebrity_id)["id"]
        assert offering_id.startswith(f"off_{celebrity_id[4:]}")
        seen.add(offering_id)
        office.call("DELETE", OFFERING, at=version + 1, celebrity_id=celebrity_id, offering_id=offering_id)

    assert len(seen) == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "no"}, "country"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "Factory"}, "time_zone"),
        ({"languages": []}, "languages"),
        ({"languages": ["english"]}, "languages.0"),
        ({"languages": ["en", "en"]}, "languages"),
        ({"languages": ["EN"]}, "languages.0"),
        ({"category": "Pop Music"}, "category"),
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"bio": "x" * 4001}, "bio"),
        ({"media": ["http://media.greenroom.test/a.jpg"]}, "media.0"),
        ({"media": [f"{CDN}.evil.test/a.jpg"]}, "media.0"),
        ({"media": ["https://elsewhere.test/a.jpg"]}, "media.0"),
        ({"media": [f"{CDN}/../a.jpg"]}, "media.0"),
        ({"media": [f"{CDN}/a.jpg?x=1"]}, "media.0"),
        ({"media": [f"{CDN}/a.jpg", f"{CDN}/a.jpg"]}, "media"),
        ({"slug": "mine"}, "slug"),
        ({"agent_id": "usr_1"}, "agent_id"),
    ],
)
def test_a_celebrity_that_breaks_a_rule_is_refused_by_field(
    office: Office, change: dict[str, Any], field: str
) -> None:
    made = office.engage()
    answers = [
        office.call("POST", LIST, NEWCOMER | change),
        office.call("PATCH", ONE, change, at=1, celebrity_id=made["id"]),
    ]

    for answer in answers:
        assert (answer.status, answer.code) == (422, "invalid_request"), answer.text
        assert answer.fields == [field]
    assert office.shown(made["id"]) == made
    assert len(names(office)) == 2


def test_without_a_media_server_there_are_no_media() -> None:
    office = Office(World(MemoryDynamoDB()), cdn_url=None)

    assert office.call("POST", LIST, NEWCOMER | {"media": [f"{CDN}/a.jpg"]}).fields == ["media.0"]
    assert office.call("POST", LIST, NEWCOMER | {"media": []}).status == 201


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"duration_minutes": 31 * 24 * 60 + 1}, "invalid_request", "duration_minutes"),
        ({"duration_minutes": 31 * 24 * 60, "buffer_after_minutes": 1}, "too_long", "duration_minutes"),
        ({"duration_minutes": 0}, "invalid_request", "duration_minutes"),
        ({"slot_minutes": 0}, "invalid_request", "slot_minutes"),
        ({"buffer_before_minutes": -1}, "invalid_request", "buffer_before_minutes"),
        ({"minimum_notice_minutes": 365 * 24 * 60 + 1}, "invalid_request", "minimum_notice_minutes"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "invalid_request", "price.amount"),
        ({"price": {"amount": 10**12 + 1, "currency": "EUR"}}, "invalid_request", "price.amount"),
        ({"price": {"amount": 1, "currency": "XXX"}}, "invalid_request", "price.currency"),
        ({"deposit_share": 10_001}, "invalid_request", "deposit_share"),
        ({"mode": "auction"}, "invalid_request", "mode"),
        ({"kind": "Video Message"}, "invalid_request", "kind"),
        ({"title": " "}, "invalid_request", "title"),
        ({"id": "off_1"}, "invalid_request", "id"),
        (
            {"cancellation_policy": [{"days_before": 1, "refund_share": 10_001}]},
            "invalid_request",
            "cancellation_policy.0.refund_share",
        ),
        (
            {
                "cancellation_policy": [
                    {"days_before": 30, "refund_share": 1},
                    {"days_before": 1, "refund_share": 2},
                ]
            },
            "invalid_request",
            "cancellation_policy",
        ),
    ],
)
def test_an_offering_that_breaks_a_rule_is_refused_by_field(
    office: Office, change: dict[str, Any], code: str, field: str
) -> None:
    celebrity_id = office.engage()["id"]
    offering = office.offer(celebrity_id)
    answers = [
        office.call("POST", OFFERINGS, EVENING | change, celebrity_id=celebrity_id),
        office.call("PATCH", OFFERING, change, at=2, celebrity_id=celebrity_id, offering_id=offering["id"]),
    ]

    for answer in answers:
        assert (answer.status, answer.code, answer.fields) == (422, code, [field]), answer.text
    assert office.shown(celebrity_id)["offerings"] == [offering]


def test_a_policy_is_kept_with_the_earliest_tier_first(office: Office) -> None:
    tiers = [{"days_before": 1, "refund_share": 0}, {"days_before": 30, "refund_share": 10_000}]

    made = office.offer(office.engage()["id"], cancellation_policy=tiers)

    assert made["cancellation_policy"] == tiers[::-1]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", ONE, {"bio": "x"}),
        ("POST", OFFERINGS, EVENING),
        ("PATCH", OFFERING, {"title": "x"}),
        ("DELETE", OFFERING, None),
    ],
)
def test_another_agents_celebrity_looks_like_none(office: Office, method: str, path: str, body: Any) -> None:
    made = office.engage()
    offering = office.offer(made["id"])

    def ask(celebrity_id: str, offering_id: str) -> Any:
        more: Any = {"offering_id": offering_id} if path == OFFERING else {}
        answer = office.call(method, path, body, by=OTHER_AGENT, at="*", celebrity_id=celebrity_id, **more)
        return answer.status, answer.text

    foreign = ask(made["id"], offering["id"])
    nobody = "cel_00000000000000000000000000"

    assert foreign == ask(nobody, f"off_{nobody[4:]}01") == ask(made["slug"], offering["id"])
    assert foreign[0] == 404
    assert office.shown(made["id"])["offerings"] == [offering]


def test_an_offering_of_another_celebrity_is_not_this_ones(office: Office) -> None:
    one, other = office.engage(), office.engage()
    offering = office.offer(other["id"])

    answer = office.call("DELETE", OFFERING, at="*", celebrity_id=one["id"], offering_id=offering["id"])

    assert answer.status == 404
    assert office.shown(other["id"])["offerings"] == [offering]


@pytest.mark.parametrize("role", [Role.BUYER, Role.ADMIN])
def test_no_other_role_has_a_roster(office: Office, role: Role) -> None:
    who = Actor(role, AGENT.id)

    assert office.call("GET", ROSTER, by=who).code == "forbidden"
    assert office.call("POST", LIST, NEWCOMER, by=who).code == "forbidden"
    assert office.call("POST", LIST, NEWCOMER, by=None).code == "unauthenticated"


def test_a_roster_and_what_is_on_it_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_CELEBRITIES", 3)
    monkeypatch.setattr(rules, "MOST_OFFERINGS", 2)
    made = office.engage()
    office.engage()

    full = office.call("POST", LIST, NEWCOMER)
    for _ in range(2):
        office.offer(made["id"])
    crowded = office.call("POST", OFFERINGS, EVENING, celebrity_id=made["id"])
    monkeypatch.setattr(rules, "LARGEST_PROFILE", 2_000)
    heavy = office.call("PATCH", ONE, {"bio": "x" * 2_000}, at=3, celebrity_id=made["id"])

    for answer in (full, crowded, heavy):
        assert (answer.status, answer.code) == (409, "limit_reached")
    assert len(names(office)) == 3
    assert office.engage(by=OTHER_AGENT)["version"] == 1
    assert len(office.shown(made["id"])["offerings"]) == 2


def test_the_largest_page_fits_an_answer_and_the_largest_celebrity_an_item() -> None:
    assert 100 * rules.LARGEST_PROFILE < 6_000_000
    assert 8 * rules.LARGEST_PROFILE <= 400_000
