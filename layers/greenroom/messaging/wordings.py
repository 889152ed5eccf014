"""What is said of each kind of event to each side, and which facts go with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from greenroom.bookings.model import EventType

from . import facts
from .facts import FactOf


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    to_buyer: str
    to_agent: str
    facts: tuple[FactOf, ...] = ()


WORDINGS: Final[Mapping[EventType, Wording]] = {
    EventType.REQUESTED: Wording(
        "Request for {celebrity}",
        "Your request for {celebrity} has reached the agent.",
        "A buyer asks for {celebrity}. Make an offer or decline.",
        (facts.budget, facts.answer_by),
    ),
    EventType.BOOKED: Wording(
        "Payment awaited: {celebrity}",
        "{celebrity} is held for you. The booking is confirmed once the deposit is paid.",
        "{celebrity} is held for a buyer until the deposit is paid.",
        (facts.price, facts.pay_by),
    ),
    EventType.OFFERED: Wording(
        "Offer for {celebrity}",
        "The agent of {celebrity} makes you an offer. The time is held until you answer.",
        "Your offer for {celebrity} has reached the buyer.",
        (facts.whole_terms, facts.answer_by),
    ),
    EventType.COUNTERED: Wording(
        "Counter-offer for {celebrity}",
        "The agent of {celebrity} answers with other terms.",
        "The buyer of {celebrity} answers with other terms.",
        (facts.whole_terms, facts.answer_by),
    ),
    EventType.ACCEPTED: Wording(
        "Terms agreed, payment awaited: {celebrity}",
        "The terms for {celebrity} are agreed. The booking is confirmed once the deposit is paid.",
        "The terms for {celebrity} are agreed. The buyer now pays the deposit.",
        (facts.price, facts.pay_by),
    ),
    EventType.CONFIRMED: Wording(
        "Confirmed: {celebrity}",
        "Your booking of {celebrity} is confirmed.",
        "The booking of {celebrity} is confirmed.",
        (facts.price,),
    ),
    EventType.DECLINED: Wording(
        "Declined: {celebrity}",
        "The agent of {celebrity} has declined. The time is no longer held.",
        "You have declined the booking of {celebrity}. The time is free again.",
    ),
    EventType.WITHDRAWN: Wording(
        "Withdrawn: {celebrity}",
        "You have withdrawn from the booking of {celebrity}. The time is no longer held.",
        "The buyer of {celebrity} has withdrawn. The time is free again.",
    ),
    EventType.EXPIRED: Wording(
        "Expired: {celebrity}",
        "The booking of {celebrity} was not completed in time. The time is no longer held.",
        "The booking of {celebrity} was not completed in time. The time is free again.",
    ),
    EventType.PAYMENT_FAILED: Wording(
        "Payment failed: {celebrity}",
        "Your payment for {celebrity} could not be taken. You can try again.",
        "A payment for {celebrity} could not be taken.",
    ),
    EventType.PAYMENT_RETURNED: Wording(
        "Payment returned: {celebrity}",
        "Your payment for {celebrity} could not be used for the booking. All of it is returned to you.",
        "A payment for {celebrity} could not be used for the booking and is returned.",
        (facts.refund,),
    ),
    EventType.REFUND_ORDERED: Wording(
        "Refund granted: {celebrity}",
        "You are granted a refund for {celebrity}.",
        "The buyer of {celebrity} is granted a refund.",
        (facts.refund,),
    ),
    EventType.PAYMENT_DISPUTED: Wording(
        "Payment disputed: {celebrity}",
        "Your bank has told us that you dispute a payment for {celebrity}.",
        "The buyer disputes a payment for {celebrity} at the bank. The booking stands until it is decided.",
        (facts.disputed,),
    ),
    EventType.DISPUTE_CLOSED: Wording(
        "Dispute decided: {celebrity}",
        "Your bank has decided on the payment that you disputed for {celebrity}.",
        "The bank has decided on the disputed payment for {celebrity}.",
        (facts.decision,),
    ),
    EventType.REFUNDED: Wording(
        "Refund paid: {celebrity}",
        "Your refund for {celebrity} is on its way.",
        "A refund for {celebrity} is on its way to the buyer.",
        (facts.refund,),
    ),
    EventType.BALANCE_CAPTURED: Wording(
        "Balance paid: {celebrity}",
        "The balance of your booking of {celebrity} is paid.",
        "The balance of the booking of {celebrity} is paid.",
        (facts.price,),
    ),
    EventType.RESCHEDULE_PROPOSED: Wording(
        "Another time proposed: {celebrity}",
        "The agent of {celebrity} proposes another time. Until you accept, the time below stays.",
        "The buyer of {celebrity} proposes another time. Until you accept, the time below stays.",
        (facts.proposed_time, facts.answer_by),
    ),
    EventType.RESCHEDULED: Wording(
        "New time: {celebrity}",
        "Your booking of {celebrity} has moved to a new time.",
        "The booking of {celebrity} has moved to a new time.",
    ),
    EventType.RESCHEDULE_DECLINED: Wording(
        "Time unchanged: {celebrity}",
        "The other time proposed for {celebrity} is off. Your booking stays as it was.",
        "The other time proposed for {celebrity} is off. The booking stays as it was.",
    ),
    EventType.RESCHEDULE_LAPSED: Wording(
        "Time unchanged: {celebrity}",
        "The other time proposed for {celebrity} was not accepted in time. The booking stays as it was.",
        "The other time proposed for {celebrity} was not accepted in time. The booking stays as it was.",
    ),
    EventType.CANCELLED: Wording(
        "Cancelled: {celebrity}",
        "The booking of {celebrity} is cancelled.",
        "The booking of {celebrity} is cancelled. The time is free again.",
        (facts.refund,),
    ),
    EventType.COMPLETED: Wording(
        "Completed: {celebrity}",
        "Your booking of {celebrity} is completed. Thank you.",
        "The booking of {celebrity} is completed.",
    ),
}
