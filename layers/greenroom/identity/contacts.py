"""How to reach a user by mail: the one thing that others may read of an account."""

from dataclasses import dataclass

from greenroom.mail import deliverable_address
from greenroom.storage import keys
from greenroom.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a user's mail goes, in a form that any mail server takes, and what the user is called."""

    email: str
    display_name: str


def contact(tables: Tables, table: str, user_id: str) -> Contact | None:
    """Return how to reach a user, or None when there is no such account any more."""
    item = tables.get(table, keys.user(user_id))
    if item is None:
        return None
    return Contact(email=deliverable_address(item["email"]), display_name=item["display_name"])
