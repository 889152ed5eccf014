"""Registering, and confirming the e-mail address.

Anybody can register anybody's address, so a registration proves nothing until the mail's token comes
back, and then it is that registration's own name and password that apply: an account prepared for
somebody else's address is worth nothing once its owner registers.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from functools import partial

from pydantic import Secret

from greenroom.actors import Role
from greenroom.identifiers import new_id
from greenroom.mail import Mailer
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put, Write
from greenroom.telemetry.logs import log_auth

from .account_changes import Effect, commit_with_sessions
from .bearer_secrets import has_form, new_secret
from .clock import Clock, epoch, instant
from .emails import Email, parse_email
from .letters import Letters
from .passwords import Passwords, check_acceptable
from .races import decided_anew
from .refusals import InvalidToken
from .sessions import Sessions
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Creates accounts of buyers and verifies their addresses."""

    tables: Tables
    users: Users
    sessions: Sessions
    passwords: Passwords
    letters: Letters
    mailer: Mailer
    clock: Clock
    verify_seconds: int
    """How long a mailed token works."""

    def register(self, email: str, password: Secret[str], display_name: str) -> None:
        """Create an account, or let the address's owner know. Does and says the same for every address.

        Raises ``InvalidEmail``, ``WeakPassword`` or ``Unavailable``; after the last, registering again
        sends the mail again.
        """
        address = parse_email(email)
        check_acceptable(password, address, display_name)
        password_hash = self.passwords.hash(password)
        letter = decided_anew(lambda: self._record(address, password_hash, display_name))
        self.mailer.send(letter)

    def _record(self, address: Email, password_hash: Secret[str], display_name: str) -> EmailMessage:
        now = self.clock()
        token = new_secret()
        known = self.users.by_email(address.folded)
        user = known or User(
            id=new_id("usr", now),
            email=address.display,
            folded_email=address.folded,
            display_name=display_name,
            role=Role.BUYER,
            verified=False,
            registration=keys.secret_digest(token),
            password_hash=password_hash,
            created_at=instant(now),
        )
        account: list[Write] = [self.users.unchanged(known)] if known else self.users.creation(user)
        pending = {
            **keys.verify_token(token)._asdict(),
            "user_id": user.id,
            "email": address.display,
            "display_name": display_name,
            "password_hash": password_hash,
            "expires_at": epoch(now) + self.verify_seconds,
            "ttl": epoch(now) + self.verify_seconds,
        }
        # For a verified account too: this token is told to nobody and would do nothing, but the time
        # that writing it takes must not tell the addresses apart.
        self.tables.write(*account, Put(self.users.table, pending, when=NEW))
        if known is None:
            log_auth("user_created", "INFO", user_id=user.id, role=user.role.value)
        if user.verified:
            return self.letters.already_registered(user.email)
        return self.letters.verification(
            address.display,
            token,
            registered_at=now,
            expires_at=now + timedelta(seconds=self.verify_seconds),
        )

    def verify_email(self, token: Secret[str]) -> None:
        """Use up a mailed token; raise ``InvalidToken``. The account's sessions are verified with it."""
        if not has_form(token):
            raise InvalidToken
        decided_anew(lambda: self._verify_email(token))

    def _verify_email(self, token: Secret[str]) -> None:
        now = self.clock()
        pending = self.tables.get(self.users.table, keys.verify_token(token))
        if pending is None or pending["expires_at"] <= epoch(now):
            raise InvalidToken
        user = self.users.by_id(pending["user_id"])
        # Once an address is verified, the tokens of other registrations must not change its account.
        if user is None or user.verified or user.disabled:
            raise InvalidToken
        writes: list[Write] = [Delete(self.users.table, keys.verify_token(token), when=EXISTS)]
        if user.registration == keys.secret_digest(token):
            writes.append(self.users.change(user, verified=True))
            effect: Effect = partial(self.sessions.marking, user=replace(user, verified=True))
        else:
            # Another registration's: whoever logged in with the old password is somebody else.
            writes.append(self.users.change(user, verified=True, **_replacing(user, pending, token)))
            effect = self.sessions.ending
        commit_with_sessions(self.sessions, writes, user_id=user.id, effect=effect, now=now)
        log_auth("user_updated", "INFO", user_id=user.id, change="email_verified")


def _replacing(user: User, pending: Item, token: Secret[str]) -> Item:
    fields = ("email", "display_name", "password_hash")
    return {
        **{name: pending[name] for name in fields},
        "registration": keys.secret_digest(token),
        "credentials_version": user.credentials_version + 1,
    }
