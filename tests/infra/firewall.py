"""The firewall's statements, worked out as WAF does: what they match, and what capacity they take."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

Statement = Mapping[str, Any]

MANAGED_CAPACITY = {
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesCommonRuleSet": 700,
}


def _normalised(path: str) -> str:
    path = re.sub(r"/{2,}", "/", path)
    path = re.sub(r"/\.(?=/|$)", "", path)
    return re.sub(r"/[^/]+/\.\.(?=/|$)", "", path)


_TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "NONE": str,
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": _normalised,
}


def _transformed(statement: Statement, value: str) -> str:
    for step in sorted(statement["TextTransformations"], key=lambda step: int(step["Priority"])):
        value = _TRANSFORMATIONS[step["Type"]](value)
    return value


def matches(statement: Statement, method: str, path: str) -> bool:
    """Tell whether a statement of paths and methods matches a request."""
    ((kind, inner),) = statement.items()
    if kind == "AndStatement":
        return all(matches(part, method, path) for part in inner["Statements"])
    if kind == "OrStatement":
        return any(matches(part, method, path) for part in inner["Statements"])
    ((field, _),) = inner["FieldToMatch"].items()
    value = _transformed(inner, {"Method": method, "UriPath": path}[field])
    if kind == "ByteMatchStatement":
        assert inner["PositionalConstraint"] == "EXACTLY"
        return bool(value == inner["SearchString"])
    assert kind == "RegexMatchStatement"
    return re.search(inner["RegexString"], value) is not None


def patterns(statement: Statement) -> Iterator[str]:
    """Yield every regular expression within a statement."""
    for kind, inner in statement.items():
        if kind == "RegexMatchStatement":
            yield inner["RegexString"]
        for part in inner.get("Statements", []):
            yield from patterns(part)


def capacity(statement: Statement) -> int:
    """Return a statement's capacity units, by the prices in WAF's developer guide."""
    ((kind, inner),) = statement.items()
    if kind == "ManagedRuleGroupStatement":
        return MANAGED_CAPACITY[inner["Name"]]
    if kind == "RateBasedStatement":
        scope = inner.get("ScopeDownStatement")
        return 2 + (capacity(scope) if scope else 0)
    if "Statements" in inner:
        return sum(capacity(part) for part in inner["Statements"])
    base = {"ByteMatchStatement": 2, "RegexMatchStatement": 3}[kind]
    # The guide does not say that NONE is free.
    return base + 10 * len(inner["TextTransformations"])
