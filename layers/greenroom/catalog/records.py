"""Celebrities, schedules and listing rows as they are stored."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from greenroom.calendar.intervals import format_instant, parse_instant
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.cancellation import Tier
from greenroom.storage import keys
from greenroom.storage.items import Item

from .model import Celebrity, Mode, Offering
from .search import Row, folded

_MINUTE = 60


def offering_document(offering: Offering) -> dict[str, Any]:
    """Return an offering in JSON's types, as it is stored and shown."""
    timing = offering.timing
    return {
        "id": offering.id,
        "title": offering.title,
        "kind": offering.kind,
        "mode": offering.mode.value,
        "duration_minutes": int(timing.duration.total_seconds()) // _MINUTE,
        "buffer_before_minutes": int(timing.buffer_before.total_seconds()) // _MINUTE,
        "buffer_after_minutes": int(timing.buffer_after.total_seconds()) // _MINUTE,
        "minimum_notice_minutes": int(timing.minimum_notice.total_seconds()) // _MINUTE,
        "slot_minutes": int(timing.slot.total_seconds()) // _MINUTE,
        "price": {"amount": offering.price, "currency": offering.currency},
        "deposit_share": offering.deposit_share,
        "cancellation_policy": [
            {"days_before": tier.days_before, "refund_share": tier.refund_share}
            for tier in offering.cancellation_policy
        ],
        "active": offering.active,
    }


def offering_from(document: dict[str, Any]) -> Offering:
    """Return the offering that ``offering_document`` wrote."""
    return Offering(
        id=document["id"],
        title=document["title"],
        kind=document["kind"],
        mode=Mode(document["mode"]),
        timing=OfferingTiming.from_minutes(
            duration=document["duration_minutes"],
            slot=document["slot_minutes"],
            buffer_before=document["buffer_before_minutes"],
            buffer_after=document["buffer_after_minutes"],
            minimum_notice=document["minimum_notice_minutes"],
        ),
        price=document["price"]["amount"],
        currency=document["price"]["currency"],
        deposit_share=document["deposit_share"],
        cancellation_policy=tuple(
            Tier(tier["days_before"], tier["refund_share"]) for tier in document["cancellation_policy"]
        ),
        active=document["active"],
    )


def celebrity_item(celebrity: Celebrity) -> Item:
    """Return the item of a celebrity, offerings included: a profile is one read."""
    return {
        **keys.celebrity(celebrity.id)._asdict(),
        "slug": celebrity.slug,
        "name": celebrity.name,
        "category": celebrity.category,
        "country": celebrity.country,
        "time_zone": celebrity.time_zone,
        "languages": list(celebrity.languages),
        "bio": celebrity.bio,
        "media": list(celebrity.media),
        "agent_id": celebrity.agent_id,
        "offerings": [offering_document(offering) for offering in celebrity.offerings],
        "created_at": format_instant(celebrity.created_at),
        "version": celebrity.version,
    }


def celebrity_from(item: Item) -> Celebrity:
    """Return the celebrity of an item."""
    return Celebrity(
        id=item["pk"].partition("#")[2],
        slug=item["slug"],
        name=item["name"],
        category=item["category"],
        country=item["country"],
        time_zone=item["time_zone"],
        languages=tuple(item["languages"]),
        bio=item["bio"],
        media=tuple(item["media"]),
        agent_id=item["agent_id"],
        offerings=tuple(offering_from(document) for document in item["offerings"]),
        created_at=parse_instant(item["created_at"]),
        version=item["version"],
    )


def schedule_item(celebrity_id: str, schedule: Schedule, version: int) -> Item:
    """Return the item of a celebrity's opening hours."""
    return {**keys.schedule(celebrity_id)._asdict(), **schedule.to_plain(), "version": version}


def schedule_from(item: Item | None) -> Schedule:
    """Return the opening hours of an item; without one the celebrity is never open."""
    return Schedule.from_plain(item) if item else Schedule()


def roster_item(agent_id: str, celebrities: Sequence[str]) -> Item:
    """Return the item of the ids on an agent's roster. It is written if they still are what was read."""
    return {
        **keys.roster(agent_id)._asdict(),
        "celebrities": list(celebrities),
        "size": len(celebrities),
    }


def roster_from(item: Item | None) -> list[str]:
    """Return the ids on a roster, the first added first; without an item nobody is on it."""
    return list(item["celebrities"]) if item else []


def row_item(celebrity: Celebrity) -> Item:
    """Return the listing row of a celebrity: what search looks at, and no more."""
    active = [offering for offering in celebrity.offerings if offering.active]
    prices: defaultdict[str, list[int]] = defaultdict(list)
    for offering in active:
        prices[offering.currency].append(offering.price)
    before = max((offering.timing.buffer_before for offering in active), default=timedelta())
    after = max((each.timing.duration + each.timing.buffer_after for each in active), default=timedelta())
    return {
        **keys.listing_row(celebrity.id)._asdict(),
        "name": celebrity.name,
        "category": celebrity.category,
        "country": celebrity.country,
        "languages": list(celebrity.languages),
        "time_zone": celebrity.time_zone,
        "prices": {currency: sorted(amounts) for currency, amounts in prices.items()},
        "reach": [int(span.total_seconds()) // _MINUTE for span in (before, after)],
        "version": celebrity.version,
    }


def row_from(item: Item) -> Row:
    """Return the search row of a listing item."""
    before, after = item["reach"]
    return Row(
        celebrity_id=item["sk"],
        name=folded(item["name"]),
        category=item["category"],
        country=item["country"],
        languages=tuple(item["languages"]),
        time_zone=item["time_zone"],
        prices={currency: tuple(amounts) for currency, amounts in item["prices"].items()},
        reach=(before, after),
        version=item.get("version", 0),
    )
