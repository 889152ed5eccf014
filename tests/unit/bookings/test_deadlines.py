"""Deadlines: they count by the clock at once, and none outlasts the engagement's start."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from greenroom.actors import CLOCK, PROVIDER, Actor
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, ClaimChange, PaymentState, Policy, State
from greenroom.bookings.refusals import Expired, IllegalTransition
from greenroom.bookings.terms import InvalidTerms
from greenroom.bookings.transitions import as_of, begin
from greenroom.calendar.intervals import Interval
from tests.unit.bookings.samples import (
    AGENT,
    BUYER,
    DAY,
    END,
    NOW,
    POLICY,
    START,
    after,
    book,
    booking,
    draft,
    offer,
    owed,
    payment,
    step,
    with_proposal,
)

TICK = timedelta(microseconds=1)
SOON = Interval(NOW + timedelta(minutes=5), NOW + timedelta(minutes=65))
OPEN = [State.REQUESTED, State.OFFERED, State.AWAITING_PAYMENT]
HELD_OPEN: list[tuple[State, actions.Action, Actor]] = [
    (State.REQUESTED, offer(), AGENT),
    (State.REQUESTED, actions.Decline(), AGENT),
    (State.OFFERED, offer(), BUYER),
    (State.OFFERED, actions.Accept(1), BUYER),
    (State.OFFERED, actions.Withdraw(), BUYER),
    (State.AWAITING_PAYMENT, actions.StartPayment(payment()), BUYER),
    (State.AWAITING_PAYMENT, actions.Withdraw(), BUYER),
]


def _deadline(before: Booking) -> datetime:
    assert before.deadline is not None
    return before.deadline


@pytest.mark.parametrize(("state", "action", "actor"), HELD_OPEN)
def test_an_open_booking_can_be_acted_upon_until_its_deadline_and_not_at_it(
    state: State, action: actions.Action, actor: Actor
) -> None:
    before = booking(state)

    assert step(before, action, actor, _deadline(before) - TICK).booking.version == before.version + 1
    for late in (_deadline(before), _deadline(before) + 30 * DAY):
        with pytest.raises(Expired):
            step(before, action, actor, late)


@pytest.mark.parametrize("state", OPEN)
def test_a_passed_deadline_shows_at_once_and_writes_nothing(state: State) -> None:
    before = booking(state)

    assert as_of(before, _deadline(before) - TICK) == before
    void = as_of(before, _deadline(before))

    assert void == replace(before, state=State.EXPIRED, turn=None, deadline=None)


@pytest.mark.parametrize("state", OPEN)
def test_the_clock_expires_a_booking_at_its_deadline_and_not_before(state: State) -> None:
    before = booking(state)

    with pytest.raises(IllegalTransition):
        step(before, actions.Expire(), CLOCK, _deadline(before) - TICK)
    outcome = step(before, actions.Expire(), CLOCK, _deadline(before))

    assert (outcome.booking.state, outcome.claim) == (State.EXPIRED, ClaimChange.RELEASE)
    assert (outcome.booking.deadline, outcome.booking.turn) == (None, None)


def test_an_expired_booking_refuses_its_sides_the_same_before_and_after_it_is_written_down() -> None:
    unswept = booking(State.OFFERED)
    swept = step(unswept, actions.Expire(), CLOCK, NOW + 10 * DAY).booking

    for state in (unswept, swept):
        with pytest.raises(Expired):
            step(state, actions.Accept(1), BUYER, NOW + 10 * DAY)


def test_each_wait_has_its_own_length() -> None:
    policy = Policy(
        hold=timedelta(minutes=1), answer=timedelta(minutes=2), pay=timedelta(minutes=3),
        offer_maximum=timedelta(minutes=4), reschedule_answer=timedelta(minutes=5),
    )  # fmt: skip
    offered = booking(State.OFFERED)
    proposal = actions.ProposeReschedule(start=START + DAY, time_zone="UTC")

    waits = [
        begin(book(), BUYER, NOW, policy),
        begin(actions.Request(draft=draft()), BUYER, NOW, policy),
        step(offered, actions.Accept(1), BUYER, policy=policy),
        step(offered, offer(), BUYER, policy=policy),
        step(booking(State.CONFIRMED), proposal, AGENT, policy=policy),
    ]

    assert [wait.booking.deadline for wait in waits] == [NOW + timedelta(minutes=n) for n in range(1, 6)]


def test_no_wait_outlasts_the_start() -> None:
    held = begin(book(interval=SOON), BUYER, NOW, POLICY)
    requested = begin(actions.Request(draft=draft(interval=SOON)), BUYER, NOW, POLICY)
    offered = step(requested.booking, offer(), AGENT)
    accepted = step(offered.booking, actions.Accept(1), BUYER)

    assert [each.booking.deadline for each in (held, requested, offered, accepted)] == [SOON.start] * 4


def test_an_offer_shows_the_time_until_which_it_can_really_be_accepted() -> None:
    far = step(booking(State.REQUESTED), offer(), AGENT).booking
    near = step(booking(State.REQUESTED, interval=SOON), offer(), AGENT).booking
    chosen = step(booking(State.REQUESTED), offer(expires_at=NOW + DAY), AGENT).booking

    for offered, until in ((far, NOW + 14 * DAY), (near, SOON.start), (chosen, NOW + DAY)):
        assert offered.terms
        assert offered.terms.expires_at == offered.deadline == until


@pytest.mark.parametrize("expires_at", [NOW - DAY, NOW, NOW + 14 * DAY + TICK])
def test_an_offer_expires_in_the_future_and_within_two_weeks(expires_at: datetime) -> None:
    with pytest.raises(InvalidTerms) as refused:
        step(booking(State.REQUESTED), offer(expires_at=expires_at), AGENT)

    assert refused.value.field == "expires_at"


def test_who_paid_too_late_is_confirmed_whether_or_not_the_sweeper_came_first() -> None:
    paying = booking(State.AWAITING_PAYMENT, payments=(payment(),))
    late = _deadline(paying) + DAY
    swept = step(paying, actions.Expire(), CLOCK, late).booking

    for before in (paying, swept):
        outcome = step(before, actions.Capture(payment().id), PROVIDER, late)
        assert (outcome.booking.state, outcome.claim) == (State.CONFIRMED, ClaimChange.TAKE)
        assert outcome.booking.deadline is None


@pytest.mark.parametrize("state", [State.AWAITING_PAYMENT, State.EXPIRED])
def test_a_payment_that_comes_at_the_start_or_later_goes_back(state: State) -> None:
    before = booking(state, payments=(payment(),))

    outcome = step(before, actions.Capture(payment().id), PROVIDER, START)

    assert (outcome.booking.state, outcome.claim) == (state, ClaimChange.KEEP)
    assert owed(outcome.booking.payments) == [25_000]
    assert outcome.booking.payments[0].state is PaymentState.CAPTURED


def test_an_engagement_is_completed_from_its_end_on() -> None:
    confirmed = booking(State.CONFIRMED)

    with pytest.raises(IllegalTransition):
        step(confirmed, actions.Complete(), AGENT, END - TICK)
    assert step(confirmed, actions.Complete(), AGENT, END).booking.state is State.COMPLETED


def test_an_engagement_can_be_called_off_until_its_end() -> None:
    confirmed = booking(State.CONFIRMED)

    assert step(confirmed, actions.Cancel(), BUYER, END - TICK).booking.state is State.CANCELLED
    with pytest.raises(IllegalTransition):
        step(confirmed, actions.Cancel(), BUYER, END)


def test_a_lapsed_proposal_is_gone_at_once_and_the_booking_stays_confirmed() -> None:
    proposed = with_proposal(booking(State.CONFIRMED))
    lapsed = _deadline(proposed)

    assert as_of(proposed, lapsed) == replace(proposed, proposal=None, turn=None, deadline=None)
    for answer in (actions.Accept(2), actions.DeclineReschedule()):
        with pytest.raises(Expired):
            step(proposed, answer, BUYER, lapsed)
    for action in (actions.Cancel(), actions.ProposeReschedule(start=START + DAY, time_zone="UTC")):
        assert step(proposed, action, BUYER, lapsed).booking.version == proposed.version + 1


def test_a_proposal_lapses_at_whichever_start_comes_first() -> None:
    confirmed = booking(State.CONFIRMED, interval=Interval(NOW + 5 * DAY, NOW + 5 * DAY + (END - START)))

    for start, lapses in ((NOW + 6 * DAY, NOW + 5 * DAY), (NOW + 2 * DAY, NOW + 2 * DAY)):
        action = actions.ProposeReschedule(start=start, time_zone="UTC")
        assert step(confirmed, action, AGENT).booking.deadline == lapses


def test_the_clock_drops_a_proposal_at_its_deadline_and_not_before() -> None:
    proposed = with_proposal(booking(State.CONFIRMED))

    with pytest.raises(IllegalTransition):
        step(proposed, actions.LapseReschedule(), CLOCK, _deadline(proposed) - TICK)
    dropped = step(proposed, actions.LapseReschedule(), CLOCK, _deadline(proposed)).booking

    assert (dropped.state, dropped.proposal, dropped.turn, dropped.deadline) == (
        State.CONFIRMED,
        None,
        None,
        None,
    )
    assert after(dropped, (AGENT, actions.Cancel())).state is State.CANCELLED
