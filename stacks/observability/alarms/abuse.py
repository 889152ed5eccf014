"""Attacks, and the defences against them."""

from collections.abc import Iterator

from greenroom.telemetry import catalogue
from stacks.observability.alarms.alarm import Alarm, Severity
from stacks.observability.watched import Watched


def security(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on security events: one critical event, or many lesser ones."""

    def many(name: str, means: str, section: str, *, event: str, threshold: float) -> Alarm:
        return Alarm(
            name=name,
            severity=Severity.TICKET,
            means=means,
            look=f"saved query 'security', event {event}: one account or address, or many?",
            runbook=f"security.md#{section}",
            terms={"events": watched.ours(catalogue.SECURITY_EVENTS, "Sum", event=event)},
            threshold=threshold,
            period=300,
            points=(2, 3),
        )

    yield Alarm(
        name="security-critical",
        severity=Severity.PAGE,
        means="A critical security event: a stolen session was used, a payment did not match, a defence is "
        "down. One is enough; it is no matter of rates.",
        look="saved query 'security', severity CRITICAL: which event, whose account?",
        runbook="security.md#a-critical-event",
        terms={"events": watched.ours(catalogue.SECURITY_EVENTS, "Sum", severity="CRITICAL")},
        threshold=1,
        period=60,
        points=(1, 1),
    )
    yield Alarm(
        name="security-warnings",
        severity=Severity.TICKET,
        means="Many security events of severity WARN: somebody tries something, or a client is broken.",
        look="dashboard operations, 'Security events by name': which one grew?",
        runbook="security.md#many-warnings",
        terms={"events": watched.ours(catalogue.SECURITY_EVENTS, "Sum", severity="WARN")},
        threshold=100,
        period=300,
        points=(2, 3),
    )
    yield many(
        "login-failures",
        "Many logins fail: passwords are being guessed or tried from a leak.",
        "many-logins-fail",
        event="authn_login_fail",
        threshold=50,
    )
    yield many(
        "access-denied",
        "Many calls of routes that the caller's role may not use: somebody looks for a way in.",
        "many-calls-are-denied",
        event="authz_fail",
        threshold=20,
    )
    yield many(
        "token-reuse",
        "Refresh tokens or passkeys are used twice, more often than by second tabs: sessions may be stolen.",
        "tokens-are-used-twice",
        event="authn_token_reuse",
        threshold=5,
    )


def defences(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on the limiter and the firewall."""
    yield Alarm(
        name="limit-store",
        severity=Severity.TICKET,
        means="Requests could not be counted: logins are refused meanwhile, all else passes unlimited.",
        look="dashboard operations, 'Limiter': failures beside the throttles of the table limits.",
        runbook="limits.md#requests-cannot-be-counted",
        terms={"failures": watched.ours(catalogue.LIMIT_STORE_FAILURES, "Sum")},
        threshold=1,
        period=300,
        points=(1, 1),
    )
    yield Alarm(
        name="firewall-blocks",
        severity=Severity.TICKET,
        means="The firewall blocks far more than usual: a flood, or a rule that hits honest clients.",
        look="dashboard operations, 'Firewall: blocked by rule'.",
        runbook="security.md#the-firewall-blocks-a-lot",
        terms={"blocked": watched.of_firewall("BlockedRequests")},
        # More than one address that floods on and on: those are refused, and that is all there is to do.
        threshold=5 * watched.stage.flood_per_minute,
        period=300,
        points=(2, 3),
    )
