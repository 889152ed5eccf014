"""Adding passkeys to one's own account, and removing them. Both need a fresh login."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from greenroom.mail import Mailer
from greenroom.storage.tables import Tables
from greenroom.telemetry.logs import log_auth, log_security

from . import challenges
from .ceremonies import AnswerRefused, Credential, NewCredential, challenge_in, check_registration
from .challenges import Challenges
from .clock import Clock
from .factor_letters import FactorLetters
from .factor_refusals import InvalidPasskey, TooManyPasskeys
from .notices import tell
from .own_account import OwnAccount
from .passkeys import Passkey, Passkeys
from .principal import Principal
from .races import decided_anew
from .relying_party import RelyingParty
from .users import User

MOST = 20


@dataclass(frozen=True, slots=True)
class CreationOptions:
    """What a browser must know to make a passkey."""

    challenge: str
    user: User
    known: Sequence[Passkey]
    """Those that the account has: an authenticator holds one of an account at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRegistration:
    """Adds and removes passkeys. Raises ``FreshLoginRequired`` and ``Unauthenticated`` throughout."""

    tables: Tables
    account: OwnAccount
    passkeys: Passkeys
    challenges: Challenges
    party: RelyingParty
    letters: FactorLetters
    mailer: Mailer
    clock: Clock

    def begin(self, principal: Principal) -> CreationOptions:
        """Return the options of a new passkey with a challenge; raise ``TooManyPasskeys``."""
        now = self.clock()
        user = self.account.freshly(principal, now)
        known = self._with_room(user)
        challenge = self.challenges.issue(challenges.registration(principal.session_id), now)
        return CreationOptions(challenge, user, known)

    def finish(self, principal: Principal, credential: Credential, name: str) -> None:
        """Add the passkey that a browser has made; raise ``InvalidPasskey`` or ``TooManyPasskeys``."""
        user = decided_anew(lambda: self._finish(principal, credential, name))
        log_auth("user_updated", "INFO", user_id=user.id, change="passkey_added")
        tell(self.mailer, self.letters.passkey_added(user.email))

    def _finish(self, principal: Principal, credential: Credential, name: str) -> User:
        now = self.clock()
        user = self.account.freshly(principal, now)
        try:
            challenge, new = self._made(principal, credential, now)
        except AnswerRefused:
            log_security("input_validation_fail", "WARN", user_id=user.id, field="credential")
            raise InvalidPasskey from None
        self._with_room(user)
        self.tables.write(
            self.challenges.closing(challenge),
            *self.passkeys.adding(user.id, new, name=name, now=now),
            self.account.users.change(user),
            self.account.still_logged_in(principal),
        )
        return user

    def _made(self, principal: Principal, credential: Credential, now: datetime) -> tuple[str, NewCredential]:
        """Return the challenge that is answered and the new credential; raise ``AnswerRefused``."""
        challenge = challenge_in(credential)
        if not self.challenges.is_open(challenge, challenges.registration(principal.session_id), now):
            raise AnswerRefused
        new = check_registration(credential, challenge=challenge, party=self.party)
        if self.passkeys.by_credential(new.id) is not None:
            raise AnswerRefused
        return challenge, new

    def remove(self, principal: Principal, passkey_id: str) -> None:
        """Remove one of one's own passkeys; raise ``NotFound``.

        All other sessions end: one of them may have begun by that very passkey, in a thief's hands.
        """
        user = decided_anew(lambda: self._remove(principal, passkey_id))
        log_auth("user_updated", "WARN", user_id=user.id, change="passkey_removed")
        tell(self.mailer, self.letters.passkey_removed(user.email))

    def _remove(self, principal: Principal, passkey_id: str) -> User:
        now = self.clock()
        user = self.account.freshly(principal, now)
        passkey = self.passkeys.find(user.id, passkey_id)
        self.account.change_ending_others(principal, user, self.passkeys.removing(passkey), now)
        return user

    def _with_room(self, user: User) -> list[Passkey]:
        known = self.passkeys.of(user.id)
        if len(known) >= MOST:
            raise TooManyPasskeys
        return known
