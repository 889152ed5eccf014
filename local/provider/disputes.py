"""What banks do when a holder disputes a payment: they open a case, hold the money, and decide."""

import time

from local.provider.books import Books, Declined, Record, new_identifier

UNDECIDED = "needs_response"


def of_intent(books: Books, identifier: str) -> Record | None:
    """Return the dispute of a payment, if there is one."""
    intent = books.intent(identifier)
    charge = books.charges.get(intent["latest_charge"] or "", {})
    return books.disputes.get(charge.get("dispute") or "")


def open_dispute(books: Books, identifier: str, reason: str = "fraudulent") -> Record:
    """Dispute all that was taken and not returned."""
    intent = books.intent(identifier)
    charge = books.charges.get(intent["latest_charge"] or "")
    if charge is None or not charge["captured"]:
        raise Declined(400, "This PaymentIntent does not have a successful charge to dispute.")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge.get("dispute") or not left:
        raise Declined(400, f"Charge {charge['id']} has been disputed or refunded before.")
    dispute = {
        "id": new_identifier("dp"),
        "object": "dispute",
        "amount": left,
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent["id"],
        "reason": reason,
        "status": UNDECIDED,
    }
    books.disputes[dispute["id"]] = dispute
    charge.update(disputed=True, dispute=dispute["id"])
    return dispute


def decide(books: Books, identifier: str, *, won: bool) -> Record:
    """Decide for the house, or for the holder, who then keeps what the bank has taken back."""
    dispute = of_intent(books, identifier)
    if dispute is None:
        raise Declined(400, "This PaymentIntent is not disputed.")
    if dispute["status"] != UNDECIDED:
        raise Declined(400, f"Dispute {dispute['id']} is {dispute['status']} already.")
    dispute["status"] = "won" if won else "lost"
    if won:
        # The money is the house's again, who may refund it.
        books.charges[dispute["charge"]]["disputed"] = False
    return dispute
