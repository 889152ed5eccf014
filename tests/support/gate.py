"""A gate whose tokens are looked up in a function of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import Secret

from greenroom.gateway.admission import Admission
from greenroom.identity.principal import Claims, Principal
from greenroom.limits.policies import Policy
from greenroom.limits.quotas import Quotas
from greenroom.limits.standing import Standing

Known = Callable[[str], Principal]
"""Returns whose a token is, or raises ``Unauthenticated``."""


@dataclass(frozen=True, slots=True)
class _Sessions:
    """Sessions whose id is the token."""

    known: Known

    def principal(self, claims: Claims, now: datetime) -> Principal:  # noqa: ARG002 - the protocol's
        return self.known(claims.session_id)

    def counted(
        self,
        claims: Claims,  # noqa: ARG002 - the protocol's
        now: datetime,  # noqa: ARG002 - the protocol's
        quotas: Quotas,  # noqa: ARG002 - the protocol's
        policy: Policy,  # noqa: ARG002 - the protocol's
    ) -> tuple[Principal, Standing]:
        raise AssertionError("a gate without limits counts nothing")


def gate(known: Known) -> Admission:
    """Return a gate without limits that takes any token ``known`` knows."""

    def verify(secret: Secret[str], now: datetime) -> Claims:
        token = secret.get_secret_value()
        principal = known(token)
        return Claims(principal.user_id, token, principal.role, 0, 0)

    return Admission(verify=verify, sessions=_Sessions(known))
