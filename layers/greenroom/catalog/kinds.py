"""What of the catalogue is cached, and how it is told from what somebody else has put into the cache.

A profile and opening hours are kept under the version that their own item carries, the listing under its
version. A slug leads to an id whatever its version: whoever follows it looks at the profile's own slug.
"""

from typing import Any

from greenroom.cache.port import Kind
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.zones import find_zone
from greenroom.identifiers import is_id

from .model import Celebrity
from .records import celebrity_from, celebrity_item
from .search import Listing, Row
from .shapes import celebrity_view

SHAPES = 2
"""Raised when the JSON of any kind changes, so that code of before and after do not read each other's. A test
holds it against that JSON."""

WHOLE = "whole"
"""The key of the one listing."""


def cache_scope(table: str) -> str:
    """Return what a cache's values depend on beside their versions.

    The table is in it because one that is restored from a backup has its versions twice, under another name.
    """
    return f"{table}:{SHAPES}"


def _celebrity(plain: Any) -> Celebrity:
    celebrity = celebrity_from(plain)
    # These check the types of all that is shown, and the one value that is looked up when it is used.
    celebrity_view(celebrity)
    find_zone(celebrity.time_zone)
    return celebrity


def _listing_plain(listing: Listing) -> Any:
    return {
        "version": listing.version,
        "rows": [
            [
                row.celebrity_id,
                row.name,
                row.category,
                row.country,
                list(row.languages),
                row.time_zone,
                {currency: list(amounts) for currency, amounts in row.prices.items()},
                list(row.reach),
                row.version,
            ]
            for row in listing.rows
        ],
    }


def _listing(plain: Any) -> Listing:
    return Listing(_number(plain["version"]), [_row(each) for each in plain["rows"]])


def _row(plain: Any) -> Row:
    celebrity_id, name, category, country, languages, time_zone, prices, (before, after), version = plain
    find_zone(time_zone)
    return Row(
        celebrity_id=_id(celebrity_id),
        name=_text(name),
        category=_text(category),
        country=_text(country),
        languages=tuple(map(_text, languages)),
        time_zone=time_zone,
        prices={_text(currency): tuple(map(_number, amounts)) for currency, amounts in prices.items()},
        reach=(_number(before), _number(after)),
        version=_number(version),
    )


def _id(plain: Any) -> str:
    if not is_id(plain, "cel"):
        raise ValueError("no celebrity's id")
    return _text(plain)


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise TypeError("no text")
    return plain


def _number(plain: Any) -> int:
    if type(plain) is not int:
        raise TypeError("no whole number")
    return plain


PROFILES: Kind[Celebrity] = Kind(name="profile", to_plain=celebrity_item, from_plain=_celebrity)
SCHEDULES: Kind[Schedule] = Kind(name="schedule", to_plain=Schedule.to_plain, from_plain=Schedule.from_plain)
LISTINGS: Kind[Listing] = Kind(name="listing", to_plain=_listing_plain, from_plain=_listing)
SLUGS: Kind[str] = Kind(name="slug", to_plain=str, from_plain=_id)
