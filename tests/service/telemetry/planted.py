"""Sends every planted request to every function, as everybody, and lets each signal go where it goes.

``python -m tests.service.telemetry.planted EMULATOR`` is a process with Lambda's environment: its lines come
out of standard output, its spans and error reports where the environment says. What it must not tell besides
the canary, and how it was answered, it tells its test by standard error.
"""

import collections
import json
import os
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import Secret

from greenroom.actors import Role
from greenroom.gateway.routes import Route
from greenroom.storage.tables import Tables
from local.events import Received, proxy_event
from local.routes import Match, Resource
from tests.support.emulator import RunningEmulator
from tests.support.functions import PASSWORD, ROLES, ROUTES, RunningFunctions, running_functions
from tests.support.planting import CANARY, EMAIL, Planted, requests

PEOPLE: tuple[str | None, ...] = (None, "buyer", "agent", "admin")
WHILE_BROKEN = {"all that fits", "script"}
WORD = CANARY  # by another name where source lines are reported


class Sender:
    """Sends requests as the gateway does, and keeps what is secret of the answers."""

    def __init__(self, running: RunningFunctions) -> None:
        self.running = running
        self.secrets: set[str] = {PASSWORD}
        self.statuses: collections.Counter[int] = collections.Counter()

    def send(self, planted: Planted, token: str | None) -> None:
        """Send one."""
        route = planted.route
        headers = [(name, value) for name, value in planted.headers.items()]
        headers.append(("Authorization", f"Bearer {token or CANARY}"))
        received = Received(
            method=route.method,
            path=f"/{CANARY}",
            query=planted.query,
            headers=tuple(headers),
            body=planted.body,
            source_ip="198.51.100.7",
            port=443,
        )
        match = Match(Resource(route.path, {route.method: route.function}), dict(planted.parameters))
        event = proxy_event(received, match, request_id=str(uuid.uuid4()), now=datetime.now(UTC))
        answer = self.running.functions[route.function](json.loads(json.dumps(event)))
        self.statuses[answer["statusCode"]] += 1
        self._keep(answer["body"])

    def _keep(self, body: str) -> None:
        try:
            document = json.loads(body)
        except ValueError:
            return
        for name in ("access_token", "refresh_token", "secret", "otpauth_uri", "client_secret", "challenge"):
            if isinstance(document, dict) and isinstance(document.get(name), str):
                self.secrets.add(document[name])


def _tokens(running: RunningFunctions, route: Route) -> Iterator[str | None]:
    for who in PEOPLE:
        if who and (route.method, route.path) == ("DELETE", "/v1/me"):
            # Whoever leaves sends nothing more.
            running.add_person("leaving", ROLES[who])
            yield running.log_in("leaving")
        else:
            yield running.log_in(who) if who else None


def _send_all(sender: Sender, things: dict[str, str]) -> None:
    for route in ROUTES:
        for token in _tokens(sender.running, route):
            if token:
                sender.secrets.add(token)
            for planted in requests(route, things):
                sender.send(planted, token)


def _break_tables() -> None:
    """From now on every read fails with an error that quotes the input, and keeps it in a local variable."""

    def get(*arguments: Any, **named: Any) -> Any:
        asked = f"{WORD} {arguments} {named}"
        raise RuntimeError(asked)

    Tables.get = Tables.batch_get = Tables.query = get  # type: ignore[method-assign]


def main(emulator_url: str) -> None:
    """Plant all, twice: with everything in order, and with tables that fail loudly."""
    with running_functions(RunningEmulator(emulator_url)) as running:
        del os.environ["POWERTOOLS_TRACE_DISABLED"]  # which one machine sets
        sender = Sender(running)
        celebrity = running.add_celebrity("agent")
        running.emails["canary"] = EMAIL
        running.operator.create_user(
            email=EMAIL, password=Secret(PASSWORD), display_name=CANARY, role=Role.BUYER
        )
        things = {
            "booking_id": running.book("buyer", celebrity),
            "celebrity_id": celebrity.id,
            "user_id": running.ids["other buyer"],
            "offering_id": running.add_offering(celebrity),
            "block_id": running.add_block(celebrity),
            "upload_id": running.add_upload("agent"),
        }
        _send_all(sender, things)
        tokens = [running.log_in(who) for who in ("buyer", "agent", "admin")]
        _break_tables()
        for route in ROUTES:
            for planted in requests(route, things):
                if planted.name in WHILE_BROKEN:
                    for token in tokens:
                        sender.send(planted, token)
    told = {"secrets": sorted({*sender.secrets, *tokens}), "statuses": dict(sender.statuses)}
    sys.stderr.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
