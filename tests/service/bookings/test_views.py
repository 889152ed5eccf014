"""What the sides of a booking see of it, as it stands now; and what nobody else sees."""

from datetime import timedelta
from typing import Any

import pytest

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from tests.service.bookings.world import (
    AGENT,
    AGENT_ID,
    DAY,
    HOLD,
    HOUR,
    SLOT,
    Answer,
    World,
    buyer,
)

ONE = "/v1/bookings/{booking_id}"
ADMIN = Actor(Role.ADMIN, "usr_00000000000000000000000008")
STRANGERS = [buyer(2), Actor(Role.AGENT, "usr_00000000000000000000000007")]


def show(world: World, booking_id: str, by: Actor, path: str = ONE, **more: Any) -> Answer:
    return world.call("GET", path, by=by, booking_id=booking_id, **more)


def listed(world: World, by: Actor, **query: str) -> Answer:
    return world.call("GET", "/v1/bookings", by=by, query={key: [value] for key, value in query.items()})


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [item["id"] for item in answer.body["items"]]


@pytest.mark.parametrize("path", [ONE, f"{ONE}/events", f"{ONE}/calendar.ics"])
def test_strangers_see_of_a_booking_what_they_see_of_none(memory: World, path: str) -> None:
    booking = memory.confirmed()

    for stranger in STRANGERS:
        foreign = show(memory, booking.id, stranger, path)
        missing = show(memory, "bkg_00000000000000000000000000", stranger, path)
        assert (foreign.status, foreign.text) == (missing.status, missing.text)
        assert (foreign.status, foreign.code) == (404, "not_found")
    for party in (buyer(), AGENT, ADMIN):
        assert show(memory, booking.id, party, path).status == 200


def test_only_the_buyer_gets_the_secret_to_pay_with(memory: World) -> None:
    booking, payment = memory.pay(memory.book().id)

    secrets = [
        show(memory, booking.id, party).body["payments"][0]["client_secret"]
        for party in (buyer(), AGENT, ADMIN)
    ]

    assert secrets == [payment.client_secret.get_secret_value(), None, None]


def test_an_agent_whose_role_became_buyer_cannot_pay_for_the_roster_s_bookings(memory: World) -> None:
    booking = memory.book()

    answer = memory.call(
        "POST",
        f"{ONE}/payments",
        {"kind": "deposit"},
        by=Actor(Role.BUYER, AGENT_ID),
        headers={"Idempotency-Key": "k"},
        booking_id=booking.id,
    )

    assert (answer.status, answer.code) == (404, "not_found")
    assert memory.provider.asked == {}


def test_a_booking_is_shown_expired_the_moment_its_deadline_passes(memory: World) -> None:
    booking = memory.book()
    held = show(memory, booking.id, buyer())
    memory.clock.advance(HOLD)

    void = show(memory, booking.id, buyer(), headers={"If-None-Match": held.headers["ETag"]})

    assert (held.body["state"], held.body["deadline"]) == ("awaiting_payment", "2046-11-02T09:15:00Z")
    assert (void.status, void.body["state"], void.body["deadline"]) == (200, "expired", None)
    assert void.headers["ETag"] == held.headers["ETag"] == '"1"'
    assert ids(listed(memory, buyer(), state="expired")) == [booking.id]
    assert ids(listed(memory, buyer(), state="awaiting_payment")) == []


def test_a_caller_who_has_the_current_version_is_told_so(memory: World) -> None:
    booking = memory.confirmed()
    tag = show(memory, booking.id, buyer()).headers["ETag"]

    same = show(memory, booking.id, buyer(), headers={"If-None-Match": tag})
    older = show(memory, booking.id, buyer(), headers={"If-None-Match": '"1"'})

    assert (same.status, same.text, same.headers["ETag"]) == (304, "", '"3"')
    assert older.status == 200


def test_a_proposal_that_lapsed_is_not_kept_alive_by_a_caller_s_copy(memory: World) -> None:
    booking = memory.confirmed()
    memory.desk.apply(booking.id, actions.ProposeReschedule(start=SLOT + DAY, time_zone="UTC"), AGENT)
    proposed = show(memory, booking.id, buyer())
    copy = {"If-None-Match": proposed.headers["ETag"]}
    assert show(memory, booking.id, buyer(), headers=copy).status == 304
    memory.clock.advance(8 * DAY)

    lapsed = show(memory, booking.id, buyer(), headers=copy)

    assert (proposed.body["proposal"]["start"], proposed.body["turn"]) == ("2046-12-02T18:00:00Z", "buyer")
    assert (lapsed.status, lapsed.body["proposal"], lapsed.body["turn"]) == (200, None, None)


def test_the_log_tells_everything_in_order_and_no_secret(memory: World) -> None:
    booking = memory.confirmed()

    log = show(memory, booking.id, AGENT, f"{ONE}/events")

    events = log.body["items"]
    assert [event["type"] for event in events] == ["booked", "payment_started", "confirmed"]
    assert [event["version"] for event in events] == [1, 2, 3]
    assert [event["actor"]["role"] for event in events] == ["buyer", "buyer", "provider"]
    assert [event["changes"].get("state") for event in events] == ["awaiting_payment", None, "confirmed"]
    assert len({event["id"] for event in events}) == 3
    assert "secret" not in log.text


def test_the_engagement_comes_as_a_calendar_file(memory: World) -> None:
    booking = memory.confirmed()

    answer = show(memory, booking.id, buyer(), f"{ONE}/calendar.ics")

    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{booking.id}.ics"'
    assert "BEGIN:VEVENT" in answer.text


@pytest.fixture
def many(memory: World) -> tuple[World, list[str]]:
    """Seven bookings of one buyer by start, two days apart, every other one void; and one of another's."""
    every = [
        memory.book(SLOT + 2 * number * DAY + number * HOUR, offering=4 if number % 2 else 1).id
        for number in range(7)
    ]
    memory.book(SLOT + DAY, by=2)
    memory.clock.advance(HOLD)
    return memory, every


def test_a_buyer_sees_his_bookings_an_agent_the_roster_s_and_an_admin_his_own_none(
    many: tuple[World, list[str]],
) -> None:
    world, mine = many

    assert ids(listed(world, buyer())) == mine
    assert len(ids(listed(world, AGENT))) == 8
    assert ids(listed(world, AGENT, role="buyer")) == ids(listed(world, buyer(), role="agent")) == []
    assert ids(listed(world, ADMIN)) == []


@pytest.mark.parametrize("limit", ["1", "2", "3", "7"])
@pytest.mark.parametrize("state", [None, "expired", "confirmed", "requested"])
def test_all_pages_together_are_the_whole_list(
    many: tuple[World, list[str]], limit: str, state: str | None
) -> None:
    world, _ = many
    filters = {"state": state} if state else {}
    whole = ids(listed(world, buyer(), **filters))

    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(8):
        page = listed(world, buyer(), limit=limit, **filters, **cursor)
        assert len(ids(page)) <= int(limit)
        found += ids(page)
        if page.body["next_cursor"] is None:
            break
        cursor = {"cursor": page.body["next_cursor"]}

    assert found == whole
    assert len(whole) == {None: 7, "expired": 4, "confirmed": 3, "requested": 0}[state]


def test_an_agent_finds_what_waits_for_him_and_what_is_about_to_lapse(memory: World) -> None:
    held = memory.book(SLOT)
    asked = memory.book(SLOT + DAY, offering=3)
    answered = memory.book(SLOT + 2 * DAY, offering=3, by=2)
    offer = actions.Offer(fee=1, deposit=0, currency="EUR")
    memory.desk.apply(answered.id, offer, AGENT)

    assert ids(listed(memory, AGENT, turn="agent")) == [asked.id]
    assert ids(listed(memory, AGENT, turn="buyer")) == [answered.id]
    assert ids(listed(memory, AGENT, deadline_before="2046-11-03")) == [held.id]
    assert ids(listed(memory, AGENT, deadline_before="2046-11-10", turn="agent")) == [asked.id]
    assert ids(listed(memory, AGENT, deadline_before="2046-11-09")) == [held.id]
    memory.clock.advance(8 * DAY)
    assert ids(listed(memory, AGENT, turn="agent")) == []


def test_what_is_left_to_pay_and_until_when_is_shown_while_there_is_any(memory: World) -> None:
    booking = memory.confirmed()
    due = show(memory, booking.id, buyer()).body["balance_due"]
    _, payment = memory.pay(booking.id, "balance")
    memory.cashier.receive(memory.provider.pay(payment.id))

    assert due == {"amount": {"amount": 75_000, "currency": "EUR"}, "due_at": "2046-11-17T18:00:00Z"}
    assert show(memory, booking.id, buyer()).body["balance_due"] is None
    assert show(memory, memory.book(SLOT + DAY).id, buyer()).body["balance_due"] is None


def test_dates_bound_the_list_by_the_start_both_included(many: tuple[World, list[str]]) -> None:
    world, mine = many

    assert ids(listed(world, buyer(), **{"from": "2046-12-03"})) == mine[1:]
    assert ids(listed(world, buyer(), to="2046-12-03")) == mine[:2]
    assert ids(listed(world, buyer(), **{"from": "2046-12-03", "to": "2046-12-03"})) == [mine[1]]


@pytest.mark.parametrize(
    ("query", "status", "code", "fields"),
    [
        ({"from": "2046-12-03", "to": "2046-12-02"}, 422, "invalid_request", ["to"]),
        ({"from": "yesterday"}, 422, "invalid_request", ["from"]),
        ({"limit": "0"}, 422, "invalid_request", ["limit"]),
        ({"limit": "101"}, 422, "invalid_request", ["limit"]),
        ({"state": "gone"}, 422, "invalid_request", ["state"]),
        ({"turn": "admin"}, 422, "invalid_request", ["turn"]),
        ({"deadline_before": "soon"}, 422, "invalid_request", ["deadline_before"]),
        ({"role": "admin"}, 422, "invalid_request", ["role"]),
        ({"page": "2"}, 422, "invalid_request", ["page"]),
        ({"cursor": "bm90IG91cnM"}, 400, "invalid_cursor", []),
    ],
)
def test_a_wrong_query_is_refused_by_name(
    memory: World, query: dict[str, str], status: int, code: str, fields: list[str]
) -> None:
    answer = listed(memory, buyer(), **query)

    assert (answer.status, answer.code, answer.fields) == (status, code, fields)


def test_a_cursor_is_good_for_its_caller_and_its_query_only(many: tuple[World, list[str]]) -> None:
    world, mine = many
    cursor = listed(world, buyer(), limit="2").body["next_cursor"]

    assert ids(listed(world, buyer(), cursor=cursor, limit="3")) == mine[2:5]
    for answer in (
        listed(world, buyer(2), cursor=cursor),
        listed(world, buyer(), cursor=cursor, state="expired"),
        listed(world, buyer(), cursor=cursor[:-2] + "AA"),
    ):
        assert (answer.status, answer.code) == (400, "invalid_cursor")


def test_a_rare_state_is_looked_for_in_bounded_steps(memory: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenroom.bookings.inbox._PAGE", 2)
    monkeypatch.setattr("greenroom.bookings.inbox._MOST_PAGES", 2)
    late = [memory.book(SLOT + number * timedelta(hours=4), offering=4).id for number in range(7)][-1]
    memory.desk.apply(late, actions.Cancel(), buyer())

    first = listed(memory, buyer(), state="cancelled")
    second = listed(memory, buyer(), state="cancelled", cursor=first.body["next_cursor"])

    assert (ids(first), ids(second), second.body["next_cursor"]) == ([], [late], None)
