"""Nothing that users, providers or secrets say is in any byte that is sent, wherever it was at hand."""

import base64
import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Annotated, Any
from urllib.error import URLError
from urllib.request import Request as Outbound
from urllib.request import urlopen

import pytest
import sentry_sdk
from pydantic import Field, ValidationError

from greenroom.gateway.answers import NoContent
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.requests import Request
from greenroom.gateway.routes import PUBLIC, Limit, Routes
from greenroom.shapes import Body
from greenroom.telemetry import errors
from greenroom.telemetry.faults import report_fault
from local.events import Received, proxy_event
from local.ports import free_port
from local.routes import Match, Resource
from tests.service.telemetry.conftest import Configure
from tests.support.ingest import Ingest

PLACES = (
    "email password token card query body header cookie path local text cause context note group breadcrumb"
    " logged url circumstance model"
).split()
MESSAGES = "text cause context note group".split()
"""The places in messages of errors, where a secret is known by its form."""


class Form(Body):
    """What is posted."""

    email: str
    password: str
    card: str
    text: str


class Strict(Body):
    """A model whose refusal quotes what it refused."""

    number: Annotated[int, Field(gt=0)]


@dataclass
class Canaries:
    """A secret for each place, made anew for each test.

    They look like words: one that looks random is masked by its look, wherever it gets to. Only those in the
    messages of errors look random, for of these no more is masked.
    """

    of: dict[str, str] = field(
        default_factory=lambda: {place: f"{place}Q{secrets.token_hex(5)}" for place in PLACES}
    )

    def __post_init__(self) -> None:
        self.of |= {place: f"{place}7{secrets.token_urlsafe(16)}" for place in MESSAGES}
        digits = str(secrets.randbelow(10**15)).zfill(15)
        self.of["card"] = f"4{digits[:3]} {digits[3:7]} {digits[7:11]} {digits[11:]}"
        self.of["email"] = f"{self.of['email']}@example.com"

    def found(self, told: bytes) -> list[str]:
        """Return the places whose secret shows in the bytes, whole, without spaces, or in another form."""
        return [place for place, secret in self.of.items() if any(form in told for form in _forms(secret))]


def _forms(secret: str) -> Iterator[bytes]:
    for text in {secret, secret.replace(" ", ""), secret.replace("@", "%40"), secret.partition("@")[0]}:
        yield text.encode()
        yield text.encode().hex().encode()
        yield base64.b64encode(text.encode()).rstrip(b"=")


routes = Routes("canaries")


@routes.route("POST", "/things/{thing_id}", access=PUBLIC, limit=Limit.NONE)
def break_down(app: Canaries, body: Form, request: Request, thing_id: str) -> NoContent:
    """Break, with a secret in every place that a report could take it from."""
    local = app.of["local"], body, request, thing_id  # noqa: F841 - it is there to be found
    of = app.of
    errors.add_breadcrumb("table", "GetItem", key=of["breadcrumb"])
    errors.add_breadcrumb(of["breadcrumb"], "read")
    logging.getLogger("greenroom").error("lost %s", of["logged"], extra={"what": of["logged"]})
    _call_out(of["url"])
    with_context = KeyError(of["context"])
    with_context.__context__ = ExceptionGroup(of["group"], [ValueError(of["group"])])
    with_cause = ValueError(of["cause"])
    with_cause.__cause__ = with_context
    error = RuntimeError(f"{of['text']} for {of['email']}", of["text"])
    error.add_note(of["note"])
    error.__context__ = _refused(of["model"])
    try:
        raise error from with_cause
    except RuntimeError as raised:
        report_fault("lost", raised, reason=f"{body.email} {body.card}", anything=of["circumstance"])
        raise


def _call_out(secret: str) -> None:
    address = f"http://127.0.0.1:{free_port()}/{secret}?key={secret}"
    try:
        urlopen(Outbound(address, headers={"Authorization": f"Bearer {secret}"}), timeout=5)
    except URLError as gone:
        report_fault("unreachable", gone)


def _refuse(address: str) -> None:
    raise ValueError(f"no mail to {address}")


def _refused(secret: str) -> ValidationError:
    try:
        Strict.model_validate({"number": secret})
    except ValidationError as refused:
        return refused
    raise AssertionError("a text is no number")


def _call(canaries: Canaries) -> dict[str, Any]:
    of = canaries.of
    sent = {"email": of["email"], "password": of["password"], "card": of["card"], "text": of["body"]}
    received = Received(
        method="POST",
        path=f"/things/{of['path']}",
        query="",
        headers=(
            ("authorization", f"Bearer {of['token']}"),
            ("content-type", "application/json"),
            ("cookie", f"session={of['cookie']}"),
            ("x-anything", of["header"]),
            ("user-agent", of["header"]),
        ),
        body=json.dumps(sent).encode(),
        source_ip="198.51.100.7",
        port=443,
    )
    match = Match(Resource("/things/{thing_id}", {"POST": "canaries"}), {"thing_id": of["path"]})
    event = proxy_event(received, match, request_id="r1", now=_now())
    event["requestContext"]["secret"] = of["query"]
    return event


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


@pytest.mark.parametrize("rate", ["0", "1"], ids=["reports alone", "traces and profiles"])
def test_no_secret_of_a_request_that_breaks_is_sent(configure: Configure, ingest: Ingest, rate: str) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE=rate, SENTRY_PROFILES_SAMPLE_RATE=rate)
    canaries = Canaries()
    serve = Function(routes, lambda: Composition(app=canaries))

    assert serve(_call(canaries))["statusCode"] == 500
    errors.flush(5)

    assert len(ingest.events()) == 2  # the error that escapes was reported before
    assert len(ingest.events()[1]["exception"]["values"]) >= 4
    assert len(ingest.items("transaction")) == int(rate)
    assert canaries.found(ingest.everything()) == []
    assert b"198.51.100.7" not in ingest.everything()


def test_the_search_finds_a_secret_in_whatever_form(reported: Ingest) -> None:
    canaries = Canaries()
    for secret in canaries.of.values():
        told = base64.b64encode(f"x{secret}".encode())
        assert canaries.found(secret.encode())
        assert canaries.found(_unpacked(reported, told))


def _unpacked(ingest: Ingest, told: bytes) -> bytes:
    ingest.raw.append(told)
    return ingest.everything().removeprefix(told)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_is_captured_past_our_interface_passes_the_same_filter(reported: Ingest) -> None:
    sentry_sdk.set_user({"id": "usr_1", "email": "hunter2@example.com", "ip_address": "198.51.100.7"})
    sentry_sdk.set_extra("anything", "hunter2")
    sentry_sdk.capture_message("mail to hunter2@example.com")
    sentry_sdk.capture_event(
        {"message": "a", "request": {"headers": {"Cookie": "hunter2"}, "data": "hunter2"}}
    )
    thread = Thread(target=_refuse, args=("hunter2@example.com",))
    thread.start()
    thread.join()
    errors.flush(5)

    assert len(reported.events()) == 3
    assert reported.events()[2]["exception"]["values"][0]["mechanism"]["type"] == "threading"
    assert b"hunter2" not in reported.everything()
    assert b"198.51.100.7" not in reported.everything()
