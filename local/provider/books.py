"""The provider's books: payment intents, their charges and refunds, and the rules that the real one keeps."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


class Declined(Exception):
    """The provider refuses a call; becomes its error document."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", code: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code


def _identifier(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _missing(kind: str, identifier: str) -> Declined:
    return Declined(404, f"No such {kind}: '{identifier}'", code="resource_missing")


def _whole(form: Record, name: str, *, least: int = 1) -> int:
    text = str(form.get(name, ""))
    if not text.isdecimal() or int(text) < least:
        raise Declined(400, f"Invalid integer: {name}", code="parameter_invalid_integer")
    return int(text)


@dataclass(slots=True)
class Books:
    """All that the provider knows, as its own objects by id. Not safe for threads: its user holds a lock."""

    intents: dict[str, Record] = field(default_factory=dict)
    charges: dict[str, Record] = field(default_factory=dict)
    refunds: dict[str, Record] = field(default_factory=dict)

    def create_intent(self, form: Record) -> Record:
        """Open a payment of ``amount`` minor units; its buyer has yet to pay."""
        if "currency" not in form:
            raise Declined(400, "Missing required param: currency.", code="parameter_missing")
        identifier = _identifier("pi")
        intent = {
            "id": identifier,
            "object": "payment_intent",
            "amount": _whole(form, "amount"),
            "amount_capturable": 0,
            "amount_received": 0,
            "cancellation_reason": None,
            "canceled_at": None,
            "capture_method": form.get("capture_method", "automatic"),
            "client_secret": f"{identifier}_secret_{secrets.token_hex(12)}",
            "created": int(time.time()),
            "currency": str(form["currency"]).lower(),
            "description": form.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": dict(form.get("metadata") or {}),
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
        }
        self.intents[identifier] = intent
        return intent

    def intent(self, identifier: str) -> Record:
        """Return the intent, or raise ``Declined``."""
        if identifier not in self.intents:
            raise _missing("payment_intent", identifier)
        return self.intents[identifier]

    def intent_of(self, payment_id: str) -> Record | None:
        """Return the newest intent whose metadata names our payment."""
        named = [i for i in self.intents.values() if i["metadata"].get("payment_id") == payment_id]
        return named[-1] if named else None

    def cancel(self, identifier: str, form: Record) -> Record:
        """Cancel an intent that nobody has paid."""
        intent = self._open(identifier, "cancel")
        intent["status"] = "canceled"
        intent["canceled_at"] = int(time.time())
        intent["cancellation_reason"] = form.get("cancellation_reason")
        return intent

    def capture(self, identifier: str) -> Record:
        """Let the buyer's card be charged."""
        intent = self._open(identifier, "capture")
        charge = {
            "id": _identifier("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "captured": True,
            "created": int(time.time()),
            "currency": intent["currency"],
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "paid": True,
            "payment_intent": identifier,
            "refunded": False,
            "status": "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            payment_method="pm_card_visa",
            last_payment_error=None,
        )
        return intent

    def decline_card(self, identifier: str) -> Record:
        """Let the buyer's card be declined; another card may still be tried."""
        intent = self._open(identifier, "confirm")
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": "Your card was declined.",
        }
        return intent

    def _open(self, identifier: str, verb: str) -> Record:
        intent = self.intent(identifier)
        if intent["status"] not in OPEN:
            raise Declined(
                400,
                f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
            )
        return intent

    def refund(self, form: Record) -> Record:
        """Give back ``amount`` of a captured intent, or all that is left of it; never more than that."""
        intent = self.intent(str(form.get("payment_intent", "")))
        charge = self.charges.get(intent["latest_charge"] or "")
        if charge is None:
            raise Declined(400, "This PaymentIntent does not have a successful charge to refund.")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise Declined(
                400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        amount = _whole(form, "amount") if "amount" in form else left
        if amount > left:
            raise Declined(
                400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        refund = {
            "id": _identifier("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": int(time.time()),
            "currency": charge["currency"],
            "metadata": dict(form.get("metadata") or {}),
            "payment_intent": intent["id"],
            "reason": form.get("reason"),
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        return refund
