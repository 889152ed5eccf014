"""The provider's books: payment intents, their charges and refunds, and the rules that the real one keeps.

What card holders and their banks do is in ``cards`` and ``disputes``.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
"""The card holder has yet to do something."""
AUTHORISED, PAID = "requires_capture", "succeeded"
_STEPS = {**dict.fromkeys("bhd jod kwd omr tnd".split(), 10), "isk": 100, "ugx": 100}
"""Networks pay no thousandths of a dinar or rial, and no hundredths of what is still counted in them."""
_CAPTURE_METHODS = ("automatic", "automatic_async", "manual")


class Declined(Exception):
    """The provider refuses a call; becomes its error document."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", code: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code


def new_identifier(prefix: str) -> str:
    """Return e.g. ``pi_0123…``."""
    return f"{prefix}_{secrets.token_hex(12)}"


def _missing(kind: str, identifier: str) -> Declined:
    """Return the refusal of what names nothing."""
    return Declined(404, f"No such {kind}: '{identifier}'", code="resource_missing")


def _whole(form: Record, name: str, *, least: int = 1) -> int:
    text = str(form.get(name, ""))
    if not text.isdecimal() or int(text) < least:
        raise Declined(400, f"Invalid integer: {name}", code="parameter_invalid_integer")
    return int(text)


def _amount(form: Record, currency: str) -> int:
    """Return an amount that the card networks take in that currency."""
    amount = _whole(form, "amount")
    if amount % _STEPS.get(currency, 1):
        raise Declined(400, f"Invalid amount: in {currency} it must be divisible by {_STEPS[currency]}")
    return amount


@dataclass(slots=True)
class Books:
    """All that the provider knows, as its own objects by id. Not safe for threads: its user holds a lock."""

    intents: dict[str, Record] = field(default_factory=dict)
    charges: dict[str, Record] = field(default_factory=dict)
    refunds: dict[str, Record] = field(default_factory=dict)
    disputes: dict[str, Record] = field(default_factory=dict)

    def create_intent(self, form: Record) -> Record:
        """Open a payment of ``amount`` minor units; its buyer has yet to pay."""
        if "currency" not in form:
            raise Declined(400, "Missing required param: currency.", code="parameter_missing")
        method = form.get("capture_method", "automatic")
        if method not in _CAPTURE_METHODS:
            raise Declined(400, f"Invalid capture_method: must be one of {', '.join(_CAPTURE_METHODS)}")
        identifier = new_identifier("pi")
        intent = {
            "id": identifier,
            "object": "payment_intent",
            "amount": _amount(form, str(form["currency"]).lower()),
            "amount_capturable": 0,
            "amount_received": 0,
            "cancellation_reason": None,
            "canceled_at": None,
            "capture_method": method,
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
        """Cancel an intent that nobody has paid; what a card is only authorised for is let go."""
        intent = self.standing(identifier, "cancel", *OPEN, AUTHORISED)
        intent["status"] = "canceled"
        intent["canceled_at"] = int(time.time())
        intent["cancellation_reason"] = form.get("cancellation_reason")
        intent["amount_capturable"] = 0
        intent["next_action"] = None
        return intent

    def capture(self, identifier: str, form: Record) -> Record:
        """Take what a card is authorised for, or ``amount_to_capture`` of it; the rest is let go."""
        intent = self.standing(identifier, "capture", AUTHORISED)
        most = intent["amount_capturable"]
        amount = _whole(form, "amount_to_capture") if "amount_to_capture" in form else most
        if amount > most:
            raise Declined(400, f"You cannot capture more ({amount}) than is capturable ({most}).")
        self.take(intent, amount)
        return intent

    def take(self, intent: Record, amount: int) -> None:
        """Note that the holder's money has come."""
        charge = self.charges[intent["latest_charge"]]
        charge.update(amount_captured=amount, captured=True)
        intent.update(status=PAID, amount_received=amount, amount_capturable=0)

    def standing(self, identifier: str, verb: str, *statuses: str) -> Record:
        """Return the intent if it has one of the statuses, or raise ``Declined``."""
        intent = self.intent(identifier)
        if intent["status"] not in statuses:
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
        if charge is None or not charge["captured"]:
            raise Declined(400, "This PaymentIntent does not have a successful charge to refund.")
        if charge.get("disputed"):
            raise Declined(400, f"Charge {charge['id']} has been charged back.", code="charge_disputed")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise Declined(
                400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        amount = _amount(form, charge["currency"]) if "amount" in form else left
        if amount > left:
            raise Declined(
                400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        refund = {
            "id": new_identifier("re"),
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
