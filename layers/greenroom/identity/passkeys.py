"""Passkeys as they are stored: one item each beside its user, and one that finds it by its credential."""

from dataclasses import dataclass
from datetime import datetime

from greenroom.identifiers import is_id, new_id
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put, Update, Write

from .ceremonies import Assertion, NewCredential
from .clock import instant
from .keys import base64url


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A key pair whose public half we hold."""

    id: str
    user_id: str
    credential_id: str
    """The authenticator's name for it, in base64url."""
    public_key: bytes
    """In COSE form."""
    sign_count: int
    """How often it was used by the authenticator's own count; 0 for those that do not count."""
    name: str
    """What its owner calls it."""
    backed_up: bool
    """Whether it is copied to the owner's other devices."""
    created_at: str
    """RFC 3339 in UTC."""
    last_used_at: str | None


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Finds passkeys, and makes the writes that add, use and remove them."""

    tables: Tables
    table: str

    def of(self, user_id: str) -> list[Passkey]:
        """Return a user's passkeys, oldest first."""
        partition, first = keys.passkey(user_id, "")
        items = self.tables.query_all(
            self.table, partition=("pk", partition), between=("sk", first, f"{first}~")
        )
        return [_passkey(item) for item in items]

    def find(self, user_id: str, passkey_id: str) -> Passkey:
        """Return a user's own passkey; raise ``NotFound`` for another's as for none."""
        wanted = keys.passkey(user_id, passkey_id)
        item = self.tables.get(self.table, wanted) if is_id(passkey_id, "pky") else None
        if item is None:
            raise NotFound
        return _passkey(item)

    def by_credential(self, credential_id: str) -> Passkey | None:
        """Return the passkey of a credential, whosever it is."""
        owner = self.tables.get(self.table, keys.credential_owner(credential_id))
        if owner is None:
            return None
        item = self.tables.get(self.table, keys.passkey(owner["user_id"], owner["passkey_id"]))
        return _passkey(item) if item else None

    def adding(self, user_id: str, credential: NewCredential, *, name: str, now: datetime) -> list[Write]:
        """Return the writes of a new passkey. They fail when the credential is there already."""
        passkey_id = new_id("pky", now)
        owner = {
            **keys.credential_owner(credential.id)._asdict(),
            "user_id": user_id,
            "passkey_id": passkey_id,
        }
        item = {
            **keys.passkey(user_id, passkey_id)._asdict(),
            "id": passkey_id,
            "user_id": user_id,
            "credential_id": credential.id,
            "public_key": credential.public_key,
            "sign_count": credential.sign_count,
            "name": name,
            "backed_up": credential.backed_up,
            "created_at": instant(now),
            "last_used_at": None,
        }
        return [Put(self.table, owner, when=NEW), Put(self.table, item, when=NEW)]

    def using(self, passkey: Passkey, assertion: Assertion, now: datetime) -> Update:
        """Return the write of a use. It fails when the passkey was used or removed meanwhile."""
        return Update(
            self.table,
            keys.passkey(passkey.user_id, passkey.id),
            assign={
                "sign_count": assertion.sign_count,
                "backed_up": assertion.backed_up,
                "last_used_at": instant(now),
            },
            when={"sign_count": passkey.sign_count, "last_used_at": passkey.last_used_at},
        )

    def removing(self, passkey: Passkey) -> list[Write]:
        """Return the writes that remove a passkey."""
        return [
            Delete(self.table, keys.passkey(passkey.user_id, passkey.id), when=EXISTS),
            Delete(self.table, keys.credential_owner(passkey.credential_id)),
        ]


def user_handle(user_id: str) -> str:
    """Return what authenticators keep of a user, and name at a login, in base64url: the id, no address."""
    return base64url(user_id.encode())


def _passkey(item: Item) -> Passkey:
    return Passkey(**{name: item[name] for name in Passkey.__slots__})
