"""What a celebrity and an offering may be. Pure: a rule takes a whole and returns it, or refuses by field."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from greenroom.calendar.zones import find_zone
from greenroom.cancellation import cancellation_policy
from greenroom.money import CURRENCIES, WHOLE, check_payable
from greenroom.refusals import InvalidInput, NotFound
from greenroom.shapes import LARGEST_AMOUNT

from .countries import countries
from .model import Celebrity, Offering
from .records import offering_document, offering_from
from .refusals import LimitReached
from .search import folded
from .shapes import celebrity_view

MOST_OFFERINGS = 50
LARGEST_PROFILE = 50_000
"""Bytes of a celebrity with all offerings, as shown. A page of a hundred fits an answer of 6 MB, and an item
of the table may have eight times that."""

_LONGEST_SLUG = 60
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_SLUG_TRIES = 5


def checked(celebrity: Celebrity, cdn_url: str | None) -> Celebrity:
    """Return a celebrity that keeps the rules; ``cdn_url`` is where media may be, None: nowhere.

    Raises ``InvalidInput`` naming the field, or ``LimitReached``.
    """
    if celebrity.country not in countries():
        raise InvalidInput("There is no such country in ISO 3166", field="country")
    find_zone(celebrity.time_zone)
    for name in ("languages", "media"):
        values = getattr(celebrity, name)
        if len(set(values)) != len(values):
            raise InvalidInput("Each is named once", field=name)
    for number, url in enumerate(celebrity.media):
        if not _is_below(url, cdn_url):
            raise InvalidInput("Media lie on the site's own media server", field=f"media.{number}")
    if len(celebrity.offerings) > MOST_OFFERINGS:
        raise LimitReached(f"A celebrity has at most {MOST_OFFERINGS} offerings")
    if len(celebrity_view(celebrity, whole=True).model_dump_json().encode()) > LARGEST_PROFILE:
        raise LimitReached(f"A celebrity with all offerings has at most {LARGEST_PROFILE} bytes")
    return celebrity


def _is_below(url: str, base: str | None) -> bool:
    # The shape lets through plain segments alone; two of them would lead elsewhere.
    return (
        base is not None
        and url.startswith(f"{base.rstrip('/')}/")
        and not {".", ".."}.intersection(url.split("/"))
    )


def offering_of(offering_id: str, document: Mapping[str, Any]) -> Offering:
    """Return the offering of a body; raise ``InvalidInput`` naming the field, or ``TooLong``."""
    offering = offering_from({**document, "id": offering_id})
    if offering.currency not in CURRENCIES:
        raise InvalidInput("That is not a currency we take", field="price.currency")
    if not 0 <= offering.price <= LARGEST_AMOUNT:
        raise InvalidInput(f"An amount is 0 to {LARGEST_AMOUNT}", field="price.amount")
    check_payable(offering.price, offering.currency, field="price.amount")
    if not 0 <= offering.deposit_share <= WHOLE:
        raise InvalidInput(f"A share is 0 to {WHOLE} basis points", field="deposit_share")
    return replace(offering, cancellation_policy=cancellation_policy(offering.cancellation_policy))


def with_offering(celebrity: Celebrity, offering: Offering) -> Celebrity:
    """Return the celebrity with one offering more."""
    return replace(celebrity, offerings=(*celebrity.offerings, offering))


def with_changed_offering(celebrity: Celebrity, offering_id: str, changes: Mapping[str, Any]) -> Celebrity:
    """Return the celebrity with an offering changed; raise ``NotFound``, else as ``offering_of``."""
    before = own_offering(celebrity, offering_id)
    after = offering_of(offering_id, {**offering_document(before), **changes})
    return replace(
        celebrity,
        offerings=tuple(after if offering is before else offering for offering in celebrity.offerings),
    )


def without_offering(celebrity: Celebrity, offering_id: str) -> Celebrity:
    """Return the celebrity without an offering; raise ``NotFound``."""
    gone = own_offering(celebrity, offering_id)
    return replace(celebrity, offerings=tuple(each for each in celebrity.offerings if each is not gone))


def own_offering(celebrity: Celebrity, offering_id: str) -> Offering:
    """Return an offering, active or not; raise ``NotFound``."""
    for offering in celebrity.offerings:
        if offering.id == offering_id:
            return offering
    raise NotFound


def slugs(name: str, celebrity_id: str) -> list[str]:
    """Return slugs for a name, the best first; the last is nobody else's.

    A name without Latin letters has none of its own.
    """
    plain = _NO_LETTER.sub("-", folded(name)).strip("-")[:_LONGEST_SLUG].rstrip("-") or "celebrity"
    numbered = [f"{plain}-{number}" for number in range(2, _SLUG_TRIES + 1)]
    return [plain, *numbered, f"{plain}-{celebrity_id[-10:].lower()}"]
