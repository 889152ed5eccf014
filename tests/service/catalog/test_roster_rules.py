"""What celebrities and offerings may be, over the API: refused by field, and bounded."""

from typing import Any

import pytest

from greenroom.actors import Actor
from greenroom.catalog import changes, rules
from tests.service.bookings.world import AGENT, World
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
from tests.support.memory_dynamodb import MemoryDynamoDB


@pytest.fixture
def office() -> Office:
    return Office(World(MemoryDynamoDB()))


def names(office: Office, by: Actor = AGENT) -> list[str]:
    return [item["name"] for item in office.call("GET", ROSTER, by=by).body["items"]]


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
        ({"price": {"amount": 1_005, "currency": "KWD"}}, "invalid_request", "price.amount"),
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
