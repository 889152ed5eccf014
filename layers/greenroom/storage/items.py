"""Between Python values and DynamoDB attribute values.

The project stores strings, whole numbers, booleans, null, bytes, lists, maps, and the values of secrets.
boto3's own serialiser turns every number into a Decimal and walks values several times; this one is a quarter
of the work.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from pydantic import Secret

Item = dict[str, Any]
"""A stored item as plain Python values, its ``pk`` and ``sk`` included."""

_AS_THEY_ARE = frozenset({"S", "BOOL"})


def encode(value: Any) -> dict[str, Any]:
    """Return the attribute value of ``value``; raise ``TypeError`` for what the project never stores."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": {key: encode(inner) for key, inner in value.items()}}
        case list() | tuple():
            return {"L": [encode(inner) for inner in value]}
        case Secret():
            return encode(value.get_secret_value())
    raise TypeError(f"cannot store a {type(value).__name__}")


def decode(attribute: Mapping[str, Any]) -> Any:
    """Return the Python value of an attribute value; raise ``TypeError`` for a kind that is never stored."""
    ((kind, value),) = attribute.items()
    if kind in _AS_THEY_ARE:
        return value
    if kind == "N":
        return int(value)
    if kind == "B":  # as it comes over the wire, or as boto3 has decoded it
        return b64decode(value) if isinstance(value, str) else value
    if kind == "M":
        return {key: decode(inner) for key, inner in value.items()}
    if kind == "L":
        return [decode(inner) for inner in value]
    if kind == "NULL":
        return None
    raise TypeError(f"cannot read a {kind}")


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Encode each attribute of an item."""
    return {name: encode(value) for name, value in item.items()}


def decode_item(attributes: Mapping[str, Any]) -> Item:
    """Decode each attribute of an item."""
    return {name: decode(value) for name, value in attributes.items()}
