"""The rules of negotiation: offers and answers, other times, and how a booking ends without money."""

from dataclasses import replace
from typing import Any

from greenroom.calendar.intervals import Interval
from greenroom.cancellation import CancellationPolicy
from greenroom.money import check_payable, share

from . import actions
from .model import Booking, ClaimChange, EventType, Proposal, State
from .outcomes import (
    OTHER_SIDE,
    Apply,
    Outcome,
    Step,
    agreed,
    before_start,
    demand_turn,
    demand_version,
    interval_at,
    is_over,
    outcome,
)
from .refusals import IllegalTransition
from .terms import InvalidTerms, Terms

MOST_TERMS = 50
"""Versions of terms that one booking may have, dropped proposals included. Each is kept whole in the log,
which is shown whole, and each is a letter to the other side."""


def offer(booking: Booking, action: actions.Offer, step: Step) -> Outcome:
    if booking.state is State.OFFERED:
        demand_turn(booking, step)
    _demand_room(booking)
    if action.currency != booking.currency:
        raise InvalidTerms(f"this booking is in {booking.currency}", field="currency")
    for name in ("fee", "travel", "deposit"):
        check_payable(getattr(action, name), action.currency, field=name)
    interval = interval_at(booking, action.start, step)
    longest = step.now + step.policy.offer_maximum
    expires_at = action.expires_at or longest
    if not step.now < expires_at <= longest:
        raise InvalidTerms(
            "must be in the future and within the longest time of an offer", field="expires_at"
        )
    deadline = before_start(expires_at, interval.start)
    terms = Terms(
        version=booking.terms_versions + 1,
        fee=action.fee,
        travel=action.travel,
        deposit=action.deposit,
        commission=share(action.fee, step.policy.commission_share),
        currency=action.currency,
        rider=action.rider,
        exclusivity=action.exclusivity,
        usage_rights=action.usage_rights,
        cancellation_policy=(
            _standing_policy(booking) if action.cancellation_policy is None else action.cancellation_policy
        ),
        start=interval.start,
        end=interval.end,
        expires_at=deadline,
    )
    offered = replace(
        booking,
        state=State.OFFERED,
        interval=interval,
        time_zone=action.time_zone or booking.time_zone,
        terms=terms,
        terms_versions=terms.version,
        turn=OTHER_SIDE[step.actor.role],
        deadline=deadline,
    )
    kind = EventType.OFFERED if booking.state is State.REQUESTED else EventType.COUNTERED
    # Claimed anew even where the time stays: the hold must last as long as the new offer.
    return outcome(booking, offered, step, kind, claim=ClaimChange.TAKE, reason=action.message, terms=terms)


def _demand_room(booking: Booking) -> None:
    if booking.terms_versions >= MOST_TERMS:
        raise IllegalTransition(f"The terms of this booking have been written {MOST_TERMS} times")


def _standing_policy(booking: Booking) -> CancellationPolicy:
    """What holds where new terms do not say: nobody loses a refund by somebody's silence."""
    return booking.terms.cancellation_policy if booking.terms else booking.cancellation_policy


def accept(booking: Booking, action: actions.Accept, step: Step) -> Outcome:
    demand_turn(booking, step)
    demand_version(booking.terms, action)
    accepted = agreed(booking, step, step.policy.pay)
    kind = EventType.CONFIRMED if accepted.state is State.CONFIRMED else EventType.ACCEPTED
    return outcome(booking, accepted, step, kind, claim=ClaimChange.TAKE)


def close(state: State, kind: EventType) -> Apply:
    def close(booking: Booking, action: Any, step: Step) -> Outcome:
        closed = replace(booking, state=state, turn=None, deadline=None)
        reason = getattr(action, "reason", "")
        return outcome(booking, closed, step, kind, claim=ClaimChange.RELEASE, reason=reason)

    return close


def expire(booking: Booking, action: actions.Expire, step: Step) -> Outcome:
    if not is_over(booking, step.now):
        raise IllegalTransition("The deadline has not passed")
    return close(State.EXPIRED, EventType.EXPIRED)(booking, action, step)


def propose(booking: Booking, action: actions.ProposeReschedule, step: Step) -> Outcome:
    if booking.proposal is not None:
        demand_turn(booking, step)
    if booking.terms is None or booking.interval.start <= step.now:
        raise IllegalTransition("The engagement has begun")
    _demand_room(booking)
    interval = interval_at(booking, action.start, step)
    terms = replace(booking.terms, version=booking.terms_versions + 1, start=interval.start, end=interval.end)
    proposed = replace(
        booking,
        proposal=Proposal(terms=terms, by=step.actor.role, time_zone=action.time_zone),
        terms_versions=terms.version,
        turn=OTHER_SIDE[step.actor.role],
        # It ends with whichever start comes first: neither a begun engagement nor a past time can be agreed.
        deadline=min(step.now + step.policy.reschedule_answer, booking.interval.start, interval.start),
    )
    return outcome(
        booking,
        proposed,
        step,
        EventType.RESCHEDULE_PROPOSED,
        reason=action.reason,
        terms=terms,
        time_zone=action.time_zone,
    )


def accept_reschedule(booking: Booking, action: actions.Accept, step: Step) -> Outcome:
    if booking.proposal is None:
        raise IllegalTransition("No other time is proposed")
    demand_turn(booking, step)
    terms = booking.proposal.terms
    demand_version(terms, action)
    moved = replace(
        booking,
        terms=terms,
        interval=Interval(terms.start, terms.end),
        time_zone=booking.proposal.time_zone,
        proposal=None,
        turn=None,
        deadline=None,
    )
    return outcome(booking, moved, step, EventType.RESCHEDULED, claim=ClaimChange.TAKE)


def drop_proposal(kind: EventType) -> Apply:
    def drop(booking: Booking, action: Any, step: Step) -> Outcome:
        if booking.proposal is None:
            raise IllegalTransition("No other time is proposed")
        if kind is EventType.RESCHEDULE_LAPSED and not is_over(booking, step.now):
            raise IllegalTransition("The deadline has not passed")
        dropped = replace(booking, proposal=None, turn=None, deadline=None)
        return outcome(booking, dropped, step, kind, reason=getattr(action, "reason", ""))

    return drop


def complete(booking: Booking, action: actions.Complete, step: Step) -> Outcome:
    if step.now < booking.interval.end:
        raise IllegalTransition("The engagement is not over yet")
    completed = replace(booking, state=State.COMPLETED, proposal=None, turn=None, deadline=None)
    return outcome(
        booking, completed, step, EventType.COMPLETED, claim=ClaimChange.RELEASE, reason=action.reason
    )
