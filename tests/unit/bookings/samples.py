"""Bookings, actors and actions that the tests of the booking rules are told with."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Secret

from greenroom.actors import CLOCK, PROVIDER, Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import (
    Booking,
    Payment,
    PaymentKind,
    PaymentState,
    Policy,
    Proposal,
    Refund,
    State,
)
from greenroom.bookings.outcomes import Outcome
from greenroom.bookings.terms import Terms
from greenroom.bookings.transitions import transition
from greenroom.calendar.intervals import Interval
from greenroom.cancellation import CancellationPolicy, Tier

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Policy()

BUYER_ID, AGENT_ID = "usr_00000000000000000000000001", "usr_00000000000000000000000002"
BUYER, AGENT = Actor(Role.BUYER, BUYER_ID), Actor(Role.AGENT, AGENT_ID)
ADMIN = Actor(Role.ADMIN, "usr_00000000000000000000000003")
ACTORS = {
    actor.role: actor for actor in (BUYER, AGENT, ADMIN, PROVIDER, CLOCK, Actor(Role.MONITOR, "monitor"))
}
"""One of each role; who watches the system may do nothing to a booking."""
OTHER_SIDE = {Role.BUYER: Role.AGENT, Role.AGENT: Role.BUYER}

HALF_UNTIL_A_WEEK = (Tier(30, 10_000), Tier(7, 5_000))


def terms(**changes: Any) -> Terms:
    """Return terms of 1,250.00 EUR, a fifth of it in advance."""
    values: dict[str, Any] = {
        "version": 1,
        "fee": 120_000,
        "travel": 5_000,
        "deposit": 25_000,
        "commission": 12_000,
        "currency": "EUR",
        "start": START,
        "end": END,
        "cancellation_policy": HALF_UNTIL_A_WEEK,
    }
    return Terms(**values | changes)


def payment(
    kind: PaymentKind = PaymentKind.DEPOSIT,
    state: PaymentState = PaymentState.PENDING,
    *,
    number: int = 1,
    **changes: Any,
) -> Payment:
    """Return a payment of what ``terms`` makes due."""
    values: dict[str, Any] = {
        "id": f"pay_{kind.value}{number}",
        "kind": kind,
        "state": state,
        "amount": 25_000 if kind is PaymentKind.DEPOSIT else 100_000,
        "currency": "EUR",
        "provider_id": f"pi_{kind.value}{number}",
        "client_secret": Secret("secret"),
    }
    return Payment(**values | changes)


def refunded(paid: Payment, *, settled: int = 0, due: int = 0) -> Payment:
    """Return a payment of which so much has gone back, and so much is owed."""
    parts = [Refund(amount, done) for amount, done in ((settled, True), (due, False)) if amount]
    return replace(paid, refunds=(*paid.refunds, *parts))


PAID = payment(state=PaymentState.CAPTURED)


def booking(state: State, **changes: Any) -> Booking:
    """Return a booking as it typically stands in a state, four weeks before its two hours in Paris."""
    values: dict[str, Any] = {
        "id": "bkg_00000000000000000000000004",
        "state": state,
        "version": 3,
        "celebrity_id": "cel_00000000000000000000000005",
        "celebrity_name": "Zoë Núñez",
        "agent_id": AGENT_ID,
        "buyer_id": BUYER_ID,
        "offering_id": "off_0000000000000000000000000501",
        "offering_title": "Evening appearance",
        "interval": Interval(START, END),
        "buffer_before": HOUR,
        "buffer_after": timedelta(minutes=30),
        "time_zone": "Europe/Paris",
        "created_at": NOW - DAY,
        "currency": "EUR",
        **_standing(state),
    }
    return Booking(**values | changes)


def _standing(state: State) -> dict[str, Any]:
    agreed: dict[str, Any] = {"terms": terms(), "terms_versions": 1}
    match state:
        case State.REQUESTED:
            return {"turn": Role.AGENT, "deadline": NOW + 6 * DAY}
        case State.OFFERED:
            return {"terms": terms(expires_at=NOW + 9 * DAY), "terms_versions": 1} | {
                "turn": Role.BUYER,
                "deadline": NOW + 9 * DAY,
            }
        case State.AWAITING_PAYMENT:
            return agreed | {"deadline": NOW + timedelta(minutes=10)}
        case State.CONFIRMED | State.COMPLETED:
            return agreed | {"payments": (PAID,)}
        case State.CANCELLED:
            return agreed | {"payments": (refunded(PAID, settled=25_000),)}
        case _:
            return agreed


def with_proposal(before: Booking, by: Role = Role.AGENT, **changes: Any) -> Booking:
    """Return a confirmed booking with another time proposed, three days later, by one side."""
    assert before.terms is not None
    moved = replace(before.terms, version=before.terms_versions + 1, start=START + 3 * DAY, end=END + 3 * DAY)
    proposed = replace(
        before,
        proposal=Proposal(terms=moved, by=by, time_zone="Europe/Madrid"),
        terms_versions=moved.version,
        turn=OTHER_SIDE[by],
        deadline=NOW + 7 * DAY,
    )
    return replace(proposed, **changes)


def draft(**changes: Any) -> actions.Draft:
    """Return what a buyer asks for."""
    sample = booking(State.REQUESTED)
    values: dict[str, Any] = {name: getattr(sample, name) for name in actions.Draft.__dataclass_fields__}
    return actions.Draft(**values | changes)


def book(
    price: int = 125_000,
    deposit: int = 25_000,
    policy: CancellationPolicy = HALF_UNTIL_A_WEEK,
    **changes: Any,
) -> actions.Book:
    """Return the booking of an instant offering."""
    return actions.Book(draft=draft(cancellation_policy=policy, **changes), price=price, deposit=deposit)


def offer(**changes: Any) -> actions.Offer:
    """Return an offer of the same money as ``terms``."""
    values: dict[str, Any] = {"fee": 120_000, "travel": 5_000, "deposit": 25_000, "currency": "EUR"}
    return actions.Offer(**values | changes)


def after(before: Booking, *steps: tuple[Actor, actions.Action], now: datetime = NOW) -> Booking:
    """Return the booking after some steps, all taken at ``now``."""
    for actor, action in steps:
        before = transition(before, action, actor, now, POLICY).booking
    return before


def step(
    before: Booking, action: actions.Action, actor: Actor, now: datetime = NOW, policy: Policy = POLICY
) -> Outcome:
    """Take one step."""
    return transition(before, action, actor, now, policy)


def owed(payments: Iterable[Payment]) -> list[int]:
    """Return what is owed back for each payment."""
    return [each.refund_due for each in payments]
