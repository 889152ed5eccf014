"""The second factor at a login: a code of the authenticator app, or a recovery code, each used once.

A user's one item of it holds the app's secret, the newest time step whose code was used, and the digests
of the recovery codes that are left. Every use is a conditional write of that item in the transaction that
opens the session: of two logins with one code, one fails. It stands apart from the account, so that what
reads accounts does not read secrets with them.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Secret

from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import Tables
from greenroom.storage.writes import EXISTS, NEW, Delete, Put, Update

from .clock import epoch, instant
from .factor_refusals import MfaRequired
from .recovery_codes import recovery_digest
from .refusals import InvalidCredentials
from .totp_codes import matching_step


@dataclass(frozen=True, slots=True)
class Spending:
    """The write that uses a code up, and, of a recovery code, how many are left then."""

    write: Update
    recovery_codes_left: int | None = None


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Finds second factors, and makes the writes that add, use and remove them."""

    tables: Tables
    table: str

    def is_on(self, user_id: str) -> bool:
        """Tell whether a login needs a code besides the password."""
        return self._find(user_id) is not None

    def spending(self, user_id: str, code: Secret[str] | None, now: datetime) -> Spending | None:
        """Return the use of ``code``, None where the user has no second factor.

        Raises ``MfaRequired`` without a code, and for a wrong or used one ``InvalidCredentials``, as for a
        wrong password. To be called only after the password was right.
        """
        factor = self._find(user_id)
        if factor is None:
            return None
        if code is None:
            raise MfaRequired
        step = matching_step(Secret(factor["secret"]), code, epoch(now))
        if step is not None and step > factor["last_step"]:
            return Spending(self._changing(factor, last_step=step))
        digest = recovery_digest(code)
        if digest in factor["recovery_digests"]:
            left = [kept for kept in factor["recovery_digests"] if kept != digest]
            return Spending(self._changing(factor, recovery_digests=left), len(left))
        raise InvalidCredentials

    def adding(
        self, user_id: str, *, secret: Secret[str], used_step: int, recovery_digests: list[str], now: datetime
    ) -> Put:
        """Return the write that makes logins need a code from now on."""
        item = {
            **keys.second_factor(user_id)._asdict(),
            "user_id": user_id,
            "secret": secret,
            "last_step": used_step,
            "recovery_digests": recovery_digests,
            "created_at": instant(now),
            "version": 1,
        }
        return Put(self.table, item, when=NEW)

    def removing(self, user_id: str) -> Delete:
        """Return the write that makes the password enough again."""
        return Delete(self.table, keys.second_factor(user_id), when=EXISTS)

    def _find(self, user_id: str) -> Item | None:
        return self.tables.get(self.table, keys.second_factor(user_id))

    def _changing(self, factor: Item, **assign: object) -> Update:
        return Update(
            self.table,
            keys.second_factor(factor["user_id"]),
            assign={**assign, "version": factor["version"] + 1},
            when={"version": factor["version"]},
        )
