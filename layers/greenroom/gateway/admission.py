"""Admission: whether a request may come in, decided before anybody looks at what it wants.

A token is verified without any store. Then one write decides whether its session lives and whether the
caller is within the route's quota. Callers without a session count by the address that the gateway saw.

While the store cannot count, what guards a secret is refused. General requests pass, and an event says so;
but a session that has ended stays ended: it is then looked up without counting, and refused if that fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Protocol

from pydantic import Secret

from greenroom.identity.authentication import live_sessions, token_verifier
from greenroom.identity.principal import Claims, Principal
from greenroom.limits import policies
from greenroom.limits.addresses import bucket
from greenroom.limits.policies import Policy
from greenroom.limits.quotas import Quotas, quotas
from greenroom.limits.standing import Standing
from greenroom.refusals import Unauthenticated, Unavailable
from greenroom.storage import keys
from greenroom.telemetry import metrics
from greenroom.telemetry.logs import log_security

from .monitors import MONITOR, MONITOR_CLAIMS, MonitoringToken
from .requests import Request
from .routes import Limit

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

    from greenroom.identity.settings import TokenSettings
    from greenroom.storage.tables import Tables

POLICIES: dict[Limit, Policy] = {
    Limit.GENERAL: policies.GENERAL,
    Limit.AUTHENTICATION: policies.AUTHENTICATION,
    Limit.PASSWORD_RESET: policies.PASSWORD_RESET,
    Limit.UPLOADS: policies.UPLOADS,
}
"""The policy of each group of routes; ``Limit.NONE`` has none."""


class Sessions(Protocol):
    """Knows which sessions live; ``identity.liveness.LiveSessions`` is the real one."""

    def principal(self, claims: Claims, now: datetime) -> Principal: ...
    def counted(
        self, claims: Claims, now: datetime, quotas: Quotas, policy: Policy
    ) -> tuple[Principal, Standing]: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who calls, None where the route is public, and where they stand, None where nothing was counted."""

    principal: Principal | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The gate of one function."""

    verify: Callable[[Secret[str], datetime], Claims] | None = None
    """Returns what a genuine access token says or raises ``Unauthenticated``; None: no token is taken."""
    sessions: Sessions | None = None
    quotas: Quotas | None = None
    """None: nothing is limited."""
    monitoring: MonitoringToken | None = None
    """None: no monitoring token is taken."""

    def policy(self, limit: Limit, *, metered: bool = False) -> Policy | None:
        """Return the policy that requests of a group count against, None where nothing of ours limits them.

        ``metered``: a partner's, which the gateway has counted by his key. That spares it the general limit,
        never one that guards a secret.
        """
        if self.quotas is None or (metered and limit is Limit.GENERAL):
            return None
        return POLICIES.get(limit)

    def claims(self, token: Secret[str] | None, now: datetime) -> Claims:
        """Return what the token says; raise ``Unauthenticated``."""
        if token is None or self.verify is None:
            raise Unauthenticated
        if self.monitoring is not None and self.monitoring.knows(token):
            return MONITOR_CLAIMS
        return self.verify(token, now)

    def admit(self, limit: Limit, request: Request, claims: Claims | None, now: datetime) -> Admitted:
        """Admit a request; ``claims`` are None on a public route.

        Raises ``Unauthenticated`` before ``OverQuota``, and ``Unavailable``.
        """
        policy = self.policy(limit, metered=claims is None and request.key_id is not None)
        if claims is None:
            return Admitted(None, self._by_address(policy, request, now) if policy else None)
        if claims is MONITOR_CLAIMS:
            return Admitted(MONITOR)  # it has no session that could end, and what it may call has no limit
        if self.sessions is None:
            raise Unauthenticated
        if policy is policies.GENERAL and self.quotas is not None:
            try:
                return Admitted(*self.sessions.counted(claims, now, self.quotas, policy))
            except Unavailable as failure:
                _report_failure(policy, failure, request)
        principal = self.sessions.principal(claims, now)
        if policy is None or policy is policies.GENERAL:
            return Admitted(principal)
        if policy is policies.UPLOADS:
            return Admitted(principal, self._count(policy, principal.user_id, request, now))
        return Admitted(principal, self._by_address(policy, request, now))

    def _by_address(self, policy: Policy, request: Request, now: datetime) -> Standing | None:
        return self._count(policy, bucket(request.source_ip), request, now)

    def _count(self, policy: Policy, subject: str, request: Request, now: datetime) -> Standing | None:
        if self.quotas is None:
            return None
        try:
            return self.quotas.count(policy, keys.quota(policy.name, subject), now).standing
        except Unavailable as failure:
            _report_failure(policy, failure, request)
            if not policy.fails_open:
                raise
            return None


def _report_failure(policy: Policy, failure: Unavailable, request: Request) -> None:
    metrics.record_limit_store_failure()
    log_security(
        "rate_limit_store_failed",
        "CRITICAL",
        limit=policy.name,
        passed=policy.fails_open,
        error=type(failure.__cause__ or failure).__name__,
        route=request.resource,
    )


def admission(settings: "TokenSettings", tables: "Tables", kms: "KMSClient") -> Admission:
    """Compose the gate of a function that takes access tokens."""
    return Admission(
        verify=token_verifier(settings, kms).verify,
        sessions=live_sessions(settings, tables),
        quotas=quotas(settings, tables),
    )


def monitored_admission(secret_id: str, gate: Callable[[], Admission]) -> Admission:
    """Compose the gate of a function that takes the monitoring token of that secret, and access tokens.

    ``gate`` composes what reads the latter. It is asked with the first of them, for most requests to such a
    function have none. Nothing is counted: its routes have no limits.
    """
    kept = cache(gate)
    return Admission(
        verify=lambda token, now: kept().claims(token, now),
        sessions=_Later(kept),
        monitoring=MonitoringToken(secret_id),
    )


@dataclass(frozen=True, slots=True)
class _Later:
    """The sessions of a gate that is composed when somebody asks for them."""

    gate: Callable[[], Admission]

    def principal(self, claims: Claims, now: datetime) -> Principal:
        return self._sessions().principal(claims, now)

    def counted(
        self, claims: Claims, now: datetime, quotas: Quotas, policy: Policy
    ) -> tuple[Principal, Standing]:
        return self._sessions().counted(claims, now, quotas, policy)

    def _sessions(self) -> Sessions:
        sessions = self.gate().sessions
        if sessions is None:
            raise Unauthenticated
        return sessions
