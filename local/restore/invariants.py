"""What must hold of the tables' content whatever happened, as far as content alone can tell.

A backup is a copy of each table at a moment of its own, and DynamoDB does not promise that a transaction is
in it whole. So a restored system is not to be believed before this was asked of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from greenroom.storage.items import Item
from local.restore.booking_invariants import bookings_hold
from local.restore.findings import Violation
from local.restore.identity_invariants import identities_hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The content of the tables, as plain items, and the moment that it is of."""

    identity: Sequence[Item]
    catalog: Sequence[Item]
    bookings: Sequence[Item]
    at: datetime


def _celebrities(snapshot: Snapshot) -> Iterator[Violation]:
    """Profile, slug, row of the listing and versions speak of the same celebrity."""
    items = {(item["pk"], item["sk"]): item for item in snapshot.catalog}
    listed = {sk for pk, sk in items if pk == "CATALOG" and not sk.startswith("#")}
    profiles = {pk.partition("#")[2]: item for (pk, sk), item in items.items() if sk == "PROFILE"}
    for celebrity_id in listed ^ profiles.keys():
        yield Violation("each celebrity is listed once, and none that is not there", celebrity_id)
    for celebrity_id, profile in profiles.items():
        owner = items.get((f"SLUG#{profile['slug']}", "OWNER"), {})
        if owner.get("celebrity_id") != celebrity_id:
            yield Violation("a celebrity's slug leads to it", celebrity_id)
        row = items.get(("CATALOG", celebrity_id))
        if row is not None and row["version"] != profile["version"]:
            yield Violation("a row of the listing names the profile's version", celebrity_id)
        versions = items.get((f"CELEBRITY#{celebrity_id}", "#VERSIONS"), {"profile": profile["version"]})
        if versions["profile"] != profile["version"]:
            yield Violation("readers are told the profile's own version", celebrity_id)
    for (pk, sk), item in items.items():
        if pk.startswith("SLUG#") and sk == "OWNER":
            owned = profiles.get(item["celebrity_id"])
            if owned is None or f"SLUG#{owned['slug']}" != pk:
                yield Violation("a slug leads to a celebrity that has it", pk)


def _between_tables(snapshot: Snapshot) -> Iterator[Violation]:
    """What one table names is in the other: tables of two moments show here."""
    celebrities = {item["pk"].partition("#")[2] for item in snapshot.catalog if item["sk"] == "PROFILE"}
    users = {item["pk"].partition("#")[2] for item in snapshot.identity if item["sk"] == "PROFILE"}
    for item in snapshot.bookings:
        if item.get("kind") == "booking" and item["celebrity_id"] not in celebrities:
            yield Violation("a booking is of a celebrity that is there", item["pk"])
    for item in snapshot.catalog:
        if item["sk"] == "PROFILE" and item["agent_id"] not in users:
            yield Violation("a celebrity's agent is there", item["pk"])


_CHECKS: Mapping[str, Callable[[Snapshot], Iterator[Violation]]] = {
    "bookings": lambda snapshot: bookings_hold(snapshot.bookings, snapshot.at),
    "identities": lambda snapshot: identities_hold(snapshot.identity),
    "celebrities": _celebrities,
    "between tables": _between_tables,
}


def violations(snapshot: Snapshot) -> list[Violation]:
    """Return everything that does not hold. Ids are named, and nothing that a person typed."""
    found: list[Violation] = []
    for name, check in _CHECKS.items():
        try:
            found += check(snapshot)
        except (KeyError, TypeError, ValueError) as error:  # an item of another form than the code reads
            found.append(Violation(f"items can be read ({name}: {type(error).__name__})", "?"))
    return found
