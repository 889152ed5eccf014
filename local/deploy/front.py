"""What stands before a deployed stage on one machine: its domains, the mailbox, and a buyer's card.

All but ``/local/…`` goes to the API as it came, as through a custom domain of API Gateway; ``/local/cdn/…``
goes to the content network, as through its domain.
"""

import asyncio
import http.client
import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local.answers import Answer
from local.asgi import ClientGone, Receive, Scope, Send, json_answer, receive_request, send_answer
from local.events import Received
from local.provider.books import Declined
from local.provider.service import Provider, UnknownPayment

_TIMEOUT_SECONDS = 40.0
_OF_ONE_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


class Front:
    """An ASGI app. ``api_url`` is the stage's address in the emulator, ``cdn_domain`` its network's."""

    def __init__(self, emulator_url: str, api_url: str, cdn_domain: str, provider: Provider) -> None:
        self._emulator_url = emulator_url
        self._api = urlsplit(api_url)
        self._cdn_domain = cdn_domain
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            received = await receive_request(scope, receive)
        except ClientGone:
            return
        # In a thread: the webhook of a payment comes back to this very server.
        await send_answer(await asyncio.to_thread(self._answer, received), send)

    def _answer(self, received: Received) -> Answer:
        match received.method, received.path.strip("/").split("/"):
            case "GET", ["local", "mailbox"]:
                to = parse_qs(received.query).get("to", [""])[0]
                return json_answer({"items": mails(self._emulator_url, to)})
            case "POST", ["local", "payments", payment_id, "capture"]:
                return self._capture(unquote(payment_id))
            case _, ["local", "cdn", *path]:
                # By the host the emulator knows the distribution, and whether it is HTTPS by this header.
                seen = {"host": self._cdn_domain, "x-forwarded-proto": "https"}
                return self._forward(received, f"/{'/'.join(path)}", seen)
            case _, ["local", *_]:
                return json_answer({"status": 404, "detail": "There is nothing here."}, 404)
        # By this the emulator's gateway knows who calls. It believes what a caller says, as AWS's does not.
        caller = {} if received.header("x-forwarded-for") else {"x-forwarded-for": received.source_ip}
        return self._forward(received, self._api.path + received.path, caller)

    def _capture(self, payment_id: str) -> Answer:
        try:
            return json_answer(self._provider.capture(payment_id))
        except (UnknownPayment, Declined) as error:
            return json_answer({"status": 409, "detail": str(error)}, 409)

    def _forward(self, received: Received, path: str, more: Mapping[str, str]) -> Answer:
        headers = {name: value for name, value in received.headers if name.lower() not in _OF_ONE_HOP}
        headers |= more
        path += f"?{received.query}" if received.query else ""
        connection = http.client.HTTPConnection(self._api.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(received.method, path, received.body or None, headers)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_ONE_HOP]
            return Answer(answer.status, tuple(kept), answer.read())
        finally:
            connection.close()


def mails(emulator_url: str, to: str) -> list[dict[str, Any]]:
    """Return the mails to an address, the newest first. The emulator keeps no attachments."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{emulator_url}/_ministack/ses/messages") as answer:
        kept = [mail for mails in json.load(answer)["messages"].values() for mail in mails]
    return [
        {"to": to, "subject": mail["Subject"], "text": mail["BodyText"]}
        for mail in reversed(kept)
        if to in mail["To"] or not to
    ]
