"""Logging in by passkey, without a name: the authenticator says whose it is, so there is none to guess.

The authenticator has verified its user by a finger, a face or a PIN, and the key is something one has: that
is two factors, and no code is asked for besides.
"""

from dataclasses import dataclass
from datetime import datetime

from greenroom.storage.writes import Write
from greenroom.telemetry.logs import log_security

from .ceremonies import AnswerRefused, Assertion, Credential, challenge_in, check_assertion
from .challenges import LOGIN, Challenges
from .clock import Clock
from .factor_refusals import PasskeyRefused
from .grants import Grant
from .opening import Opening
from .passkeys import Passkey, Passkeys, user_handle
from .races import decided_anew
from .relying_party import RelyingParty
from .users import User, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyLogin:
    """Opens sessions. Whatever is wrong with an answer, the refusal is the same and nothing is written."""

    users: Users
    passkeys: Passkeys
    challenges: Challenges
    party: RelyingParty
    opening: Opening
    clock: Clock

    def begin(self) -> str:
        """Return a challenge for whoever comes."""
        return self.challenges.issue(LOGIN, self.clock())

    def finish(self, credential: Credential) -> Grant:
        """Return the first tokens of a new session; raise ``PasskeyRefused`` or ``Unavailable``."""
        return decided_anew(lambda: self._finish(credential))

    def _finish(self, credential: Credential) -> Grant:
        now = self.clock()
        passkey = self.passkeys.by_credential(credential["id"])
        try:
            user, proof = self._proven(credential, passkey, now)
        except AnswerRefused:
            user_id = passkey.user_id if passkey else None
            log_security("authn_login_fail", "WARN", user_id=user_id, method="passkey")
            raise PasskeyRefused from None
        return self.opening.grant(user, proof, method="passkey", now=now)

    def _proven(
        self, credential: Credential, passkey: Passkey | None, now: datetime
    ) -> tuple[User, list[Write]]:
        """Return whose genuine answer it is, with the writes that use it up; raise ``AnswerRefused``."""
        challenge = challenge_in(credential)
        if not self.challenges.is_open(challenge, LOGIN, now):
            raise AnswerRefused
        if passkey is None or credential["response"].get("userHandle") != user_handle(passkey.user_id):
            raise AnswerRefused
        assertion = check_assertion(
            credential, challenge=challenge, party=self.party, public_key=passkey.public_key
        )
        _check_counter(passkey, assertion)
        user = self.users.by_id(passkey.user_id)
        if user is None or user.disabled:
            raise AnswerRefused
        return user, [
            self.challenges.closing(challenge),
            self.passkeys.using(passkey, assertion, now),
        ]


def _check_counter(passkey: Passkey, assertion: Assertion) -> None:
    """Refuse a genuine answer whose counter has not grown: the key has been copied, and both are in use."""
    counts = assertion.sign_count or passkey.sign_count
    if counts and assertion.sign_count <= passkey.sign_count:
        log_security(
            "authn_token_reuse", "CRITICAL", user_id=passkey.user_id, passkey_id=passkey.id, kind="passkey"
        )
        raise AnswerRefused
