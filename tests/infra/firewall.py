"""The firewall, read from templates, and its statements worked out as WAF does: matches and capacity."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from stacks.openapi import Document, Operation
from stacks.stages import all_stages
from tests.infra.templates import Assembly

Acl = Mapping[str, Any]

Statement = Mapping[str, Any]

MANAGED_CAPACITY = {
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesCommonRuleSet": 700,
}


def acl(assembly: Assembly, stage: str) -> Acl:
    """Return a stage's web ACL."""
    return assembly.one(f"greenroom-{stage}-api", "WAFv2::WebACL")


def rules(acl: Acl) -> dict[str, Mapping[str, Any]]:
    """Return the rules by name, in the order of evaluation."""
    found = sorted(acl["Rules"], key=lambda rule: int(rule["Priority"]))
    assert len({rule["Priority"] for rule in found}) == len(found)
    return {rule["Name"]: rule for rule in found}


def rates(acl: Acl) -> dict[str, Mapping[str, Any]]:
    """Return what the rate rules count, by their names."""
    return {
        name: rule["Statement"]["RateBasedStatement"]
        for name, rule in rules(acl).items()
        if "RateBasedStatement" in rule["Statement"]
    }


def managed(acl: Acl) -> dict[str, Mapping[str, Any]]:
    """Return the rules that are groups of AWS, by the group's name."""
    return {
        rule["Statement"]["ManagedRuleGroupStatement"]["Name"]: rule
        for rule in acl["Rules"]
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }


def made(
    folder: Path,
    operations: Sequence[Operation],
    headers: Mapping[str, str] | None = None,
    **settings: Any,
) -> Acl:
    """Return the web ACL of production with these operations in the document, and these settings."""
    import aws_cdk as cdk

    from stacks.waf.acl import WebAcl

    (prod,) = (stage for stage in all_stages({}) if stage.name == "prod")
    prod = dataclasses.replace(prod, **settings)
    document = Document(tuple(operations), headers or {"X-Frame-Options": "DENY"})
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack = cdk.Stack(app, "firewall")
    WebAcl(stack, "Firewall", stage=prod, document=document, stage_arn="arn:aws:apigateway:::stage")
    app.synth()
    return Assembly(folder).one("firewall", "WAFv2::WebACL")


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
