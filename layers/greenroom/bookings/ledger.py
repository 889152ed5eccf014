"""The ledger of a booking: what was taken and what went back, read from its log, with the balance after each.

It is derived from the events alone, so it can be held against the payments in the booking's item, which the
rules keep: the two balance, or one of them is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .model import Booking, EventType

Kind = Literal["capture", "refund", "chargeback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money, from the buyer's side: taken is positive, returned is negative."""

    version: int
    at: str
    kind: Kind
    payment_id: str
    amount: int
    balance: int
    """What is held of the buyer's money after this."""


_TAKEN = frozenset({EventType.CONFIRMED, EventType.BALANCE_CAPTURED, EventType.PAYMENT_RETURNED})


def ledger(booking: Booking, events: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    """Yield the entries of a booking's event items, the oldest first."""
    amounts = {payment.id: payment.amount for payment in booking.payments}
    balance = 0
    for event in events:
        for kind, amount in _movements(event, amounts):
            balance += amount
            yield Entry(
                version=event["version"],
                at=event["at"],
                kind=kind,
                payment_id=event["changes"]["payment_id"],
                amount=amount,
                balance=balance,
            )


def _movements(event: Mapping[str, Any], amounts: Mapping[str, int]) -> Iterator[tuple[Kind, int]]:
    changes, kind = event["changes"], event["type"]
    if kind in _TAKEN and "payment_id" in changes:
        yield "capture", amounts[changes["payment_id"]]
    elif kind == EventType.REFUNDED:
        yield "refund", -changes["refund"]
    elif kind == EventType.DISPUTE_CLOSED and changes["taken_back"]:
        yield "chargeback", -changes["taken_back"]
