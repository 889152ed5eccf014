"""The endpoints and the page that exist on one machine only: mailbox, payments, logs, errors, metrics, media.

They act without a token, so they answer only those who ask at this machine's own address, and no page of
another origin: else any web site in the developer's browser could use them.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

from local.answers import Answer
from local.asgi import ClientGone, Receive, Scope, Send, json_answer, receive_request, send_answer
from local.console_page import PAGE, page_part
from local.error_reports import ErrorReports
from local.events import Received
from local.gateway import Gateway
from local.journal import MOST_LINES, Journal
from local.mailbox import Mailbox
from local.media import Media
from local.metrics_board import PERIODS, MetricsBoard
from local.provider.books import Declined
from local.provider.service import Provider, UnknownPayment
from local.provider.webhooks import Delivery

_MOST_MAILS_SHOWN = 50
_MOST_PAYMENTS_SHOWN = 30
_DEEDS: dict[str, Callable[[Provider, str], dict[str, Any]]] = {
    "capture": Provider.capture,
    "fail": Provider.fail,
    "challenge": Provider.challenge,
    "authenticate": Provider.authenticate,
    "dispute": Provider.dispute,
    "dispute/won": partial(Provider.close_dispute, won=True),
    "dispute/lost": partial(Provider.close_dispute, won=False),
}
"""What the card holder and his bank do to a payment, by the end of the path."""


def is_ours(path: str) -> bool:
    """Tell whether the path is the console's, not the API's."""
    return path == PAGE or path.startswith("/local/")


class Control:
    """The local endpoints (ASGI). ``port`` is the one that people use."""

    def __init__(
        self,
        *,
        port: int,
        data: Path,
        journal: Journal,
        board: MetricsBoard,
        mailbox: Mailbox,
        provider: Provider,
        reports: ErrorReports,
        faulty: Gateway,
        media: Media,
    ) -> None:
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._demo = data / "demo.json"
        self._journal = journal
        self._board = board
        self._mailbox = mailbox
        self._provider = provider
        self._reports = reports
        self._faulty = faulty
        self._media = media

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        try:
            received = await receive_request(scope, receive)
        except ClientGone:
            return
        await send_answer(await self._answer(received), send)

    async def _answer(self, received: Received) -> Answer:
        if not self._asked_here(received):
            return _refused(403, "The local endpoints answer this machine's own pages and tools alone.")
        query = {name: values[-1] for name, values in parse_qs(received.query).items()}
        match received.method, received.path.strip("/").split("/"):
            case "GET", _ if (part := page_part(received.path)) is not None:
                return part
            case "GET", ["local", "media", *_]:
                file = await asyncio.to_thread(self._media.read, received.path)
                return file or _refused(404, "There is nothing here.")
            case "GET", ["local", name] if name in self._reads:
                return self._read(name, query)
            case "POST", ["local", "payments", payment_id, *deed] if "/".join(deed) in _DEEDS:
                return await self._pay(_DEEDS["/".join(deed)], payment_id)
            case "POST", ["local", "errors"]:
                return await self._faulty.answer(received)
            case "PUT", ["local", "delivery"]:
                return await self._deliver(received.body)
        return _refused(404, "There is nothing here.")

    def _read(self, name: str, query: dict[str, str]) -> Answer:
        try:
            return json_answer(self._reads[name](self, query))
        except ValueError as error:
            return _refused(422, str(error))

    def _asked_here(self, received: Received) -> bool:
        """Refuse other names for this address (DNS rebinding) and other sites' pages (request forgery)."""
        host, origin = received.header("host"), received.header("origin")
        foreign = received.header("sec-fetch-site") in {"cross-site", "same-site"}
        if host not in self._hosts or (origin and origin != f"http://{host}"):
            return False
        return received.path == PAGE or not foreign  # a link to the page itself may stand anywhere

    def _mails(self, query: dict[str, str]) -> Any:
        return {"items": [mail.public() for mail in self._mailbox.mails(query.get("to"))]}

    def _lines(self, query: dict[str, str]) -> Any:
        """Return log lines: all, or those of a ``request_id``, of some ``category``, the ``last`` few."""
        categories = query["category"].split(",") if "category" in query else None
        most = _number(query.get("last"), MOST_LINES)
        return {"items": self._journal.lines(query.get("request_id"), categories, most)}

    def _requests(self, _query: dict[str, str]) -> Any:
        return {"items": self._journal.requests()}

    def _payments(self, _query: dict[str, str]) -> Any:
        return {"items": self._provider.payments()}

    def _delivery(self, _query: dict[str, str]) -> Any:
        return asdict(self._provider.webhooks.delivery)

    def _errors(self, _query: dict[str, str]) -> Any:
        return {"items": self._reports.reports()}

    def _metrics(self, query: dict[str, str]) -> Any:
        """Return the board's series by ``period`` (10 or 60 s), with no more than ``most_dimensions``."""
        period = _number(query.get("period"), min(PERIODS))
        if period not in PERIODS:
            raise ValueError(f"a period is one of {', '.join(map(str, PERIODS))} seconds")
        most = query.get("most_dimensions")
        return self._board.series(period=period, most_dimensions=None if most is None else _number(most, 0))

    def _state(self, _query: dict[str, str]) -> Any:
        """Return all that the console shows, in one answer; ``number`` tells one mail from another."""
        mails = self._mailbox.mails()
        return {
            "demo": json.loads(self._demo.read_text("utf-8")) if self._demo.exists() else None,
            "mails": [
                {"number": len(mails) - position, **asdict(mail)}
                for position, mail in enumerate(mails[:_MOST_MAILS_SHOWN])
            ],
            "payments": self._provider.payments()[:_MOST_PAYMENTS_SHOWN],
            "requests": self._journal.requests(),
        }

    _reads: ClassVar[dict[str, Callable[["Control", dict[str, str]], Any]]] = {
        "mailbox": _mails,
        "logs": _lines,
        "requests": _requests,
        "payments": _payments,
        "delivery": _delivery,
        "errors": _errors,
        "metrics": _metrics,
        "state": _state,
    }

    async def _pay(self, act: Callable[[Provider, str], dict[str, Any]], payment_id: str) -> Answer:
        # The webhook comes back to this very server: it must not wait on the server's own loop.
        try:
            return json_answer(await asyncio.to_thread(act, self._provider, unquote(payment_id)))
        except UnknownPayment:
            return _refused(404, "The provider knows no such payment.")
        except Declined as declined:
            return _refused(409, str(declined))

    async def _deliver(self, body: bytes) -> Answer:
        """Set how events are delivered: ``copies``, ``delay_seconds``, ``reorder``; absent ones reset."""
        try:
            self._provider.webhooks.delivery = Delivery(**json.loads(body))
        except (ValueError, TypeError) as error:
            return _refused(422, str(error))
        if not self._provider.webhooks.delivery.reorder:
            await asyncio.to_thread(self._provider.webhooks.release)
        return json_answer(asdict(self._provider.webhooks.delivery))


def _refused(status: int, detail: str) -> Answer:
    return json_answer({"status": status, "detail": detail}, status)


def _number(text: str | None, otherwise: int) -> int:
    """Return a number of a query, ``otherwise`` where it is absent. Raises ``ValueError``."""
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise ValueError(f"{text!r} is no number of at most six digits")
    return int(text)
