"""A negotiation over the functions: offers and answers by both sides, each seeing what the other did."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from greenroom.actors import Actor, Role
from greenroom.bookings.model import Booking, State
from tests.service.bookings.truth import books
from tests.service.bookings.world import AGENT, DAY, HOUR, SLOT, Answer, World, buyer
from tests.support.faults import Overtaken

TERMS = {"fee": 120_000, "travel": 5_000, "deposit": 25_000, "currency": "EUR"}
ADMIN = Actor(Role.ADMIN, "usr_00000000000000000000000008")
STRANGERS = [buyer(2), Actor(Role.AGENT, "usr_00000000000000000000000007")]


def requested(world: World, **more: Any) -> Booking:
    return world.book(offering=3, **more)


def now(world: World, booking: Booking) -> Booking:
    return world.store.get(booking.id)


def offered(world: World, booking: Booking | None = None, by: Actor = AGENT, **changes: Any) -> Booking:
    booking = booking or requested(world)
    answer = world.act(booking, "offers", TERMS | changes, by=by)
    assert answer.status == 201, answer.text
    return now(world, booking)


def take(world: World, booking: Booking, deed: str, body: Any = None, *, by: Actor) -> Booking:
    answer = world.act(booking, deed, body, by=by)
    assert answer.status == 200, answer.text
    return now(world, booking)


def test_request_offer_counter_accept_pay_confirms(memory: World) -> None:
    booking = requested(memory)
    assert (booking.state, booking.turn) == (State.REQUESTED, Role.AGENT)

    first = memory.act(booking, "offers", TERMS | {"rider": "Still water"}, by=AGENT)
    second = memory.act(
        now(memory, booking),
        "offers",
        TERMS | {"fee": 100_000, "start": (SLOT + DAY).isoformat(), "message": "A day later?"},
        by=buyer(),
    )
    agreed = memory.act(now(memory, booking), "accept", {"terms_version": 2}, by=AGENT)
    _, payment = memory.pay(booking.id)
    memory.cashier.receive(memory.provider.pay(payment.id))

    assert [answer.status for answer in (first, second, agreed)] == [201, 201, 200]
    assert [answer.headers["ETag"] for answer in (first, second, agreed)] == ['"2"', '"3"', '"4"']
    assert first.headers["Location"] == f"/v1/bookings/{booking.id}/terms"
    assert (first.body["turn"], second.body["turn"], agreed.body["turn"]) == ("buyer", "agent", None)
    assert (first.body["terms"]["total"], first.body["terms"]["commission"]) == (125_000, 12_000)
    assert first.body["deadline"] == first.body["terms"]["expires_at"] == "2046-11-16T09:00:00Z"
    assert second.body["start"] == second.body["terms"]["start"] == "2046-12-02T18:00:00Z"
    assert (agreed.body["state"], agreed.body["deadline"]) == ("awaiting_payment", "2046-11-03T09:00:00Z")
    assert now(memory, booking).state is State.CONFIRMED
    books(memory).check()
    log = memory.call("GET", "/v1/bookings/{booking_id}/events", by=buyer(), booking_id=booking.id).body
    assert [event["type"] for event in log["items"]] == [
        "requested",
        "offered",
        "countered",
        "accepted",
        "payment_started",
        "confirmed",
    ]
    assert log["items"][2]["reason"] == "A day later?"


def test_every_version_of_the_terms_stays_as_it_was_written(memory: World) -> None:
    booking = offered(memory)
    booking = offered(memory, booking, by=buyer(), fee=100_000)
    take(memory, booking, "accept", {"terms_version": 2}, by=AGENT)

    for party in (buyer(), AGENT, ADMIN):
        listed = memory.call("GET", "/v1/bookings/{booking_id}/terms", by=party, booking_id=booking.id)
        assert [(t["version"], t["fee"], t["by"]) for t in listed.body["items"]] == [
            (1, 120_000, "agent"),
            (2, 100_000, "buyer"),
        ]


def test_terms_without_a_deposit_are_confirmed_at_once(memory: World) -> None:
    booking = offered(memory, deposit=0)

    answer = memory.act(booking, "accept", {"terms_version": 1}, by=buyer())

    assert (answer.body["state"], answer.body["deadline"]) == ("confirmed", None)
    books(memory).check()


def test_what_an_offer_leaves_out_is_not_part_of_it_but_for_refunds_and_time(memory: World) -> None:
    policy = [{"days_before": 10, "refund_share": 2_500}]
    first = offered(
        memory, rider="Still water", usage_rights="A year", exclusivity={"radius_km": 9, "days": 9}
    )
    assert first.terms
    assert [tier.days_before for tier in first.terms.cancellation_policy] == [30, 7]

    second = offered(memory, first, by=buyer(), cancellation_policy=policy)
    third = offered(memory, second, by=AGENT)

    assert third.terms
    assert (third.terms.rider, third.terms.usage_rights, third.terms.exclusivity) == ("", "", None)
    assert [(t.days_before, t.refund_share) for t in third.terms.cancellation_policy] == [(10, 2_500)]
    assert third.interval == first.interval
    none = offered(memory, third, by=buyer(), cancellation_policy=[])
    assert none.terms
    assert none.terms.cancellation_policy == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deposit": 125_001}, "deposit"),
        ({"fee": -1}, "fee"),
        ({"fee": 10**12 + 1}, "fee"),
        ({"fee": 10**12, "travel": -5}, "travel"),
        ({"fee": "1200"}, "fee"),
        ({"fee": 1200.5}, "fee"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"start": "2046-11-02T08:59:00Z"}, "start"),
        ({"start": "2046-11-02T09:00:00Z"}, "start"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "2047-03-31T02:30:00", "time_zone": "Europe/Paris"}, "start"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"expires_at": "2046-11-02T09:00:00Z"}, "expires_at"),
        ({"expires_at": "2046-11-16T09:01:00Z"}, "expires_at"),
        ({"rider": "x" * 4001}, "rider"),
        ({"rider": "\u202eevil"}, "rider"),
        ({"message": "two\nlines"}, "message"),
        ({"exclusivity": {"radius_km": 5, "days": 0}}, "exclusivity.days"),
        ({"exclusivity": {"radius_km": -1, "days": 1}}, "exclusivity.radius_km"),
        (
            {"cancellation_policy": [{"days_before": 1, "refund_share": 10_001}]},
            "cancellation_policy.0.refund_share",
        ),
        (
            {
                "cancellation_policy": [
                    {"days_before": 9, "refund_share": 0},
                    {"days_before": 1, "refund_share": 5_000},
                ]
            },
            "cancellation_policy",
        ),
        ({"commission": 1}, "commission"),
        ({"total": 1}, "total"),
        ({"version": 1}, "version"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused_by_name_and_nothing_is_written(
    memory: World, changes: dict[str, Any], field: str
) -> None:
    booking = requested(memory)
    before = memory.items()

    answer = memory.act(booking, "offers", TERMS | changes, by=AGENT)

    assert (answer.status, answer.fields) == (422, [field])
    assert memory.items() == before


WRONG: list[tuple[str, str, Any, Actor, int, str]] = [
    ("requested", "offers", TERMS, buyer(), 409, "not_your_turn"),
    ("requested", "accept", {"terms_version": 1}, buyer(), 409, "illegal_transition"),
    ("offered", "offers", TERMS, AGENT, 409, "not_your_turn"),
    ("offered", "accept", {"terms_version": 1}, AGENT, 409, "not_your_turn"),
    ("offered", "accept", {"terms_version": 2}, buyer(), 409, "terms_changed"),
    ("offered", "cancel", None, buyer(), 409, "illegal_transition"),
    ("offered", "complete", None, AGENT, 409, "illegal_transition"),
    ("offered", "decline", None, buyer(), 403, "forbidden"),
    ("offered", "withdraw", None, AGENT, 403, "forbidden"),
    ("offered", "offers", TERMS, ADMIN, 403, "forbidden"),
    ("offered", "accept", {"terms_version": 1}, ADMIN, 403, "forbidden"),
    ("confirmed", "offers", TERMS, AGENT, 409, "illegal_transition"),
    ("confirmed", "decline", None, AGENT, 409, "illegal_transition"),
    ("confirmed", "withdraw", None, buyer(), 409, "illegal_transition"),
    ("confirmed", "complete", None, AGENT, 409, "illegal_transition"),
    ("confirmed", "complete", None, buyer(), 403, "forbidden"),
    ("confirmed", "accept", {"terms_version": 1}, buyer(), 409, "illegal_transition"),
    ("confirmed", "reschedule/decline", None, buyer(), 409, "illegal_transition"),
    (
        "requested",
        "reschedule",
        {"start": "2046-12-05T18:00", "time_zone": "UTC"},
        AGENT,
        409,
        "illegal_transition",
    ),
]


@pytest.mark.parametrize(("state", "deed", "body", "by", "status", "code"), WRONG)
def test_a_step_by_the_wrong_side_or_at_the_wrong_moment_changes_nothing(
    memory: World, state: str, deed: str, body: Any, by: Actor, status: int, code: str
) -> None:
    begin: dict[str, Callable[[World], Booking]] = {
        "requested": requested,
        "offered": offered,
        "confirmed": lambda world: world.confirmed(),
    }
    booking = begin[state](memory)
    before = memory.items()

    answer = memory.act(booking, deed, body, by=by)

    assert (answer.status, answer.code) == (status, code)
    assert memory.items() == before


DEEDS = {
    "offers": TERMS,
    "accept": {"terms_version": 1},
    "decline": {},
    "withdraw": {},
    "reschedule": {"start": "2046-12-05T18:00", "time_zone": "UTC"},
    "reschedule/decline": {},
    "cancel": {},
    "complete": {},
}


@pytest.mark.parametrize("deed", DEEDS)
def test_to_strangers_a_booking_does_not_exist(memory: World, deed: str) -> None:
    booking = offered(memory)

    for stranger in STRANGERS:
        answer = memory.act(booking, deed, DEEDS[deed], by=stranger)
        assert answer.code in {"not_found", "forbidden"}
        assert answer.status == (403 if answer.code == "forbidden" else 404)
    assert now(memory, booking) == booking


@pytest.mark.parametrize("deed", DEEDS)
def test_no_step_without_the_version_that_is_known_and_none_on_an_old_one(memory: World, deed: str) -> None:
    booking = offered(memory)
    by = AGENT if deed in {"decline", "complete"} else buyer()
    path = f"/v1/bookings/{{booking_id}}/{deed}"

    without = memory.call("POST", path, DEEDS[deed], by=by, booking_id=booking.id)
    stale = memory.act(booking, deed, DEEDS[deed], by=by, **{"If-Match": '"1"'})
    weak = memory.act(booking, deed, DEEDS[deed], by=by, **{"If-Match": f'W/"{booking.version}"'})

    assert (without.status, without.code) == (428, "precondition_required")
    assert (stale.status, stale.code) == (weak.status, weak.code) == (412, "precondition_failed")
    assert now(memory, booking) == booking


@pytest.mark.parametrize(
    ("deed", "body", "by"),
    [("accept", {"terms_version": 1}, buyer()), ("offers", TERMS, buyer()), ("decline", None, AGENT)],
)
def test_after_the_deadline_an_offer_is_void_before_and_after_the_sweeper(
    memory: World, deed: str, body: Any, by: Actor
) -> None:
    booking = offered(memory)
    memory.clock.advance(timedelta(days=14))

    before = memory.act(booking, deed, body, by=by)
    memory.desk.expire(booking.id)
    after = memory.act(now(memory, booking), deed, body, by=by)

    assert (before.status, before.code) == (after.status, after.code) == (409, "expired")


def test_an_offer_for_a_time_that_is_taken_changes_nothing_and_keeps_the_old_time(memory: World) -> None:
    booking = offered(memory)
    rival = memory.book(SLOT + DAY)
    before = memory.items()

    answer = memory.act(booking, "offers", TERMS | {"start": rival.interval.start.isoformat()}, by=buyer())

    assert (answer.status, answer.code) == (409, "slot_taken")
    assert memory.items() == before


def test_a_counter_for_another_time_frees_the_old_one_in_the_same_step(memory: World) -> None:
    booking = offered(memory)
    assert memory.request(memory.wish(), by=2).code == "slot_taken"

    offered(memory, booking, by=buyer(), start=(SLOT + 5 * DAY).isoformat())

    assert memory.request(memory.wish(), by=2).status == 201
    assert memory.request(memory.wish(SLOT + 5 * DAY), by=3).code == "slot_taken"
    books(memory).check()


@pytest.mark.parametrize(
    ("deed", "by", "state"), [("decline", AGENT, "declined"), ("withdraw", buyer(), "withdrawn")]
)
@pytest.mark.parametrize("start", [requested, offered])
def test_who_says_no_frees_the_time_and_says_why(
    memory: World, start: Any, deed: str, by: Actor, state: str
) -> None:
    booking = start(memory)

    answer = memory.act(booking, deed, {"reason": "Another plan"}, by=by)

    assert (answer.status, answer.body["state"], answer.body["turn"]) == (200, state, None)
    assert memory.request(memory.wish(), by=2).status == 201
    books(memory).check()


def test_an_agreed_other_time_moves_the_engagement_and_a_refused_one_does_not(memory: World) -> None:
    booking = memory.confirmed()
    later = {"start": "2046-12-05T19:00", "time_zone": "Europe/Madrid", "reason": "Strike"}
    booking = take(memory, booking, "reschedule", later, by=AGENT)
    assert booking.proposal
    assert booking.turn is Role.BUYER
    booking = take(memory, booking, "reschedule/decline", {"reason": "No"}, by=buyer())
    assert (booking.proposal, booking.interval.start) == (None, SLOT)

    booking = take(memory, booking, "reschedule", later, by=buyer())
    moved = memory.act(booking, "accept", {"terms_version": 3}, by=AGENT)

    assert (moved.status, moved.body["start"]) == (200, "2046-12-05T18:00:00Z")
    assert (moved.body["time_zone"], moved.body["terms"]["version"]) == ("Europe/Madrid", 3)
    assert memory.request(memory.wish(), by=2).status == 201
    books(memory).check()


def test_another_time_that_is_taken_meanwhile_leaves_all_as_it_was(memory: World) -> None:
    booking = memory.confirmed()
    later = {"start": "2046-12-05T18:00", "time_zone": "UTC"}
    booking = take(memory, booking, "reschedule", later, by=AGENT)
    memory.book(SLOT + 4 * DAY)
    before = memory.items()

    answer = memory.act(booking, "accept", {"terms_version": 2}, by=buyer())

    assert (answer.status, answer.code) == (409, "slot_taken")
    assert memory.items() == before


@pytest.mark.parametrize(
    ("by", "days", "refund", "tier"),
    [
        (buyer(), 29, 12_500, {"days_before": 7, "refund_share": 5_000}),
        (buyer(), 2, 25_000, None),
        (buyer(), 27, 12_500, {"days_before": 7, "refund_share": 5_000}),
        (AGENT, 29, 25_000, None),
        (ADMIN, 29, 12_500, {"days_before": 7, "refund_share": 5_000}),
    ],
)
def test_the_refund_is_shown_before_and_is_what_a_cancellation_then_returns(
    memory: World, by: Actor, days: int, refund: int, tier: Any
) -> None:
    booking = memory.confirmed(SLOT if days != 2 else memory.clock() + 2 * DAY)
    if days != 2:
        memory.clock.now = SLOT - days * DAY
    else:
        refund = 0

    shown = memory.call("GET", "/v1/bookings/{booking_id}/refund-preview", by=by, booking_id=booking.id)
    done = memory.act(booking, "cancel", {"reason": "Rain"}, by=by)

    assert shown.body == {"refund": {"amount": refund, "currency": "EUR"}, "tier": tier}
    assert (done.status, done.body["state"]) == (200, "cancelled")
    assert done.body["refund"] == shown.body["refund"]
    assert done.body["payments"][0]["refund_due"]["amount"] == refund
    books(memory).check()


@pytest.mark.parametrize("start", [requested, offered])
def test_what_is_not_confirmed_has_no_refund_to_show(memory: World, start: Any) -> None:
    booking = start(memory)

    answer = memory.call("GET", "/v1/bookings/{booking_id}/refund-preview", by=buyer(), booking_id=booking.id)

    assert (answer.status, answer.code) == (409, "illegal_transition")


def test_an_engagement_is_completed_once_it_is_over(memory: World) -> None:
    booking = memory.confirmed()
    memory.clock.now = booking.interval.end - timedelta(seconds=1)
    early = memory.act(booking, "complete", by=AGENT)
    memory.clock.now = booking.interval.end

    done = memory.act(booking, "complete", by=AGENT)

    assert (early.status, early.code) == (409, "illegal_transition")
    assert (done.status, done.body["state"]) == (200, "completed")


def warnings(answer: Answer) -> list[tuple[str, int, bool]]:
    return [(found["booking_id"], found["days"], found["own"]) for found in answer.body["warnings"]]


def test_the_agent_is_warned_of_engagements_that_exclusivity_is_about_and_the_buyer_is_not(
    memory: World,
) -> None:
    first = offered(memory, exclusivity={"radius_km": 100, "days": 10})
    first = take(memory, first, "accept", {"terms_version": 1}, by=buyer())
    rival = requested(memory, start=SLOT + 9 * DAY, by=2)

    from_the_other = memory.act(rival, "offers", TERMS, by=AGENT)
    countered = memory.act(
        now(memory, rival), "offers", TERMS | {"exclusivity": {"radius_km": 1, "days": 30}}, by=buyer(2)
    )
    from_both = memory.act(
        now(memory, rival), "offers", TERMS | {"exclusivity": {"radius_km": 1, "days": 30}}, by=AGENT
    )

    assert warnings(from_the_other) == [(first.id, 10, False)]
    assert (countered.status, countered.body["warnings"]) == (201, [])
    assert warnings(from_both) == [(first.id, 30, True), (first.id, 10, False)]


def test_engagements_far_off_or_not_agreed_warn_of_nothing(memory: World) -> None:
    offered(memory, exclusivity={"radius_km": 100, "days": 10})
    far = offered(
        memory, requested(memory, start=SLOT + 40 * DAY, by=3), exclusivity={"radius_km": 1, "days": 5}
    )
    take(memory, far, "accept", {"terms_version": 1}, by=buyer(3))

    answer = memory.act(requested(memory, start=SLOT + 6 * DAY, by=2), "offers", TERMS, by=AGENT)

    assert (answer.status, warnings(answer)) == (201, [])


@pytest.mark.parametrize("role", [Role.BUYER, Role.ADMIN])
def test_who_is_an_agent_no_more_does_nothing_in_an_agents_place(memory: World, role: Role) -> None:
    former = Actor(role, AGENT.id)
    countered = offered(memory, offered(memory), by=buyer())
    confirmed = memory.confirmed(SLOT + 5 * DAY)
    before = memory.items()

    answers = [
        memory.act(countered, "accept", {"terms_version": 2}, by=former),
        memory.act(countered, "offers", TERMS, by=former),
        memory.act(confirmed, "reschedule", {"start": SLOT.isoformat(), "time_zone": "UTC"}, by=former),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "forbidden")] * 3
    assert memory.items() == before
    memory.clock.now = SLOT - DAY
    cancelled = memory.act(confirmed, "cancel", by=former)
    if role is Role.ADMIN:
        # As any admin: by the policy, by which nothing goes back so late, and not as an agent, whole.
        assert (cancelled.status, cancelled.body["refund"]["amount"]) == (200, 0)
    else:
        assert (cancelled.status, cancelled.code) == (403, "forbidden")
        assert memory.items() == before


def test_a_race_over_a_day_is_decided_anew_and_one_over_the_booking_is_lost(memory: World) -> None:
    """Somebody else's booking on the same day is no reason to refuse; somebody else's answer is."""
    booking = offered(memory)

    def neighbour() -> None:
        memory.book(SLOT + 8 * HOUR, by=7)

    def rival() -> None:
        memory.act(booking, "withdraw", by=buyer())

    for overtaken_by, expected in ((neighbour, (201, None)), (rival, (412, "precondition_failed"))):
        booking = now(memory, booking)
        world = memory.over(dynamodb=Overtaken(memory.dynamodb, overtaken_by))
        answer = world.act(booking, "offers", TERMS, by=buyer() if expected[1] is None else AGENT)
        assert (answer.status, answer.body.get("code")) == expected
    assert now(memory, booking).state is State.WITHDRAWN
    books(memory).check()
