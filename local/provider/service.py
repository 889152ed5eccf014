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
from local.provider.books import OPEN, Books, Declined, Record
from local.provider.forms import decode_form
from local.provider.webhooks import Webhooks, new_event

_EVENT_OF_REFUND = ("charge.refunded", "refund.updated")


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
        """By intent, the last event of a payment."""
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
                return self._read(received.path), False
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
        return body, False

    def _read(self, path: str) -> Record:
        match path.strip("/").split("/"):
            case ["v1", "payment_intents", identifier]:
                return self._books.intent(identifier)
            case ["v1", "refunds", identifier] if identifier in self._books.refunds:
                return self._books.refunds[identifier]
        raise Declined(404, f"Unrecognized request URL (GET: {path}).")

    def _change(self, received: Received, form: Record) -> tuple[Record, list[Record]]:
        """Return the changed object and the events that tell of it."""
        match received.method, received.path.strip("/").split("/"):
            case "POST", ["v1", "payment_intents"]:
                return self._books.create_intent(form), []
            case "POST", ["v1", "payment_intents", identifier, "cancel"]:
                intent = self._books.cancel(identifier, form)
                return intent, [new_event("payment_intent.canceled", intent)]
            case "POST", ["v1", "refunds"]:
                refund = self._books.refund(form)
                charge = self._books.charges[refund["charge"]]
                return refund, [
                    new_event(kind, subject)
                    for kind, subject in zip(_EVENT_OF_REFUND, (charge, refund), strict=True)
                ]
        raise Declined(404, f"Unrecognized request URL ({received.method}: {received.path}).")

    def capture(self, payment_id: str) -> Record:
        """Pay, as the buyer would with a good card; what is paid already is only told again.

        Raises ``UnknownPayment`` or ``Declined``.
        """
        return self._pay(payment_id, self._books.capture, "payment_intent.succeeded")

    def fail(self, payment_id: str) -> Record:
        """Try to pay with a card that is declined. Raises ``UnknownPayment`` or ``Declined``."""
        return self._pay(payment_id, self._books.decline_card, "payment_intent.payment_failed")

    def _pay(self, payment_id: str, act: Callable[[str], Record], kind: str) -> Record:
        with self._lock:
            intent = self._books.intent_of(payment_id)
            if intent is None:
                raise UnknownPayment(payment_id)
            event = self._told.get(intent["id"])
            if event is None or event["type"] != kind or intent["status"] in OPEN:
                event = self._told[intent["id"]] = new_event(kind, act(intent["id"]))
                self._save()
        return {
            "payment_id": payment_id,
            "intent_id": intent["id"],
            "status": intent["status"],
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
                    "metadata": intent["metadata"],
                    "created": intent["created"],
                }
                for intent in reversed(self._books.intents.values())
                if "payment_id" in intent["metadata"]
            ]
