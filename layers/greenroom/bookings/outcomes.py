"""What a transition comes to, and the pieces that the rules share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from greenroom.actors import Actor, Role
from greenroom.calendar.intervals import Interval, format_instant

from . import actions
from .documents import terms_document
from .model import Booking, ClaimChange, Event, EventType, Policy, State
from .refusals import NotYourTurn, TermsChanged
from .terms import InvalidTerms, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a transition comes to; all of it is written in one transaction, or none."""

    booking: Booking
    event: Event
    claim: ClaimChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition at work: its input."""

    actor: Actor
    now: datetime
    policy: Policy


Apply = Callable[[Booking, Any, Step], Outcome]

OTHER_SIDE = {Role.BUYER: Role.AGENT, Role.AGENT: Role.BUYER}


def is_over(booking: Booking, now: datetime) -> bool:
    """Tell whether the booking's deadline has passed; the deadline itself is already too late."""
    return booking.deadline is not None and booking.deadline <= now


def outcome(
    before: Booking,
    after: Booking,
    step: Step,
    kind: EventType,
    *,
    claim: ClaimChange = ClaimChange.KEEP,
    reason: str = "",
    terms: Terms | None = None,
    **more: Any,
) -> Outcome:
    changes: dict[str, Any] = dict(more)
    if after.state is not before.state or before.version == 0:
        changes["state"] = after.state.value
    if after.interval != before.interval:
        changes |= {
            "start": format_instant(after.interval.start),
            "end": format_instant(after.interval.end),
        }
    if after.deadline != before.deadline:
        changes["deadline"] = format_instant(after.deadline) if after.deadline else None
    if terms is not None:
        changes["terms"] = terms_document(terms)
    version = before.version + 1
    event = Event(version=version, type=kind, actor=step.actor, reason=reason, at=step.now, changes=changes)
    return Outcome(booking=replace(after, version=version), event=event, claim=claim)


def agreed(booking: Booking, step: Step, to_pay: timedelta) -> Booking:
    """The terms stand: confirmed at once where nothing is due, else waiting for the deposit."""
    if booking.terms is not None and booking.terms.deposit == 0:
        return replace(booking, state=State.CONFIRMED, turn=None, deadline=None)
    return replace(
        booking,
        state=State.AWAITING_PAYMENT,
        turn=None,
        deadline=before_start(step.now + to_pay, booking.interval.start),
    )


def interval_at(booking: Booking, start: datetime | None, step: Step) -> Interval:
    """The booking's interval, moved to ``start``; elapsed duration stays, whatever the clocks do."""
    if start is None:
        return booking.interval
    if start <= step.now:
        raise InvalidTerms("must be in the future", field="start")
    return Interval(start, start + (booking.interval.end - booking.interval.start))


def before_start(deadline: datetime, start: datetime) -> datetime:
    """No deadline outlasts the engagement's start."""
    return min(deadline, start)


def demand_turn(booking: Booking, step: Step) -> None:
    if booking.turn is not step.actor.role:
        raise NotYourTurn


def demand_version(terms: Terms | None, action: actions.Accept) -> None:
    if terms is None or terms.version != action.terms_version:
        raise TermsChanged(field="terms_version")
