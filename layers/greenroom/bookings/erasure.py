"""A side of a booking that is erased: what stays is what accounting and the other side need.

Pure, like all rules. The log's older events are rewritten by the same measure, which ``without_side`` takes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Secret

from greenroom.actors import Role

from . import actions
from .model import Booking, EventType, State
from .outcomes import Outcome, Step, outcome
from .refusals import IllegalTransition
from .terms import Terms

_CONCLUDED = frozenset({State.CONFIRMED, State.CANCELLED, State.COMPLETED})


def erase(booking: Booking, action: actions.Erase, step: Step) -> Outcome:
    """Put the pseudonym in the person's place and blank what the person wrote."""
    if booking.state is State.CONFIRMED and step.now < booking.interval.end:
        raise IllegalTransition("The engagement is not over yet")
    if booking.state is State.EXPIRED and any(payment.is_open for payment in booking.payments):
        # Who pays late gets the engagement, if the time is still free: not for somebody who has left.
        raise IllegalTransition("A payment may still arrive")
    if action.side is Role.BUYER:
        payments = tuple(replace(payment, client_secret=Secret("")) for payment in booking.payments)
        erased = replace(
            booking, buyer_id=action.pseudonym, venue="", brief="", budget=None, payments=payments
        )
    else:
        erased = replace(booking, agent_id=action.pseudonym)
    # Nobody is left to answer it.
    erased = replace(erased, proposal=None, turn=None, deadline=None)
    if booking.terms is not None and not _concluded(booking):
        erased = replace(erased, terms=_without_texts(booking.terms))
    return outcome(booking, erased, step, EventType.ERASED, side=action.side.value)


def _concluded(booking: Booking) -> bool:
    """Tell whether the terms were ever a contract, to which both sides have a right."""
    return booking.state in _CONCLUDED


def _without_texts(terms: Terms) -> Terms:
    return replace(terms, rider="", usage_rights="")


def without_person(
    event: Mapping[str, Any], booking: Booking, *, user_id: str, pseudonym: str
) -> dict[str, Any]:
    """Return the item of an event of that booking's log without the person, an equal one if it has none."""
    blanked = dict(event)
    if event["actor"]["id"] == user_id:
        blanked |= {"actor": {**event["actor"], "id": pseudonym}, "reason": ""}
    terms = event["changes"].get("terms")
    if terms and not _concluded(booking):
        blanked["changes"] = {**event["changes"], "terms": {**terms, "rider": "", "usage_rights": ""}}
    return blanked
