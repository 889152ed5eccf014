"""The port to a payment provider: what the project asks of one, whoever it is."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Secret

from greenroom.refusals import Refusal, Unavailable


class InvalidSignature(Refusal):
    """The message is not signed by the provider, or was signed too long ago."""

    status, code, title = 400, "invalid_signature", "The message's signature is not valid"


class ProviderUnavailable(Unavailable):
    """The provider does not answer, or answers with a fault of its own; try again."""

    code, title = "provider_unavailable", "The payment provider is briefly unavailable"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment that the provider holds open; the client completes it with the secret."""

    id: str
    client_secret: Secret[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a payment stands at the provider. Amounts are minor units; ids are empty where it is not ours."""

    state: Literal["open", "captured", "void"]
    booking_id: str = ""
    payment_id: str = ""
    amount: int = 0
    currency: str = ""


EventKind = Literal["captured", "failed", "disputed", "dispute_won", "dispute_lost", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One signed message of the provider about a payment of ours. Amounts are minor units.

    A message of a dispute names only the provider's own id of the payment, ``intent_id``.
    """

    id: str
    type: EventKind
    booking_id: str = ""
    payment_id: str = ""
    intent_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""


class PaymentProvider(Protocol):
    """What a provider does. Every call may be repeated with the same key and has one effect."""

    def create(self, *, amount: int, currency: str, booking_id: str, payment_id: str) -> Intent:
        """Open a payment. ``payment_id`` is the idempotency key, and comes back in every event."""
        ...

    def find(self, intent_id: str) -> Standing:
        """Say where a payment stands."""
        ...

    def void(self, intent_id: str) -> Standing:
        """End a payment that nobody has paid, and say where it stands then: perhaps it was paid after all."""
        ...

    def refund(self, *, intent_id: str, amount: int, currency: str, key: str) -> None:
        """Give back a part of a captured payment, once for each key."""
        ...

    def parse_event(self, payload: bytes, signature: str) -> ProviderEvent:
        """Verify the signature over the raw bytes and read the event; raise ``InvalidSignature``."""
        ...
