"""A payment provider in the test's own process: strict books, and events that the test sends as it likes."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import Secret

from greenroom.payments.provider import (
    EventKind,
    Intent,
    InvalidSignature,
    ProviderEvent,
    ProviderUnavailable,
    Standing,
)

SIGNATURE = "signed by the provider"


@dataclass
class PaperProvider:
    """Keeps what a provider keeps. A key used for something else, or a refund too many, fails the test."""

    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each payment was opened with."""
    captured: dict[str, int] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By key, the payment and the amount given back."""
    voided: set[str] = field(default_factory=set)
    disputes: dict[str, EventKind] = field(default_factory=dict)
    """By payment, the last word of the bank."""
    taken_back: dict[str, int] = field(default_factory=dict)
    """What a bank gave its customer of a payment."""
    processing: set[str] = field(default_factory=set)
    """Payments that a bank is still at: they can neither be ended nor counted on."""
    out_of_order: set[str] = field(default_factory=set)
    """Payments that the provider refuses to touch, for a reason that does not pass by itself."""
    asked_in_vain: int = 0
    """How many calls were not answered."""
    down: bool = False
    """Whether it answers nobody but buyers."""
    told: int = 0

    def create(self, *, amount: int, currency: str, booking_id: str, payment_id: str) -> Intent:
        asked = {"amount": amount, "currency": currency, "booking_id": booking_id}
        assert self.asked.setdefault(payment_id, asked) == asked, "a key is used for one request"
        return Intent(f"pi_{payment_id}", Secret(f"secret_{payment_id}"))

    def _answering(self, payment_id: str) -> None:
        if self.down:
            self.asked_in_vain += 1
            raise ProviderUnavailable
        if payment_id in self.out_of_order:
            raise RuntimeError("refused")

    @property
    def open_payments(self) -> set[str]:
        """The payments that a buyer may still pay, or has paid."""
        return self.asked.keys() - self.voided

    def find(self, intent_id: str) -> Standing:
        payment_id = intent_id.removeprefix("pi_")
        self._answering(payment_id)
        captured = payment_id in self.captured
        return Standing(
            state="captured" if captured else "void" if payment_id in self.voided else "open",
            payment_id=payment_id,
            **self.asked[payment_id],
        )

    def void(self, intent_id: str) -> Standing:
        payment_id = intent_id.removeprefix("pi_")
        self._answering(payment_id)
        if payment_id not in self.captured.keys() | self.processing:
            self.voided.add(payment_id)
        return self.find(intent_id)

    def refund(self, *, intent_id: str, amount: int, currency: str, key: str) -> None:
        payment_id = intent_id.removeprefix("pi_")
        self._answering(payment_id)
        if self.disputes.get(payment_id) in ("disputed", "dispute_lost"):
            raise ProviderUnavailable  # as the bank has the money
        assert self.asked[payment_id]["currency"] == currency
        assert self.refunds.setdefault(key, (payment_id, amount)) == (payment_id, amount)
        assert self.refunded(payment_id) <= self.captured.get(payment_id, 0), (
            "no refund beyond what was taken"
        )

    def refunded(self, payment_id: str) -> int:
        return sum(amount for refunded_id, amount in self.refunds.values() if refunded_id == payment_id)

    def returned(self, payment_id: str) -> int:
        """What went back of a payment, whoever gave it."""
        return self.refunded(payment_id) + self.taken_back.get(payment_id, 0)

    def pay(self, payment_id: str, **wrong: Any) -> ProviderEvent:
        """Let the buyer pay and return the event that tells of it, once as often as it is sent."""
        assert payment_id not in self.voided, "what is void cannot be paid"
        self.captured[payment_id] = self.asked[payment_id]["amount"]
        return self._event("captured", payment_id, **wrong)

    def decline(self, payment_id: str) -> ProviderEvent:
        """Let the buyer's card be declined."""
        return self._event("failed", payment_id, reason="card_declined")

    def dispute(self, payment_id: str, kind: EventKind = "disputed") -> ProviderEvent:
        """Let the buyer's bank ask for the money, or decide, which it does once.

        The message names the provider's own id. If the bank decides for the buyer it takes what is left.
        """
        decided = self.disputes.get(payment_id) in ("dispute_won", "dispute_lost")
        if decided and kind != "disputed":
            kind = self.disputes[payment_id]
        elif not decided:
            self.disputes[payment_id] = kind
            if kind == "dispute_lost":
                self.taken_back[payment_id] = self.captured.get(payment_id, 0) - self.refunded(payment_id)
        self.told += 1
        reason = "fraudulent" if kind == "disputed" else ""
        return ProviderEvent(id=f"evt_{self.told}", type=kind, intent_id=f"pi_{payment_id}", reason=reason)

    def _event(self, kind: str, payment_id: str, **changes: Any) -> ProviderEvent:
        self.told += 1
        values = {"id": f"evt_{self.told}", "type": kind, "payment_id": payment_id, **self.asked[payment_id]}
        return ProviderEvent(**values | changes)

    @staticmethod
    def message(event: ProviderEvent) -> bytes:
        """Return the bytes in which an event travels."""
        return json.dumps(asdict(event)).encode()

    def parse_event(self, payload: bytes, signature: str) -> ProviderEvent:
        if signature != SIGNATURE:
            raise InvalidSignature
        return ProviderEvent(**json.loads(payload))
