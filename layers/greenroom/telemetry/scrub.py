"""What may be in an error report. A report is made anew from the parts named here; all else is left out.

Lists of what is secret are never complete, so these are lists of what is not: the shape of a report, the
names of its fields, and the form of their texts.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from greenroom.refusals import Refusal

from .grouping import in_app

WITHHELD = "(withheld)"

FIELDS = frozenset(
    "booking_id check correlation_id dropped error event_id function limit milliseconds operation passed"
    " payment_id principal_id provider reason remaining_ms request_id route sequence_number severity status"
    " table threshold user_id what".split()
)
"""The names under which a report tells circumstances."""
TAGS = frozenset("category code function role route".split())
CRUMBS = frozenset("provider route step table".split())
"""The kinds of breadcrumbs."""

_LONGEST = 200
# Our own ids and those of a request are known by their form: they may hold what else looks like a number.
_ID = re.compile(r"[a-z]{2,5}_[0-9A-HJKMNP-TV-Za-z]{1,40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECRETS = (
    re.compile(r"[^\s@/]+@[^\s@]+"),  # addresses
    re.compile(r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # tokens in three parts
    re.compile(r"(?i)\b(bearer|basic)\s+\S+"),
    re.compile(r"(?:\d[ -]?){9,}"),  # numbers of cards, telephones, accounts
    re.compile(r"[?&#]\S+"),  # what stands behind an address's path
    re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]{24,}"),  # anything that looks random
)
_TRACE = ("trace_id", "span_id", "parent_span_id", "op", "status", "origin")
_TRACE_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
# What the SDK moves from here to the envelope's header: which part of all requests a trace stands for.
_SAMPLING = (
    "trace_id",
    "public_key",
    "environment",
    "release",
    "transaction",
    "sample_rate",
    "sample_rand",
    "sampled",
)
_SPAN = (*_TRACE, "description", "start_timestamp", "timestamp")
_WHOLE = (
    *("event_id", "timestamp", "start_timestamp", "platform", "level", "type"),
    *("release", "environment"),
)


def text(value: str) -> str:
    """Return a text of our own making without what may have got into it."""
    if _ID.fullmatch(value):
        return value
    for secret in _SECRETS:
        value = secret.sub(WITHHELD, value)
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the circumstances that have a known name, as figures or as texts."""
    return {name: _plain(value) for name, value in given.items() if name in FIELDS and value is not None}


def _plain(value: Any) -> Any:
    # Text of whatever kind becomes plain text: an enum's member would otherwise bring its own form.
    return value if isinstance(value, bool | int | float) else text(str(value))


def _trace(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    ids = {
        name: value
        for name in names
        if name.endswith("_id") and _TRACE_ID.fullmatch(value := str(given.get(name)))
    }
    return _picked(given, (name for name in names if not name.endswith("_id"))) | ids


def _picked(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(given[name]) for name in names if given.get(name) is not None}


def clean(event: Mapping[str, Any]) -> dict[str, Any]:
    """Make a report or a trace anew from its allowed parts. Pure; the given event is not changed."""
    kept: dict[str, Any] = {name: event[name] for name in _WHOLE if name in event}
    contexts = event.get("contexts") or {}
    trace = contexts.get("trace") or {}
    kept["contexts"] = {"trace": _trace(trace, _TRACE)}
    if sampling := trace.get("dynamic_sampling_context"):
        kept["contexts"]["trace"]["dynamic_sampling_context"] = _trace(sampling, _SAMPLING)
    if circumstances := fields(contexts.get("circumstances") or {}):
        kept["contexts"]["circumstances"] = circumstances
    if "transaction" in event:
        kept["transaction"] = text(str(event["transaction"]))
        kept["transaction_info"] = {"source": "route"}
    if "fingerprint" in event:
        kept["fingerprint"] = [text(str(part)) for part in event["fingerprint"]]
    if sdk := event.get("sdk"):
        kept["sdk"] = _picked(sdk, ("name", "version"))
    if "exception" in event:
        kept["exception"] = {"values": [_exception(one) for one in event["exception"].get("values") or ()]}
    if message := (event.get("logentry") or {}).get("message") or event.get("message"):
        kept["message"] = text(str(message))
    tags = _picked(event.get("tags") or {}, sorted(TAGS))
    kept["tags"] = {name: value for name, value in tags.items() if value}
    kept["user"] = _picked(event.get("user") or {}, ("id", "role"))
    crumbs = (event.get("breadcrumbs") or {}).get("values") or ()
    kept["breadcrumbs"] = {"values": [_crumb(one) for one in crumbs if one.get("category") in CRUMBS]}
    if event.get("type") == "transaction":
        kept["spans"] = [_trace(span, _SPAN) for span in event.get("spans") or ()]
    return kept


def _exception(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in ("type", "module") if one.get(name)}
    kept["value"] = _value(str(one.get("module")), str(one.get("type")), str(one.get("value")))
    mechanism = one.get("mechanism") or {}
    kept["mechanism"] = {
        name: mechanism[name]
        for name in ("type", "handled", "exception_id", "parent_id", "is_exception_group")
        if name in mechanism
    }
    frames = (one.get("stacktrace") or {}).get("frames") or ()
    kept["stacktrace"] = {"frames": [_frame(frame) for frame in frames]}
    return kept


def _value(module: str, name: str, value: str) -> str:
    """Return an error's text where it is one that we wrote and that holds nothing of a request."""
    kind = getattr(sys.modules.get(module), name, None)
    fixed = isinstance(kind, type) and issubclass(kind, Refusal) and value == getattr(kind, "title", None)
    return value if fixed else WITHHELD


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: frame[name] for name in ("filename", "function", "module", "lineno") if name in frame}
    kept["in_app"] = in_app(str(frame.get("module") or ""), str(frame.get("abs_path") or ""))
    return kept


def _crumb(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in ("timestamp", "category") if name in one}
    kept["message"] = text(str(one.get("message") or ""))
    kept["data"] = fields(one.get("data") or {})
    return kept
