"""Strict decoding: what is not exactly one plain JSON object never reaches a model.

Python's parser takes NaN, duplicate keys and lone surrogates, and pydantic would see the result only
after the harm is done; so the text is checked first, then handed to the model as it came.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from greenroom.characters import FORBIDDEN, FORBIDDEN_MESSAGE

from .problems import InvalidFields, MalformedBody, UnsupportedMediaType, invalid_fields

M = TypeVar("M", bound=BaseModel)

DEEPEST = 32
_DIGITS = 19
_JSON_TYPE = re.compile(r'application/json(\s*;\s*charset=(utf-8|"utf-8"))?\s*', re.IGNORECASE)


def check_content_type(value: str | None) -> None:
    """Take ``application/json``, with UTF-8 as its only charset; raise ``UnsupportedMediaType`` otherwise."""
    if value is None or not _JSON_TYPE.fullmatch(value):
        raise UnsupportedMediaType


def check_content_encoding(value: str | None) -> None:
    """Take a body as it is; raise ``UnsupportedMediaType`` for one that was compressed on its way.

    Unpacking what a stranger sends is a way to fill our memory, and no body here is worth it.
    """
    if value is not None and value.strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("The body must not be compressed")


def decode_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; raise ``MalformedBody`` for what is not one acceptable object."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
    except UnicodeDecodeError:
        raise MalformedBody("The body is not valid UTF-8") from None
    except (ValueError, RecursionError):
        raise MalformedBody("The body is not valid JSON") from None
    if not isinstance(value, dict):
        raise MalformedBody("The body must be a JSON object")
    _check_depth(value, 1)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody("The body has a key twice in one object")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedBody("NaN and Infinity are not JSON")


def _bounded_int(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS:
        raise MalformedBody(f"A whole number has more than {_DIGITS} digits")
    return int(digits)


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedBody("A number is out of range")
    return number


def _inner(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _check_depth(value: dict[str, Any] | list[Any], depth: int) -> None:
    if depth > DEEPEST:
        raise MalformedBody(f"The body is nested deeper than {DEEPEST} levels")
    for _, inner in _inner(value):
        if isinstance(inner, dict | list):
            _check_depth(inner, depth + 1)


def _check_text(value: Any, whole: str) -> None:
    place = _forbidden_place(value)
    if place is not None:
        raise InvalidFields([(".".join(map(str, place)) or whole, FORBIDDEN_MESSAGE)])


def _forbidden_place(value: Any) -> list[Any] | None:
    """Return the way to the first string or key with a forbidden character, None when there is none.

    Of a bad key it is the way to the object, for the key itself must not be shown.
    """
    if isinstance(value, str):
        return [] if FORBIDDEN.search(value) else None
    for key, inner in _inner(value):
        if isinstance(key, str) and FORBIDDEN.search(key):
            return []
        place = _forbidden_place(inner)
        if place is not None:
            return [key, *place]
    return None


def validate_body(model: type[M], body: bytes, document: Mapping[str, Any]) -> M:
    """Validate a body strictly: JSON's own forms of dates and enums, and no coercion otherwise.

    ``document`` is what ``decode_object`` made of ``body``. Raises ``InvalidFields``, also for strings
    with forbidden characters.
    """
    _check_text(document, "body")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_fields(error) from None


def validate_query(model: type[M], query: Mapping[str, list[str]]) -> M:
    """Validate query parameters: none unknown, none repeated, none with forbidden characters."""
    values = {name: values[-1] for name, values in query.items()}
    _check_text(values, "query")
    repeated = [(name, "must be given once") for name, values in query.items() if len(values) > 1]
    if repeated:
        raise InvalidFields(repeated)
    try:
        return model.model_validate_strings(values)
    except ValidationError as error:
        raise invalid_fields(error) from None


def refuse_query(query: Mapping[str, list[str]]) -> NoReturn:
    """Refuse the parameters of a route that takes none."""
    _check_text(dict.fromkeys(query), "query")
    raise InvalidFields([(name, "is not a parameter of this route") for name in query])
