"""Moving an account to another e-mail address, which its owner has to prove first.

Asked for from a fresh login only, since the address is what a password is reset by. Whether the new
address has an account already is told to its owner alone.
"""

from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial

from pydantic import Secret

from greenroom.mail import Mailer
from greenroom.telemetry.logs import log_auth

from .account_changes import commit_with_sessions
from .clock import Clock
from .emails import parse_email
from .letters import Letters
from .notices import tell
from .one_time import OneTimeTokens, credentials
from .own_account import OwnAccount
from .principal import Principal
from .races import decided_anew
from .refusals import InvalidToken
from .sessions import Sessions
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """Changes addresses."""

    tokens: OneTimeTokens
    account: OwnAccount
    users: Users
    sessions: Sessions
    letters: Letters
    mailer: Mailer
    clock: Clock

    def request(self, principal: Principal, email: str) -> None:
        """Mail a token to the new address and a notice to the present one.

        Raises ``FreshLoginRequired``, ``InvalidEmail``, ``Unauthenticated`` or ``Unavailable``.
        """
        letters = decided_anew(lambda: self._request(principal, email))
        for letter in letters:
            self.mailer.send(letter)

    def _request(self, principal: Principal, email: str) -> list[EmailMessage]:
        now = self.clock()
        user = self.account.freshly(principal, now)
        address = parse_email(email)
        taken = self.users.by_email(address.folded) is not None
        issued = self.tokens.issue(subject=user.id, user=user, now=now, email=address.display)
        # For an address that is taken too: its token is told to nobody.
        self.tokens.tables.write(*issued.writes, self.account.still_logged_in(principal))
        log_auth("authn_token_created", "INFO", user_id=user.id, purpose="email_change")
        told = (
            self.letters.address_in_use(address.display)
            if taken
            else self.letters.email_change(
                address.display, issued.token, requested_at=now, expires_at=issued.expires_at
            )
        )
        return [told, self.letters.email_change_requested(user.email, at=now)]

    def confirm(self, principal: Principal, token: Secret[str]) -> None:
        """Use up a token of one's own: the account has the new address from now on, and it is verified.

        Raises ``InvalidToken``, also when the address was taken meanwhile, or ``Unavailable``.
        """
        before = decided_anew(lambda: self._confirm(principal, token))
        log_auth("user_updated", "WARN", user_id=before.id, change="email")
        tell(self.mailer, self.letters.email_changed(before.email, at=self.clock()))

    def _confirm(self, principal: Principal, token: Secret[str]) -> User:
        now = self.clock()
        item = self.tokens.find(token, now)
        if item is None or item["user_id"] != principal.user_id:
            raise InvalidToken
        user = self.users.by_id(principal.user_id)
        if user is None or user.disabled or item["credentials"] != credentials(user):
            raise InvalidToken
        address = parse_email(item["email"])
        if self.users.by_email(address.folded) is not None:
            raise InvalidToken
        commit_with_sessions(
            self.sessions,
            [*self.users.move(user, address), *self.tokens.use(token, item)],
            user_id=user.id,
            effect=partial(self.sessions.marking, user=replace(user, verified=True)),
            now=now,
        )
        return user
