"""What card holders do: pay, be asked by their bank whether it is they (3-D Secure), and be declined."""

import time
from collections.abc import Callable, Mapping

from local.provider.books import AUTHORISED, OPEN, Books, Declined, Record, new_identifier

ASKED = "requires_action"


def pay(books: Books, identifier: str) -> Record:
    """Use a good card. Whom the bank is asking must answer it first."""
    return _charge(books, books.standing(identifier, "confirm", *(s for s in OPEN if s != ASKED)))


def challenge(books: Books, identifier: str) -> Record:
    """Use a card whose bank first asks its holder: nothing is taken until he has answered."""
    intent = books.standing(identifier, "confirm", *OPEN)
    sdk = {"type": "three_d_secure_redirect", "three_d_secure_2_source": new_identifier("src")}
    intent.update(status=ASKED, next_action={"type": "use_stripe_sdk", "use_stripe_sdk": sdk})
    return intent


def authenticate(books: Books, identifier: str) -> Record:
    """Answer the bank."""
    return _charge(books, books.standing(identifier, "authenticate", ASKED))


def decline(books: Books, identifier: str) -> Record:
    """Be declined, or answer the bank wrongly; another card may still be tried."""
    intent = books.standing(identifier, "confirm", *OPEN)
    if intent["status"] == ASKED:
        error = {
            "code": "payment_intent_authentication_failure",
            "message": "The provided PaymentMethod has failed authentication.",
        }
    else:
        error = {
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": "Your card was declined.",
        }
    intent.update(
        status="requires_payment_method", next_action=None, last_payment_error={"type": "card_error", **error}
    )
    return intent


def confirm(books: Books, identifier: str, form: Record) -> Record:
    """Pay with one of the provider's test cards, by its name."""
    method = str(form.get("payment_method", ""))
    if method not in _TEST_CARDS:
        raise Declined(400, f"No such PaymentMethod: '{method}'", code="resource_missing")
    return _TEST_CARDS[method](books, identifier)


_TEST_CARDS: Mapping[str, Callable[[Books, str], Record]] = {
    "pm_card_visa": pay,
    "pm_card_authenticationRequired": challenge,
    "pm_card_visa_chargeDeclined": decline,
}


def _charge(books: Books, intent: Record) -> Record:
    charge = {
        "id": new_identifier("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": int(time.time()),
        "currency": intent["currency"],
        "dispute": None,
        "disputed": False,
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": True,
        "payment_intent": intent["id"],
        "refunded": False,
        "status": "succeeded",
    }
    books.charges[charge["id"]] = charge
    intent.update(
        latest_charge=charge["id"], payment_method="pm_card_visa", last_payment_error=None, next_action=None
    )
    if intent["capture_method"] == "manual":
        intent.update(status=AUTHORISED, amount_capturable=intent["amount"])
    else:
        books.take(intent, intent["amount"])
    return intent
