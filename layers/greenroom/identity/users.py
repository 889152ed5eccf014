"""Accounts as they are stored: one item a user, and one that makes the e-mail address theirs alone."""

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import Secret

from greenroom.actors import Role
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import NEW, Below, Check, Delete, Put, Update, Write

from .emails import Email

_NOBODY = "usr_"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account."""

    id: str
    email: str
    """As its owner wrote it."""
    folded_email: str
    """The address as the account's identity."""
    display_name: str
    role: Role
    verified: bool
    """Whether the owner of the address has confirmed it."""
    registration: str | None = None
    """The digest of the mailed token that came with this name and password; None: made by an operator."""
    disabled: bool = False
    password_hash: Secret[str]
    credentials_version: int = 1
    """Grows when sessions that began before must not be continued."""
    sessions_bound: int | None = 0
    """No more sessions than so many live: each login adds one, and a count brings it down to the truth.
    None: nobody knows."""
    version: int = 1
    """Grows with every change."""
    created_at: str
    """RFC 3339 in UTC."""

    @classmethod
    def from_item(cls, item: Item) -> "User":
        """Read a stored account."""
        values = {name: item[name] for name in cls.__slots__ if name in item}
        typed = {
            "role": Role(item["role"]),
            "password_hash": Secret(item["password_hash"]),
            "sessions_bound": item.get("sessions_bound"),
        }
        return cls(**values | typed)

    def item(self) -> Item:
        """Return the account's item."""
        return {**keys.user(self.id)._asdict(), **asdict(self), "role": self.role.value}


@dataclass(frozen=True, slots=True)
class Users:
    """Finds accounts, and makes the writes that create and change them."""

    tables: Tables
    table: str

    def by_id(self, user_id: str) -> User | None:
        """Return the account with that id."""
        item = self.tables.get(self.table, keys.user(user_id))
        return User.from_item(item) if item else None

    def by_email(self, folded_email: str) -> User | None:
        """Return the account of an address. Two reads, whether there is one or not."""
        owner = self.tables.get(self.table, keys.email_owner(folded_email))
        return self.by_id(owner["user_id"] if owner else _NOBODY)

    def creation(self, user: User) -> list[Write]:
        """Return the writes of a new account. They fail together when its address is taken."""
        owner = {**keys.email_owner(user.folded_email)._asdict(), "user_id": user.id}
        return [Put(self.table, owner, when=NEW), Put(self.table, user.item(), when=NEW)]

    def move(self, user: User, address: Email) -> list[Write]:
        """Return the writes that give an account another, proven address. They fail when it is taken."""
        owner = {**keys.email_owner(address.folded)._asdict(), "user_id": user.id}
        return [
            Put(self.table, owner, when=NEW),
            Delete(self.table, keys.email_owner(user.folded_email), when={"user_id": user.id}),
            self.change(user, email=address.display, folded_email=address.folded, verified=True),
        ]

    def change(self, user: User, **assign: Any) -> Update:
        """Return the write that changes fields of an account, if it still is as ``user`` shows it."""
        return Update(
            self.table,
            keys.user(user.id),
            assign={**assign, "version": user.version + 1},
            when={"version": user.version},
        )

    def counting(self, user: User, *, most: int, **assign: Any) -> Update:
        """Return the write that counts one more session, if that makes ``most`` at most, and as ``change``.

        Without ``assign`` the account stays of the same version: logins at the same time all count.
        """
        return Update(
            self.table,
            keys.user(user.id),
            assign={**assign, "version": user.version + 1} if assign else {},
            add={"sessions_bound": 1},
            when={"version": user.version, "sessions_bound": Below(most)},
        )

    def unchanged(self, user: User) -> Check:
        """Return the demand that an account still is as ``user`` shows it."""
        return Check(self.table, keys.user(user.id), when={"version": user.version})
