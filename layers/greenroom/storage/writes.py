"""What a transaction is made of: puts, updates, deletes and checks, each with its condition.

A condition is a mapping of attribute to the value it must have; ``ABSENT`` means that the attribute,
and for ``pk`` the whole item, must not exist, ``PRESENT`` that it must; ``Below(n)`` that it is a number
less than ``n``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol

from .items import encode, encode_item
from .keys import Key


class Existence(Enum):
    """Conditions on an attribute's existence in place of a value."""

    ABSENT = "attribute_not_exists"
    PRESENT = "attribute_exists"


ABSENT, PRESENT = Existence.ABSENT, Existence.PRESENT
Condition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Below:
    """A condition on a number: it is there, and less than this."""

    bound: int


NEW: Condition = {"pk": ABSENT}
EXISTS: Condition = {"pk": PRESENT}
Verb = Literal["Put", "Update", "Delete", "ConditionCheck"]


class Write(Protocol):
    """One element of a transaction."""

    @property
    def verb(self) -> Verb: ...

    def request(self) -> dict[str, Any]:
        """Return the element's parameters as DynamoDB's API takes them."""
        ...


class _Expression:
    """Collects placeholder names and values of one request."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = attribute
        return placeholder

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = encode(value)
        return placeholder

    def condition(self, condition: Condition) -> str:
        return " AND ".join(self._demand(attribute, wanted) for attribute, wanted in condition.items())

    def _demand(self, attribute: str, wanted: Any) -> str:
        match wanted:
            case Existence():
                return f"{wanted.value}({self.name(attribute)})"
            case Below():
                return f"{self.name(attribute)} < {self.value(wanted.bound)}"
        return f"{self.name(attribute)} = {self.value(wanted)}"

    def parameters(self, condition: Condition | None) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if condition:
            parameters["ConditionExpression"] = self.condition(condition)
        if self.names:
            parameters["ExpressionAttributeNames"] = self.names
        if self.values:
            parameters["ExpressionAttributeValues"] = self.values
        return parameters


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item."""

    table: str
    item: Mapping[str, Any] = field(repr=False)
    when: Condition | None = field(default=None, repr=False)
    verb: Verb = field(default="Put", init=False)

    def request(self) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Item": encode_item(self.item),
            **_Expression().parameters(self.when),
        }

    def wrote(self, found: Mapping[str, Any] | None) -> bool:
        """Return whether the item as found is the one of this write.

        It proves that this write made it: items of conditional writes hold an id or a random value. An equal
        item of another write has the same effect.
        """
        return found is not None and encode_item(found) == encode_item(self.item)


@dataclass(frozen=True, slots=True)
class Update:
    """Set and remove attributes of an item, and add to its numbers whatever they are by then."""

    table: str
    key: Key
    assign: Mapping[str, Any] = field(default_factory=dict, repr=False)
    remove: Sequence[str] = ()
    when: Condition | None = field(default=None, repr=False)
    add: Mapping[str, int] = field(default_factory=dict)
    verb: Verb = field(default="Update", init=False)

    def request(self) -> dict[str, Any]:
        expression = _Expression()
        clauses = []
        if self.assign:
            pairs = (f"{expression.name(name)} = {expression.value(v)}" for name, v in self.assign.items())
            clauses.append("SET " + ", ".join(pairs))
        if self.remove:
            clauses.append("REMOVE " + ", ".join(expression.name(name) for name in self.remove))
        if self.add:
            pairs = (f"{expression.name(name)} {expression.value(n)}" for name, n in self.add.items())
            clauses.append("ADD " + ", ".join(pairs))
        return {
            "TableName": self.table,
            "Key": encode_item(self.key._asdict()),
            "UpdateExpression": " ".join(clauses),
            **expression.parameters(self.when),
        }


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item."""

    table: str
    key: Key
    when: Condition | None = field(default=None, repr=False)
    verb: Verb = field(default="Delete", init=False)

    def request(self) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": encode_item(self.key._asdict()),
            **_Expression().parameters(self.when),
        }


@dataclass(frozen=True, slots=True)
class Check:
    """Demand a condition of an item that the transaction does not write."""

    table: str
    key: Key
    when: Condition = field(repr=False)
    verb: Verb = field(default="ConditionCheck", init=False)

    def request(self) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": encode_item(self.key._asdict()),
            **_Expression().parameters(self.when),
        }
