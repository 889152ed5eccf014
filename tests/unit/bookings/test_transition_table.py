"""Who may do what in which state: every state, every action, every role, and nothing besides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

import pytest

from greenroom.actors import Role
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, ClaimChange, EventType, PaymentKind, State
from greenroom.bookings.outcomes import Outcome
from greenroom.bookings.refusals import Expired, IllegalTransition, NotYourTurn, WrongSide
from greenroom.bookings.transitions import begin
from greenroom.refusals import Refusal
from tests.unit.bookings.samples import (
    ACTORS,
    DAY,
    END,
    NOW,
    OTHER_SIDE,
    PAID,
    POLICY,
    START,
    book,
    booking,
    draft,
    offer,
    payment,
    refunded,
    step,
    with_proposal,
)

S, E, R = State, EventType, Role
KEEP, TAKE, RELEASE = ClaimChange.KEEP, ClaimChange.TAKE, ClaimChange.RELEASE
BUYER, AGENT, SIDES, PARTIES = {R.BUYER}, {R.AGENT}, {R.BUYER, R.AGENT}, {R.BUYER, R.AGENT, R.ADMIN}
ADMIN = {R.ADMIN}
PROVIDER, CLOCK = {R.PROVIDER}, {R.CLOCK}
OPEN = (S.REQUESTED, S.OFFERED, S.AWAITING_PAYMENT)


@dataclass(frozen=True)
class Row:
    """One line of the table: a state, an action, who may, and what it comes to."""

    state: State
    action: type
    who: set[Role]
    to: State
    event: EventType
    claim: ClaimChange


def _rows() -> Iterator[Row]:
    yield Row(S.REQUESTED, actions.Offer, AGENT, S.OFFERED, E.OFFERED, TAKE)
    yield Row(S.OFFERED, actions.Offer, SIDES, S.OFFERED, E.COUNTERED, TAKE)
    yield Row(S.OFFERED, actions.Accept, SIDES, S.AWAITING_PAYMENT, E.ACCEPTED, TAKE)
    for state in OPEN:
        yield Row(state, actions.Decline, AGENT, S.DECLINED, E.DECLINED, RELEASE)
        yield Row(state, actions.Withdraw, BUYER, S.WITHDRAWN, E.WITHDRAWN, RELEASE)
        yield Row(state, actions.Expire, CLOCK, S.EXPIRED, E.EXPIRED, RELEASE)
    for state in (S.AWAITING_PAYMENT, S.CONFIRMED, S.COMPLETED):
        yield Row(state, actions.StartPayment, BUYER, state, E.PAYMENT_STARTED, KEEP)
    yield Row(S.CONFIRMED, actions.ProposeReschedule, SIDES, S.CONFIRMED, E.RESCHEDULE_PROPOSED, KEEP)
    yield Row(S.CONFIRMED, actions.Accept, SIDES, S.CONFIRMED, E.RESCHEDULED, TAKE)
    yield Row(S.CONFIRMED, actions.DeclineReschedule, SIDES, S.CONFIRMED, E.RESCHEDULE_DECLINED, KEEP)
    yield Row(S.CONFIRMED, actions.LapseReschedule, CLOCK, S.CONFIRMED, E.RESCHEDULE_LAPSED, KEEP)
    yield Row(S.CONFIRMED, actions.Cancel, PARTIES, S.CANCELLED, E.CANCELLED, RELEASE)
    yield Row(S.CONFIRMED, actions.Complete, AGENT, S.COMPLETED, E.COMPLETED, RELEASE)
    for state in set(S) - set(OPEN):
        yield Row(state, actions.Erase, CLOCK, state, E.ERASED, KEEP)
    for state in S:
        # Money may come at any time; where it has no use it goes back and nothing else changes.
        yield Row(state, actions.FailPayment, PROVIDER, state, E.PAYMENT_FAILED, KEEP)
        yield Row(state, actions.ReturnCapture, PROVIDER, state, E.PAYMENT_RETURNED, KEEP)
        yield Row(state, actions.SettleRefund, PROVIDER, state, E.REFUNDED, KEEP)
        yield Row(state, actions.VoidPayment, CLOCK, state, E.PAYMENT_VOIDED, KEEP)
        yield Row(state, actions.OrderRefund, ADMIN, state, E.REFUND_ORDERED, KEEP)
        yield Row(state, actions.OpenDispute, PROVIDER, state, E.PAYMENT_DISPUTED, KEEP)
        yield Row(state, actions.CloseDispute, PROVIDER, state, E.DISPUTE_CLOSED, KEEP)
        if state in (S.AWAITING_PAYMENT, S.EXPIRED):
            yield Row(state, actions.Capture, PROVIDER, S.CONFIRMED, E.CONFIRMED, TAKE)
        elif state in (S.CONFIRMED, S.COMPLETED):
            yield Row(state, actions.Capture, PROVIDER, state, E.BALANCE_CAPTURED, KEEP)
        else:
            yield Row(state, actions.Capture, PROVIDER, state, E.PAYMENT_RETURNED, KEEP)


TABLE = {(row.state, row.action): row for row in _rows()}
EVER = {
    action: {role for row in TABLE.values() if row.action is action for role in row.who}
    for _, action in TABLE
}
CONTINUING = [action for action in get_args(actions.Action) if action not in (actions.Request, actions.Book)]
PERSONAL = {actions.Offer, actions.Accept, actions.Decline, actions.Withdraw, actions.StartPayment}
PERSONAL |= {actions.ProposeReschedule, actions.DeclineReschedule, actions.Cancel, actions.Complete}


@dataclass(frozen=True)
class Attempt:
    """An action with everything in its favour but, perhaps, the state and the role."""

    before: Booking
    action: actions.Action
    now: datetime = NOW


def _attempt(state: State, action: type, role: Role) -> Attempt:
    before = booking(state)
    kind = PaymentKind.BALANCE if state in (S.CONFIRMED, S.COMPLETED) else PaymentKind.DEPOSIT
    pending = payment(kind, number=2)
    paying = replace(before, payments=(*before.payments, pending))
    after_deadline = (before.deadline or NOW) + DAY
    made: dict[type, Callable[[], Attempt]] = {
        actions.Offer: lambda: Attempt(_at_turn(before, role), offer()),
        actions.Accept: lambda: _acceptable(before, role),
        actions.Decline: lambda: Attempt(before, actions.Decline("no")),
        actions.Withdraw: lambda: Attempt(before, actions.Withdraw("no")),
        actions.Expire: lambda: Attempt(before, actions.Expire(), after_deadline),
        actions.StartPayment: lambda: Attempt(before, actions.StartPayment(pending)),
        actions.Capture: lambda: Attempt(paying, actions.Capture(pending.id)),
        actions.ReturnCapture: lambda: Attempt(paying, actions.ReturnCapture(pending.id, "no")),
        actions.FailPayment: lambda: Attempt(paying, actions.FailPayment(pending.id)),
        actions.VoidPayment: lambda: Attempt(paying, actions.VoidPayment(pending.id)),
        actions.OrderRefund: lambda: Attempt(replace(before, payments=(PAID,)), actions.OrderRefund(100)),
        actions.OpenDispute: lambda: Attempt(replace(before, payments=(PAID,)), actions.OpenDispute(PAID.id)),
        actions.CloseDispute: lambda: Attempt(
            replace(before, payments=(PAID,)), actions.CloseDispute(PAID.id, won=False)
        ),
        actions.SettleRefund: lambda: Attempt(
            replace(before, payments=(refunded(PAID, due=100),)), actions.SettleRefund(PAID.id, 0)
        ),
        actions.ProposeReschedule: lambda: Attempt(
            before, actions.ProposeReschedule(start=START + DAY, time_zone="UTC")
        ),
        actions.DeclineReschedule: lambda: Attempt(_proposed(before), actions.DeclineReschedule()),
        actions.LapseReschedule: lambda: Attempt(_proposed(before), actions.LapseReschedule(), NOW + 8 * DAY),
        actions.Cancel: lambda: Attempt(before, actions.Cancel("no")),
        actions.Complete: lambda: Attempt(before, actions.Complete(), NOW if before.deadline else END),
        actions.Erase: lambda: Attempt(before, actions.Erase(R.BUYER, "erased_1"), END),
    }
    return made[action]()


def _at_turn(before: Booking, role: Role) -> Booking:
    return replace(before, turn=role) if before.state is S.OFFERED and role in OTHER_SIDE else before


def _proposed(before: Booking) -> Booking:
    return with_proposal(before) if before.state is S.CONFIRMED else before


def _acceptable(before: Booking, role: Role) -> Attempt:
    if before.state is S.CONFIRMED:
        proposed = with_proposal(before, by=OTHER_SIDE.get(role, R.BUYER))
        return Attempt(proposed, actions.Accept(proposed.terms_versions))
    return Attempt(_at_turn(before, role), actions.Accept(before.terms_versions))


def _refusal(state: State, action: type, role: Role) -> type[Refusal] | None:
    """Say what the contract says: 403 for who never may, else 409 with the reason, else nothing."""
    row = TABLE.get((state, action))
    if role not in EVER[action]:
        return WrongSide
    if state is S.EXPIRED and action in PERSONAL:
        return Expired
    if row is None:
        return IllegalTransition
    return None if role in row.who else NotYourTurn


@pytest.mark.parametrize("action", CONTINUING)
@pytest.mark.parametrize("state", State)
def test_an_action_is_taken_exactly_where_the_table_allows_it(state: State, action: type) -> None:
    for role in Role:
        attempt = _attempt(state, action, role)
        refusal = _refusal(state, action, role)
        if refusal is None:
            outcome = step(attempt.before, attempt.action, ACTORS[role], attempt.now)
            _check_row(outcome, attempt, role)
            continue
        with pytest.raises(Refusal) as refused:
            step(attempt.before, attempt.action, ACTORS[role], attempt.now)
        assert type(refused.value) is refusal, role


def _check_row(outcome: Outcome, attempt: Attempt, role: Role) -> None:
    row = TABLE[attempt.before.state, type(attempt.action)]
    assert (outcome.booking.state, outcome.event.type, outcome.claim) == (row.to, row.event, row.claim)
    assert outcome.booking.version == outcome.event.version == attempt.before.version + 1
    assert (outcome.event.actor, outcome.event.at) == (ACTORS[role], attempt.now)


def test_the_table_names_every_action_that_there_is() -> None:
    assert EVER.keys() == set(CONTINUING)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", [book(), actions.Request(draft=draft())], ids=["book", "request"])
def test_only_a_buyer_begins_a_booking(action: actions.Book | actions.Request, role: Role) -> None:
    if role is not R.BUYER:
        with pytest.raises(WrongSide):
            begin(action, ACTORS[role], NOW, POLICY)
        return
    outcome = begin(action, ACTORS[role], NOW, POLICY)

    expected = {
        actions.Book: (S.AWAITING_PAYMENT, E.BOOKED, TAKE),
        actions.Request: (S.REQUESTED, E.REQUESTED, KEEP),
    }
    assert (outcome.booking.state, outcome.event.type, outcome.claim) == expected[type(action)]
    assert outcome.booking.version == outcome.event.version == 1


def _accept(before: Booking) -> Outcome:
    return step(before, actions.Accept(1), ACTORS[R.BUYER])


def test_terms_without_a_deposit_are_confirmed_as_they_are_accepted() -> None:
    offered = booking(S.OFFERED)
    assert offered.terms

    outcome = _accept(replace(offered, terms=replace(offered.terms, deposit=0)))

    assert (outcome.booking.state, outcome.event.type, outcome.claim) == (S.CONFIRMED, E.CONFIRMED, TAKE)
    assert (outcome.booking.deadline, outcome.booking.turn) == (None, None)


def test_an_instant_offering_without_a_deposit_is_confirmed_at_once() -> None:
    outcome = begin(book(deposit=0), ACTORS[R.BUYER], NOW, POLICY)

    assert (outcome.booking.state, outcome.event.type, outcome.claim) == (S.CONFIRMED, E.BOOKED, TAKE)
    assert outcome.booking.deadline is None


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (WrongSide, 403, "forbidden"),
        (IllegalTransition, 409, "illegal_transition"),
        (NotYourTurn, 409, "not_your_turn"),
        (Expired, 409, "expired"),
    ],
)
def test_refusals_have_the_contract_s_status_and_code(refusal: type[Refusal], status: int, code: str) -> None:
    assert (refusal.status, refusal.code) == (status, code)
