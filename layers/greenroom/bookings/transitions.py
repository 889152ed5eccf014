"""The state machine: one table of who may do what in which state, and one function that applies it.

``transition`` is the only way in which a booking changes. It is pure: a booking, an action, an actor and
the time in; the new booking, the event, and what happens to the calendar out. A deadline that has passed
counts at once, whether or not the sweeper has written it down.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from greenroom.actors import Actor, Role
from greenroom.money import share

from . import actions, erasure, negotiation, settlement
from .model import OPEN, Booking, ClaimChange, EventType, Policy, State
from .outcomes import Apply, Outcome, Step, agreed, before_start, is_over, outcome
from .refusals import Expired, IllegalTransition, NotYourTurn, WrongSide
from .terms import Terms

_BUYER, _AGENT = frozenset({Role.BUYER}), frozenset({Role.AGENT})
_SIDES = _BUYER | _AGENT
_CLOCK, _PROVIDER = frozenset({Role.CLOCK}), frozenset({Role.PROVIDER})
_ADMIN = frozenset({Role.ADMIN})


def as_of(booking: Booking, now: datetime) -> Booking:
    """Return the booking as it stands at ``now``: void by the clock before the sweeper writes it down."""
    if not is_over(booking, now):
        return booking
    if booking.state in OPEN:
        return replace(booking, state=State.EXPIRED, turn=None, deadline=None)
    return replace(booking, proposal=None, turn=None, deadline=None)


def begin(action: actions.Request | actions.Book, actor: Actor, now: datetime, policy: Policy) -> Outcome:
    """Create a booking: a request that waits for an offer, or an instant one that waits for its payment."""
    if actor.role is not Role.BUYER:
        raise WrongSide
    draft = action.draft
    blank = Booking(
        id=draft.id,
        state=State.REQUESTED,
        version=0,
        celebrity_id=draft.celebrity_id,
        celebrity_name=draft.celebrity_name,
        agent_id=draft.agent_id,
        buyer_id=draft.buyer_id,
        offering_id=draft.offering_id,
        offering_title=draft.offering_title,
        interval=draft.interval,
        buffer_before=draft.buffer_before,
        buffer_after=draft.buffer_after,
        time_zone=draft.time_zone,
        created_at=now,
        venue=draft.venue,
        brief=draft.brief,
        budget=draft.budget,
        currency=draft.currency,
        cancellation_policy=draft.cancellation_policy,
    )
    step = Step(actor=actor, now=now, policy=policy)
    if isinstance(action, actions.Request):
        requested = replace(
            blank, turn=Role.AGENT, deadline=before_start(now + policy.answer, draft.interval.start)
        )
        return outcome(blank, requested, step, EventType.REQUESTED)
    terms = Terms(
        version=1,
        fee=action.price,
        travel=0,
        deposit=action.deposit,
        commission=share(action.price, policy.commission_share),
        currency=draft.currency,
        cancellation_policy=draft.cancellation_policy,
        start=draft.interval.start,
        end=draft.interval.end,
    )
    booked = agreed(replace(blank, terms=terms, terms_versions=1), step, policy.hold)
    return outcome(blank, booked, step, EventType.BOOKED, claim=ClaimChange.TAKE, terms=terms)


def transition(
    booking: Booking, action: actions.Action, actor: Actor, now: datetime, policy: Policy
) -> Outcome:
    """Apply an action to a booking, or raise the refusal that says why not.

    A role that never may is refused before anything is said about the booking's state; an expired booking
    answers the same before and after the sweeper has written it down.
    """
    kind = type(action)
    if actor.role not in _EVER[kind]:
        raise WrongSide
    if kind not in _CLOCKLESS:
        if as_of(booking, now).state is State.EXPIRED:
            raise Expired
        if is_over(booking, now):
            if isinstance(action, actions.Accept | actions.DeclineReschedule):
                raise Expired
            if isinstance(action, actions.ProposeReschedule):
                booking = as_of(booking, now)
    rule = TABLE.get((booking.state, kind))
    if rule is None:
        raise IllegalTransition(f"A booking that is {booking.state} cannot take this step")
    roles, apply = rule
    if actor.role not in roles:
        raise NotYourTurn
    return apply(booking, action, Step(actor=actor, now=now, policy=policy))


TABLE: Mapping[tuple[State, type[Any]], tuple[frozenset[Role], Apply]] = {
    (State.REQUESTED, actions.Offer): (_AGENT, negotiation.offer),
    (State.OFFERED, actions.Offer): (_SIDES, negotiation.offer),
    (State.OFFERED, actions.Accept): (_SIDES, negotiation.accept),
    **{
        (state, action): rule
        for state in OPEN
        for action, rule in {
            actions.Decline: (_AGENT, negotiation.close(State.DECLINED, EventType.DECLINED)),
            actions.Withdraw: (_BUYER, negotiation.close(State.WITHDRAWN, EventType.WITHDRAWN)),
            actions.Expire: (_CLOCK, negotiation.expire),
        }.items()
    },
    (State.AWAITING_PAYMENT, actions.StartPayment): (_BUYER, settlement.start_payment),
    (State.CONFIRMED, actions.StartPayment): (_BUYER, settlement.start_payment),
    (State.COMPLETED, actions.StartPayment): (_BUYER, settlement.start_payment),
    **{(state, actions.SettleRefund): (_PROVIDER, settlement.settle_refund) for state in State},
    **{(state, actions.Capture): (_PROVIDER, settlement.capture_late) for state in State},
    **{(state, actions.ReturnCapture): (_PROVIDER, settlement.return_capture) for state in State},
    **{(state, actions.VoidPayment): (_CLOCK, settlement.void_payment) for state in State},
    **{(state, actions.OrderRefund): (_ADMIN, settlement.order_refund) for state in State},
    **{(state, actions.OpenDispute): (_PROVIDER, settlement.open_dispute) for state in State},
    **{(state, actions.CloseDispute): (_PROVIDER, settlement.close_dispute) for state in State},
    **{(state, actions.FailPayment): (_PROVIDER, settlement.fail_payment) for state in State},
    (State.AWAITING_PAYMENT, actions.Capture): (_PROVIDER, settlement.capture),
    # Who has paid is not turned away for being late, as long as the time is still free.
    (State.EXPIRED, actions.Capture): (_PROVIDER, settlement.capture),
    (State.CONFIRMED, actions.Capture): (_PROVIDER, settlement.capture_balance),
    (State.COMPLETED, actions.Capture): (_PROVIDER, settlement.capture_balance),
    (State.CONFIRMED, actions.ProposeReschedule): (_SIDES, negotiation.propose),
    (State.CONFIRMED, actions.Accept): (_SIDES, negotiation.accept_reschedule),
    (State.CONFIRMED, actions.DeclineReschedule): (
        _SIDES,
        negotiation.drop_proposal(EventType.RESCHEDULE_DECLINED),
    ),
    (State.CONFIRMED, actions.LapseReschedule): (
        _CLOCK,
        negotiation.drop_proposal(EventType.RESCHEDULE_LAPSED),
    ),
    (State.CONFIRMED, actions.Cancel): (_SIDES | {Role.ADMIN}, settlement.cancel),
    (State.CONFIRMED, actions.Complete): (_AGENT, negotiation.complete),
    **{(state, actions.Erase): (_CLOCK, erasure.erase) for state in State if state not in OPEN},
}
"""Who may do what in which state; what is not here is refused."""

_EVER: Mapping[type[Any], frozenset[Role]] = {
    kind: frozenset[Role]().union(*(roles for (_, action), (roles, _) in TABLE.items() if action is kind))
    for _, kind in TABLE
}
"""Who may take an action in some state."""

_CLOCKLESS = frozenset(
    {
        actions.Expire,
        actions.LapseReschedule,
        actions.Capture,
        actions.ReturnCapture,
        actions.FailPayment,
        actions.SettleRefund,
        actions.VoidPayment,
        actions.OrderRefund,
        actions.OpenDispute,
        actions.CloseDispute,
        actions.Erase,
    }
)
"""Actions that a passed deadline does not forbid."""
