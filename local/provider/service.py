"""The provider as a service: its HTTP API, its memory of idempotency keys, and what buyers do."""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from local.answers import Answer
from local.asgi import ClientGone, Receive, Scope, Send, json_answer, receive_request, send_answer
from local.events import Received
from local.provider import cards, disputes
from local.provider.books import AUTHORISED, OPEN, PAID, Books, Declined, Record
from local.provider.forms import decode_form
from local.provider.webhooks import Webhooks, new_event

_EVENT_OF_REFUND = ("charge.refunded", "refund.updated")
_EVENT_OF_INTENT = {
    "requires_payment_method": "payment_intent.payment_failed",
    cards.ASKED: "payment_intent.requires_action",
    AUTHORISED: "payment_intent.amount_capturable_updated",
    PAID: "payment_intent.succeeded",
    "canceled": "payment_intent.canceled",
}
_EVENT_OF_DISPUTE = {disputes.UNDECIDED: "charge.dispute.created"}


def _refuse_declined_card(intent: Record) -> None:
    error = intent["last_payment_error"]
    if error:
        raise Declined(402, error["message"], kind=error["type"], code=error["code"])


class UnknownPayment(Exception):
    """No intent names that payment."""


class Provider:
    """The provider: an ASGI app for its API, and methods for what a buyer does. State survives restarts."""

    def __init__(self, path: Path, api_key: str, webhooks: Webhooks) -> None:
        self._path = path
        self._api_key = api_key
        self.webhooks = webhooks
        self._lock = threading.Lock()
        self._books = Books()
        self._answered: dict[str, Record] = {}
        self._told: dict[str, Record] = {}
        """By intent or dispute, the last event of it."""
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            self._books, self._answered, self._told = Books(**kept["books"]), kept["answered"], kept["told"]

    def _save(self) -> None:
        kept = {"books": asdict(self._books), "answered": self._answered, "told": self._told}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(self._path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call of the provider's API (ASGI)."""
        try:
            received = await receive_request(scope, receive)
        except ClientGone:
            return
        await send_answer(self.answer(received), send)

    def answer(self, received: Received) -> Answer:
        """Answer one call, with the provider's error document where it refuses."""
        request_id = ("Request-Id", f"req_{secrets.token_hex(7)}")
        try:
            body, replayed = self._serve(received)
        except Declined as declined:
            error = {"type": declined.kind, "message": str(declined)}
            if declined.code:
                error["code"] = declined.code
            return json_answer({"error": error}, declined.status, [request_id])
        marks = [("Idempotent-Replayed", "true")] if replayed else []
        return json_answer(body, headers=[request_id, *marks])

    def _serve(self, received: Received) -> tuple[Record, bool]:
        """Return the answer's object, and whether it is one given before under the same key."""
        if received.header("authorization") != f"Bearer {self._api_key}":
            raise Declined(401, "Invalid API Key provided.")
        form = decode_form(received.body)
        if received.method == "GET":
            with self._lock:
                return self._read(received), False
        key = received.header("idempotency-key")
        asked = json.dumps([received.path, form], sort_keys=True)
        with self._lock:
            if key in self._answered:
                known = self._answered[key]
                if known["asked"] != asked:
                    raise Declined(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters"
                        " they were first used with.",
                        kind="idempotency_error",
                    )
                return known["body"], True
            body, events = self._change(received, form)
            body = json.loads(json.dumps(body))
            if key:
                self._answered[key] = {"asked": asked, "body": body}
            self._save()
        if events:
            self.webhooks.later(events)
        if received.path.endswith("/confirm"):
            _refuse_declined_card(body)
        return body, False

    def _read(self, received: Received) -> Record:
        match received.path.strip("/").split("/"):
            case ["v1", "payment_intents", identifier]:
                return self._books.intent(identifier)
            case ["v1", "refunds"]:
                wanted = decode_form(received.query.encode()).get("payment_intent")
                made = [each for each in self._books.refunds.values() if each["payment_intent"] == wanted]
                # The newest first, and all on one page.
                return {"object": "list", "url": "/v1/refunds", "has_more": False, "data": made[::-1]}
            case ["v1", "refunds", identifier] if identifier in self._books.refunds:
                return self._books.refunds[identifier]
            case ["v1", "disputes", identifier] if identifier in self._books.disputes:
                return self._books.disputes[identifier]
        raise Declined(404, f"Unrecognized request URL (GET: {received.path}).")

    def _change(self, received: Received, form: Record) -> tuple[Record, list[Record]]:
        """Return the changed object and the events that tell of it."""
        match received.method, received.path.strip("/").split("/"):
            case "POST", ["v1", "payment_intents"]:
                return self._books.create_intent(form), []
            case "POST", ["v1", "payment_intents", identifier, "cancel"]:
                return self._changed(self._books.cancel(identifier, form))
            case "POST", ["v1", "payment_intents", identifier, "capture"]:
                return self._changed(self._books.capture(identifier, form))
            case "POST", ["v1", "payment_intents", identifier, "confirm"]:
                return self._changed(cards.confirm(self._books, identifier, form))
            case "POST", ["v1", "refunds"]:
                refund = self._books.refund(form)
                charge = self._books.charges[refund["charge"]]
                return refund, [
                    new_event(kind, subject)
                    for kind, subject in zip(_EVENT_OF_REFUND, (charge, refund), strict=True)
                ]
        raise Declined(404, f"Unrecognized request URL ({received.method}: {received.path}).")

    def _changed(self, intent: Record) -> tuple[Record, list[Record]]:
        return intent, [self._event(_EVENT_OF_INTENT[intent["status"]], intent)]

    def _event(self, kind: str, subject: Record) -> Record:
        event = self._told[subject["id"]] = new_event(kind, subject)
        return event

    def capture(self, payment_id: str) -> Record:
        """Pay, as the buyer would with a good card; what is paid already is only told again.

        Raises ``UnknownPayment`` or ``Declined``, as all that follow do.
        """
        return self._pay(payment_id, cards.pay, done=(PAID, AUTHORISED))

    def challenge(self, payment_id: str) -> Record:
        """Try to pay with a card whose bank asks its holder first."""
        return self._pay(payment_id, cards.challenge)

    def authenticate(self, payment_id: str) -> Record:
        """Answer the bank that asks; what is paid already is only told again."""
        return self._pay(payment_id, cards.authenticate, done=(PAID, AUTHORISED))

    def fail(self, payment_id: str) -> Record:
        """Try to pay with a card that is declined, or answer the bank wrongly."""
        return self._pay(payment_id, cards.decline)

    def _pay(
        self, payment_id: str, act: Callable[[Books, str], Record], *, done: tuple[str, ...] = ()
    ) -> Record:
        with self._lock:
            intent = self._ours(payment_id)
            event = self._told.get(intent["id"]) if intent["status"] in done else None
            if event is None:
                act(self._books, intent["id"])
                event = self._event(_EVENT_OF_INTENT[intent["status"]], intent)
                self._save()
        return self._sent(payment_id, intent, intent["status"], event)

    def dispute(self, payment_id: str) -> Record:
        """Dispute a payment at the bank, as its holder; what is disputed already is only told again."""
        return self._at_the_bank(payment_id, disputes.open_dispute, disputes.UNDECIDED)

    def close_dispute(self, payment_id: str, *, won: bool) -> Record:
        """Decide on a dispute, as the bank: for the house where ``won``. The same again is told again."""

        def decide(books: Books, identifier: str) -> Record:
            return disputes.decide(books, identifier, won=won)

        return self._at_the_bank(payment_id, decide, "won" if won else "lost")

    def _at_the_bank(self, payment_id: str, act: Callable[[Books, str], Record], status: str) -> Record:
        with self._lock:
            intent = self._ours(payment_id)
            dispute = disputes.of_intent(self._books, intent["id"])
            if dispute is None or dispute["status"] != status:
                dispute = act(self._books, intent["id"])
                self._event(_EVENT_OF_DISPUTE.get(status, "charge.dispute.closed"), dispute)
                self._save()
            event = self._told[dispute["id"]]
        return self._sent(payment_id, intent, f"dispute {status}", event)

    def _ours(self, payment_id: str) -> Record:
        intent = self._books.intent_of(payment_id)
        if intent is None:
            raise UnknownPayment(payment_id)
        return intent

    def _sent(self, payment_id: str, intent: Record, status: str, event: Record) -> Record:
        return {
            "payment_id": payment_id,
            "intent_id": intent["id"],
            "status": status,
            "webhook": self.webhooks.send(event),
        }

    def payments(self) -> list[Record]:
        """Return every intent that names a payment of ours, newest first, with what a console shows."""
        with self._lock:
            return [
                {
                    "payment_id": intent["metadata"]["payment_id"],
                    "intent_id": intent["id"],
                    "amount": {"amount": intent["amount"], "currency": intent["currency"].upper()},
                    "status": intent["status"],
                    "open": intent["status"] in OPEN,
                    "dispute": (disputes.of_intent(self._books, intent["id"]) or {}).get("status"),
                    "metadata": intent["metadata"],
                    "created": intent["created"],
                }
                for intent in reversed(self._books.intents.values())
                if "payment_id" in intent["metadata"]
            ]
