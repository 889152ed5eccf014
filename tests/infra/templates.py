"""Synthesised templates, read as plain data with references resolved to names a person can read."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAGES = ("dev", "staging", "prod", "alice")
Resource = Mapping[str, Any]

# A version has another one after it, of what the function is made of: each is a resource of its own.
_SUFFIX = re.compile(r"[0-9A-F]{8}$|(?<=CurrentVersion)[0-9A-F]{8}[0-9a-f]{32}$")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Statement:
    """One IAM statement, and where it stands."""

    place: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Assembly:
    """What ``python app.py`` left in its output folder."""

    folder: Path

    def names(self) -> set[str]:
        """Return the names of all stacks."""
        return {path.name.removesuffix(".template.json") for path in self.folder.glob("*.template.json")}

    def template(self, stack: str) -> Mapping[str, Any]:
        """Return a stack's template as it is."""
        found: Mapping[str, Any] = json.loads((self.folder / f"{stack}.template.json").read_text())
        return found

    def resources(self, stack: str, kind: str) -> dict[str, Resource]:
        """Return a stack's resources of one type (``DynamoDB::Table``) by construct (``TablesIdentity``)."""
        return {
            readable(name): resource
            for name, resource in self.template(stack)["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def one(self, stack: str, kind: str) -> Mapping[str, Any]:
        """Return the properties of the stack's only resource of that type."""
        (found,) = self.resources(stack, kind).values()
        properties: Mapping[str, Any] = found["Properties"]
        return properties

    def text(self, value: Any) -> str:
        """Return an ARN, name or URL with its references written out: ``<TablesIdentity.Arn>``."""
        if isinstance(value, str):
            return value
        ((function, argument),) = value.items()
        if function == "Ref":
            return f"<{readable(argument)}>"
        if function == "Fn::GetAtt":
            return f"<{readable(argument[0])}.{argument[1]}>"
        if function == "Fn::Join":
            separator, parts = argument
            return str(separator).join(self.text(part) for part in parts)
        if function == "Fn::ImportValue":
            stack, _, _ = argument.partition(":")
            exports = self.template(stack)["Outputs"].values()
            (exported,) = (o["Value"] for o in exports if o.get("Export", {}).get("Name") == argument)
            return self.text(exported)
        raise AssertionError(f"a reference that this does not read: {value}")

    def statements(self, stack: str) -> Iterator[Statement]:
        """Yield every IAM statement of a stack: of roles, of keys, of queues, wherever it stands."""
        for name, resource in self.template(stack)["Resources"].items():
            for found in _policy_statements(resource["Properties"]):
                yield Statement(
                    place=readable(name),
                    effect=found["Effect"],
                    actions=tuple(_list(found.get("Action", []))),
                    resources=tuple(self.text(value) for value in _list(found.get("Resource", []))),
                )

    def role_statements(self, stack: str, role: str) -> dict[str, set[str]]:
        """Return what a role may do: actions by resource.

        A resource that may be used through one service alone is named ``<resource> via <service>``, items of
        a table that are told by their partition keys ``<table> of <pattern>``. Statements that deny or have
        any other condition fail.
        """
        properties = self.resources(stack, "IAM::Role")[role]["Properties"]
        assert not {"ManagedPolicyArns", "PermissionsBoundary"} & set(properties)
        allowed: dict[str, set[str]] = {}
        for policy in properties["Policies"]:
            for found in policy["PolicyDocument"]["Statement"]:
                assert set(found) - {"Condition"} == {"Action", "Effect", "Resource"}
                assert found["Effect"] == "Allow"
                suffix = self._condition(found["Condition"]) if "Condition" in found else ""
                for resource in _list(found["Resource"]):
                    name = f"{self.text(resource)}{suffix}"
                    allowed.setdefault(name, set()).update(_list(found["Action"]))
        return allowed

    def _condition(self, condition: Mapping[str, Any]) -> str:
        ((operator, demanded),) = condition.items()
        ((name, wanted),) = demanded.items()
        match operator, name:
            case "StringEquals", "kms:ViaService":
                return f" via {self.text(wanted)}"
            case "ForAllValues:StringLike", "dynamodb:LeadingKeys":
                return f" of {' '.join(_list(wanted))}"
        raise AssertionError(condition)


def readable(logical_id: str) -> str:
    """Return a logical id without the hash that the CDK puts at its end."""
    return _SUFFIX.sub("", logical_id)


def _policy_statements(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _policy_statements(part)
    elif isinstance(value, dict):
        if "Statement" in value and "Version" in value:
            yield from value["Statement"]
        else:
            yield from _policy_statements(list(value.values()))
