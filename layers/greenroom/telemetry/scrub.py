"""The privacy filter of error reports: the fields that leave, and the masks over their texts."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from .frames import in_app, module_path

FIELDS = frozenset(  # the names under which circumstances leave
    "booking_id check correlation_id dropped error event_id function limit milliseconds operation passed"
    " payment_id principal_id provider reason remaining_ms request_id route sequence_number severity status"
    " table threshold user_id what".split()
)
_STEPS = frozenset("provider route step table".split())
_AS_IS = frozenset(
    "event_id timestamp start_timestamp release environment public_key sample_rate sample_rand thread.id"
    " fingerprint function module filename pre_context context_line post_context".split()
)
_NAMES = FIELDS.union(  # the names under which anything leaves, at any depth of an event
    _AS_IS,
    "trace_id span_id parent_span_id profiler_id platform level type message transaction source tags category"
    " code role user id sdk name version contexts trace op origin description data sampled transaction_info"
    " dynamic_sampling_context profile invocation circumstances breadcrumbs exception values value mechanism"
    " handled exception_id parent_id is_exception_group stacktrace frames lineno in_app spans".split(),
)

received: ContextVar[object] = ContextVar("received", default=None)  # the event that this thread serves

_MASKED = re.compile(  # each alternative takes linear time for any text
    r"""(?P<kept>\b[a-z]{2,5}_[0-9A-HJKMNP-TV-Z]{26,39}\b | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
        | (['"])[A-Za-z_.]{1,40}\2(?=\ (?:object|codec|has\ no|is\ not\ defined))  # ids; Python's names
        | (?:(?<=attribute\ )|(?<=argument\ )|(?<=named\ ))(['"])[A-Za-z_.]{1,40}\3
        | \A(['"])[a-z]+(?:_[a-z]+)+\4\Z)
    | (?<=input_value=)(?:.*(?=,\ input_type=)|.*)  # pydantic; below, the names of unknown fields
    | ^(?!\d+\ validation|\ \ )(?:(?!\n\ \ )[\s\S]){1,200}(?=\n\ \ .*\[type=(?:extra_f|unexpected_keyword_a))
    | (?<=,\ value:\ )(?:.*(?=,\ (?:type|valid)\b)|.*)  # botocore
    | (?:(?<!\w)(?P<quote>')|(?P<double>"))(?:\\[\s\S]|[^\\])*?(?:(?(quote)'(?!\w)|")|\\?\Z)
    | (?:(?<![^\s@/'"])[^\s@/'"]+)?@[^\s@]+  # e-mail addresses, credentials in URLs
    | (?i:\b(?:bearer|basic)\s+\S+ | (?:passw\w*|secret|token|api_?key|cookie)\s*[=:]\s*\S+)
    | \beyJ[\w-]+(?:\.[\w-]*)* | [?&#]\S+  # JWT, query strings
    | (?<![\w+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{16,} | [\w+=-]{64,}  # opaque strings
    | (?:\+\d(?:[\ ().-]{0,2}\d){6,} | \d(?:[\ ().-]{0,2}\d){8,})  # telephones, cards, accounts
    """,
    re.VERBOSE | re.MULTILINE,
)


def text(value: str) -> str:
    """Return a text with its secrets masked."""
    masked = _MASKED.sub(lambda match: match[0] if match["kept"] else "(withheld)", str(value))
    return masked if len(masked) <= 1000 else f"{masked[:1000]}…"


def message(value: str) -> str:
    """Return an error's message with its secrets and every text of the served event masked."""
    value = value[:2000]  # half of it leaves at most; the rest would only cost time
    folded, texts = unicodedata.normalize("NFC", value).lower(), set(_texts(received.get()))
    found = sorted((each for each in texts if each.lower() in folded), key=len, reverse=True)
    if found:
        # Scripts without spaces have no boundaries of words.
        words = (rf"(?<!\w){re.escape(each)}(?!\w)" if each.isascii() else re.escape(each) for each in found)
        value = re.sub(
            "|".join(words), "(withheld)", unicodedata.normalize("NFC", value), flags=re.IGNORECASE
        )
    return text(value)


def _texts(event: object) -> Iterator[str]:
    """Yield the texts of an event and of the JSON in it that are long enough to mean something."""
    rest = [event]
    while rest:
        each = rest.pop()
        if isinstance(each, Mapping):
            rest.extend(each.values())
            if each.get("isBase64Encoded") and isinstance(body := each.get("body"), str):
                with suppress(ValueError):
                    rest.append(base64.b64decode(body).decode("utf-8", "replace"))
        elif isinstance(each, list):
            rest.extend(each)
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            stripped = unicodedata.normalize("NFC", str(each)).strip()
            if len(stripped) > 2 or (len(stripped) > 1 and not stripped.isascii()):
                yield stripped
            if stripped.startswith(("{", "[")):
                with suppress(ValueError, RecursionError):
                    rest.append(json.loads(stripped))


def clean(event: Any, _hint: object = None) -> Any:
    """Return what leaves of a report or a trace: a ``before_send`` that does not change the given event."""
    kept = _kept("", event)
    contexts = kept.setdefault("contexts", {})
    contexts["circumstances"] = {**contexts.pop("invocation", {}), **contexts.get("circumstances", {})}
    return kept


def _kept(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if name == "frames":
            path = str(value.get("abs_path") or "")
            value = {**value, "filename": module_path(path), "in_app": in_app(str(value.get("module")), path)}
        found = {each: _kept(each, inner) for each, inner in value.items() if each in _NAMES}
        return {each: inner for each, inner in found.items() if inner not in (None, "", {}, [])}
    if isinstance(value, list):
        return [
            _kept(name, one) for one in value if name != "values" or one.get("category", "step") in _STEPS
        ]
    if name in _AS_IS or not isinstance(value, str):
        return value
    if name.endswith(("trace_id", "span_id", "profiler_id")):
        return value if re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", value) else None
    return message(value) if name == "value" else text(value)
