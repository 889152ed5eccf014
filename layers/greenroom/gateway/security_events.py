"""What a request tells of whoever sent it, as security events by OWASP's logging vocabulary.

They change nothing about the answer and hold no text of the client's: a field is named only where the name
is ours, an unknown one is told by its number. A request writes at most one event of each kind.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel

from greenroom.refusals import Refusal
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.logs import log_security

from .problems import InvalidFields
from .requests import Request
from .routes import Route
from .suspicion import Text, attack_tool, signs_in

SECRET_FIELDS = frozenset(
    "password current_password new_password token refresh_token totp_code code cursor credential".split()
)
"""Fields that are not looked into: that a password resembles an attack says something about the password."""

_READ_HEADERS = ("user-agent", "referer", "x-forwarded-for", "x-correlation-id")

# What a server decides and no body may name. A misspelt field is a mistake; one of these is a try.
_SERVERS_OWN = frozenset(
    "__proto__ admin agent_id amount buyer_id celebrity_id commission constructor created_at "
    "deposit_share email_verified fee id is_admin owner_id payment_id permissions price prototype role "
    "session_id state status total user_id verified version".split()
)
_MOST_FIELDS = 3
_NUMBER = re.compile(
    r"[0-9]{1,3}"
)  # of an element of a list; a longer one may be what a client calls a field
_MOST_TEXTS = 500


class Said(NamedTuple):
    """What became known of a request while it was answered."""

    route: Route | None = None
    document: Mapping[str, Any] = {}
    refusal: Refusal | None = None


class _Event(NamedTuple):
    name: str
    severity: Literal["INFO", "WARN", "CRITICAL"]
    fields: dict[str, Any]


def log_security_events(request: Request, said: Said, *, status: int, origins: Collection[str]) -> None:
    """Log what stands out about a request that is about to be answered with ``status``.

    To look must not change the answer: what goes wrong here is reported and stays here.
    """
    try:
        for event in _events(request, said, status, origins):
            log_security(event.name, event.severity, **event.fields, route=request.resource)
    except Exception as error:
        report_fault("a request could not be looked at", error, route=request.resource)


def _events(request: Request, said: Said, status: int, origins: Collection[str]) -> Iterator[_Event]:
    yield from _attacks(request, said, status)
    yield from _tools(request)
    yield from _foreign_pages(request, origins)
    yield from _refused_fields(said)


def _attacks(request: Request, said: Said, status: int) -> Iterator[_Event]:
    # A sign of an attack in a request that made us fail is the one to get up for.
    severity: Literal["WARN", "CRITICAL"] = "CRITICAL" if status == 500 else "WARN"
    for sign in signs_in(list(texts_of(request, said))):
        name = "malicious_direct_reference" if sign.kind == "traversal" else "malicious_extraneous"
        yield _Event(name, severity, {"kind": sign.kind, "where": sign.where, "field": sign.field})


def _tools(request: Request) -> Iterator[_Event]:
    tool = attack_tool(request.headers.get("user-agent", ""))
    if tool is not None:
        yield _Event("malicious_attack_tool", "WARN", {"tool": tool})


def _foreign_pages(request: Request, origins: Collection[str]) -> Iterator[_Event]:
    """Tell of a page that is neither allowed nor our own; where it is from is its user's business."""
    origin = request.headers.get("origin")
    own = f"://{request.headers.get('host', '')}"
    if origin is not None and origin not in origins and not origin.endswith(own):
        yield _Event("malicious_cors", "WARN", {"preflight": request.method == "OPTIONS"})


def _refused_fields(said: Said) -> Iterator[_Event]:
    if not isinstance(said.refusal, InvalidFields) or said.route is None:
        return
    known = _names(said.route)
    places = [_place(field.split("."), known) for field, _ in said.refusal.errors]
    named = list(dict.fromkeys(place for place in places if "?" not in place))
    yield _Event(
        "input_validation_fail",
        "INFO",
        {"fields": named[:_MOST_FIELDS], "count": len(places), "unknown": sum("?" in p for p in places)},
    )
    tried = {field.rpartition(".")[2] for field, _ in said.refusal.errors} & (_SERVERS_OWN - known)
    if tried:
        yield _Event("malicious_extraneous", "WARN", {"kind": "servers_own", "fields": sorted(tried)})


def texts_of(request: Request, said: Said) -> Iterator[Text]:
    """Yield what the client wrote, each with our own name for its place."""
    for name, value in request.path_parameters.items():
        yield Text("path", name, value)
    known = _names(said.route)
    for name, values in request.query.items():
        if name not in SECRET_FIELDS:
            for value in values:
                yield Text("query", name if name in known else "?", value)
    for number, (place, value) in enumerate(_strings(said.document, ())):
        if number == _MOST_TEXTS:
            break
        yield Text("body", _place(place, known), value)
    for name in _READ_HEADERS:
        if name in request.headers:
            yield Text("header", name, request.headers[name])


def _strings(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in SECRET_FIELDS:
                yield from _strings(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _strings(inner, (*place, str(number)))


def _place(parts: Collection[str], known: Collection[str]) -> str:
    """Spell a field's place by our own names; what the client called something becomes ``?``."""
    return ".".join(part if part in known or _NUMBER.fullmatch(part) else "?" for part in parts)


@cache
def _names_of(model: type[BaseModel]) -> frozenset[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        pending: list[Any] = [field.annotation]
        while pending:
            annotation = pending.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                found |= _names_of(annotation)
            pending.extend(get_args(annotation))
    return frozenset(found)


def _names(route: Route | None) -> frozenset[str]:
    """Return every field and parameter that a route knows."""
    shapes = (route.body, route.query) if route is not None else ()
    return frozenset().union(*(_names_of(shape) for shape in shapes if shape is not None))
