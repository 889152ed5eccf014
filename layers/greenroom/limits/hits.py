"""Counting a hit: one conditional write that is the decision itself.

An item's ``hits`` is a list, the newest first. The limit's last place in it tells all: where its hit lies
outside the window, or there is none, fewer than the limit are inside. So one ``UpdateItem`` is exact in
every window, however many callers race. Its answer, and its refusal too, carries the item.

A hit is six bytes, the milliseconds of the epoch, big-endian: they compare as the numbers do, and their size
is exact, so that a full list and its item stay within the kilobyte that one write unit pays for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from greenroom.refusals import Unavailable
from greenroom.storage.items import Item, encode
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Contended, Tables
from greenroom.storage.writes import Delete

from .policies import Policy
from .standing import counted, opens_at

SLACK = 16
"""By how many the list may outgrow the limit before a second write prunes it: one write in so many."""

_HIT_BYTES = 6
_TRIES = 4


class GuardFailed(Exception):
    """The item is not there, or not what it must be, so nothing was counted."""


class Denied(Exception):
    """The limit is reached; nothing was counted. ``hits`` are those of the item."""

    def __init__(self, hits: list[int]) -> None:
        super().__init__("the limit is reached")
        self.hits = hits


@dataclass(frozen=True, slots=True)
class Guard:
    """What the item must be for a hit to count. Without a guard the item is made where there is none."""

    equal: Mapping[str, Any] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)
    """Attributes that must be greater than a number."""

    def holds(self, item: Item | None) -> bool:
        """Tell whether ``item`` is what the guard demands."""
        return (
            item is not None
            and all(item.get(name) == value for name, value in self.equal.items())
            and all(item.get(name, 0) > value for name, value in self.later.items())
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """A hit was counted: the item as it is now, and its hits in milliseconds, the newest first."""

    item: Item
    hits: list[int]


@dataclass(frozen=True, slots=True)
class HitLists:
    """Counts hits in the items of one table."""

    tables: Tables
    table: str

    def count(self, key: Key, policy: Policy, now: int, guard: Guard | None = None) -> Counted:
        """Count one hit at ``now`` (milliseconds).

        Raises ``GuardFailed`` before ``Denied``, and ``Unavailable`` when the store does not answer: then
        the hit may count or not.
        """
        pruned: Sequence[Any] | None = None
        for _ in range(_TRIES):
            try:
                item = self._update(key, _request(policy, now, guard, pruned))
            except ConditionFailed as failed:
                found = failed.item
                if guard is not None and not guard.holds(found):
                    raise GuardFailed from None
                pruned = found.get("hits", []) if found else []
                if failed.may_have_run and found and _packed(now) in pruned:
                    return Counted(found, numbers(pruned))  # by an attempt whose response was lost
                if opens_at(policy, numbers(pruned)) > now:
                    raise Denied(numbers(pruned)) from None
                # Within the limit, but the list is long, or somebody else has just pruned it.
                if len(pruned) < policy.limit + SLACK:
                    pruned = None
            except Contended:  # the session's own change is being written: a matter of milliseconds
                continue
            else:
                return Counted(item, numbers(item["hits"]))
        raise Unavailable(retry_after=1)

    def take_back(self, key: Key, hit: int) -> None:
        """Take the newest hit back, if it is that one and still the newest."""
        request = {
            "UpdateExpression": "REMOVE hits[0]",
            "ConditionExpression": "hits[0] = :hit",
            "ExpressionAttributeValues": {":hit": encode(_packed(hit))},
        }
        try:
            self._update(key, request)
        except ConditionFailed:
            return

    def clear(self, key: Key) -> None:
        """Remove the item."""
        self.tables.write(Delete(self.table, key))

    def _update(self, key: Key, request: Mapping[str, Any]) -> Item:
        try:
            return self.tables.update(self.table, key, request)
        except ClientError as error:  # a store that refuses to work is one that does not work
            raise Unavailable(retry_after=1) from error


def numbers(hits: Sequence[bytes]) -> list[int]:
    """Return stored hits as milliseconds."""
    return [int.from_bytes(hit, "big") for hit in hits]


def _packed(hit: int) -> bytes:
    return hit.to_bytes(_HIT_BYTES, "big")


def _request(policy: Policy, now: int, guard: Guard | None, pruned: Sequence[bytes] | None) -> dict[str, Any]:
    """Return the update that adds a hit; with ``pruned``, the one that puts a shorter list in its place."""
    values: dict[str, Any] = {}
    conditions: list[str] = []
    if pruned is None:
        assign = ["hits = list_append(:new, if_not_exists(hits, :none))"]
        values |= {":new": [_packed(now)], ":none": [], ":start": _packed(now - policy.window)}
        conditions += _hurdles(policy, now, values)
    else:
        kept = counted(policy, numbers(pruned), now)[: policy.limit - 1]
        assign = ["hits = :kept"]
        values |= {":kept": [_packed(hit) for hit in (now, *kept)], ":found": list(pruned)}
        conditions.append("hits = :found")
    names: dict[str, str] = {}
    if guard is None:
        names["#ttl"] = "ttl"
        values[":ttl"] = (now + policy.window) // 1000 + 1
        assign.append("#ttl = :ttl")
    else:
        conditions += _demands(guard, names, values)
    return {
        "UpdateExpression": "SET " + ", ".join(assign),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeValues": {name: encode(value) for name, value in values.items()},
        "ExpressionAttributeNames": names,
    }


def _hurdles(policy: Policy, now: int, values: dict[str, Any]) -> list[str]:
    last = policy.limit - 1
    conditions = [f"attribute_not_exists(hits[{last + SLACK}])", _outside(last)]
    for number, spacing in enumerate(policy.spacing):
        values[f":gap{number}"] = _packed(now - spacing.gap)
        conditions.append(f"({_outside(spacing.after - 1)} OR hits[0] <= :gap{number})")
    return conditions


def _outside(place: int) -> str:
    return f"(attribute_not_exists(hits[{place}]) OR hits[{place}] <= :start)"


def _demands(guard: Guard, names: dict[str, str], values: dict[str, Any]) -> list[str]:
    conditions = []
    for operator, demanded in (("=", guard.equal), (">", guard.later)):
        for name, value in demanded.items():
            names[f"#{name}"], values[f":{name}"] = name, value
            conditions.append(f"#{name} {operator} :{name}")
    return conditions
