"""Terms as plain documents: how they stand in the event log, in the booking's item and in answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from greenroom.calendar.intervals import format_instant, parse_instant
from greenroom.cancellation import CancellationPolicy, Tier

from .terms import Exclusivity, Terms


def policy_document(policy: CancellationPolicy) -> list[dict[str, int]]:
    """Return a cancellation policy in JSON's types."""
    return [{"days_before": tier.days_before, "refund_share": tier.refund_share} for tier in policy]


def policy_from(document: Iterable[Mapping[str, int]]) -> CancellationPolicy:
    """Return the policy that ``policy_document`` wrote."""
    return tuple(Tier(tier["days_before"], tier["refund_share"]) for tier in document)


def terms_document(terms: Terms) -> dict[str, Any]:
    """Return the terms in JSON's types; instants are RFC 3339 in UTC, amounts minor units."""
    return {
        "version": terms.version,
        "fee": terms.fee,
        "travel": terms.travel,
        "total": terms.total,
        "deposit": terms.deposit,
        "commission": terms.commission,
        "currency": terms.currency,
        "rider": terms.rider,
        "exclusivity": (
            {"radius_km": terms.exclusivity.radius_km, "days": terms.exclusivity.days}
            if terms.exclusivity
            else None
        ),
        "usage_rights": terms.usage_rights,
        "cancellation_policy": policy_document(terms.cancellation_policy),
        "start": format_instant(terms.start),
        "end": format_instant(terms.end),
        "expires_at": format_instant(terms.expires_at) if terms.expires_at else None,
    }


def terms_from(document: Mapping[str, Any]) -> Terms:
    """Return the terms that ``terms_document`` wrote."""
    exclusivity, expires_at = document["exclusivity"], document["expires_at"]
    return Terms(
        version=document["version"],
        fee=document["fee"],
        travel=document["travel"],
        deposit=document["deposit"],
        commission=document["commission"],
        currency=document["currency"],
        rider=document["rider"],
        exclusivity=Exclusivity(exclusivity["radius_km"], exclusivity["days"]) if exclusivity else None,
        usage_rights=document["usage_rights"],
        cancellation_policy=policy_from(document["cancellation_policy"]),
        start=parse_instant(document["start"]),
        end=parse_instant(document["end"]),
        expires_at=parse_instant(expires_at) if expires_at else None,
    )
