"""What must hold of accounts."""

from collections.abc import Iterator, Sequence

from greenroom.identity.users import User
from greenroom.storage import keys
from greenroom.storage.items import Item

from .findings import Violation


def identities_hold(items: Sequence[Item]) -> Iterator[Violation]:
    """Yield what does not hold of the identity table's items."""
    users = {
        item["pk"]: User.from_item(item)
        for item in items
        if item["pk"].startswith("USER#") and item["sk"] == "PROFILE"
    }
    owners = {item["pk"]: item["user_id"] for item in items if item["pk"].startswith("EMAIL#")}
    for pk, user in users.items():
        if pk != keys.user(user.id).pk:
            yield Violation("an account stands under its own id", pk)
        if owners.get(keys.email_owner(user.folded_email).pk) != user.id:
            yield Violation("an account's address is its own", user.id)
    for pk, user_id in owners.items():
        owner = users.get(keys.user(user_id).pk)
        if owner is None or keys.email_owner(owner.folded_email).pk != pk:
            yield Violation("an address leads to an account that has it", user_id)
    for item in items:
        pk, sk = item["pk"], item["sk"]
        if pk.startswith("USER#") and sk != "PROFILE" and pk not in users:
            yield Violation("sessions and factors are of an account", f"{pk} {sk.partition('#')[0]}")
        if pk.startswith("CREDENTIAL#") and keys.user(item["user_id"]).pk not in users:
            yield Violation("a passkey leads to an account", item["user_id"])
