"""Search over the listing: pure, in memory, on rows that are small and sorted once a listing version."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any


class Sort(StrEnum):
    """The orders of the list; a leading minus descends."""

    NAME = "name"
    NAME_DESCENDING = "-name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Row:
    """What search knows of a celebrity. ``prices`` are those of active offerings, ascending."""

    celebrity_id: str
    name: str
    """Folded: no case, no accents."""
    category: str
    country: str
    prices: tuple[int, ...]
    version: int = 0
    """That of the profile; 0 where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a caller looks for; None leaves a field open. Prices are in minor units, ends included."""

    category: str | None = None
    country: str | None = None
    q: str | None = None
    min_price: int | None = None
    max_price: int | None = None


# Letters that are no base letter with a mark, and are typed as if they were.
_TYPED_AS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def folded(text: str) -> str:
    """Return text without case and accents, so that ``beyonce`` finds ``Beyoncé``."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.translate(_TYPED_AS)


# A celebrity without an active offering has no price and comes last in either direction.
_NO_PRICE = 10**18
_ORDERS: dict[Sort, Callable[[Row], Any]] = {
    Sort.NAME: lambda row: (row.name, row.celebrity_id),
    Sort.PRICE: lambda row: (row.prices[0] if row.prices else _NO_PRICE, row.celebrity_id),
    Sort.PRICE_DESCENDING: lambda row: (-row.prices[0] if row.prices else _NO_PRICE, row.celebrity_id),
    Sort.NEWEST: lambda row: row.celebrity_id,
}


class Listing:
    """The rows of one listing version, with each order sorted at its first use."""

    def __init__(self, version: int, rows: Sequence[Row]) -> None:
        self.version = version
        self.rows = tuple(rows)

    @cached_property
    def _sorted(self) -> dict[Sort, list[Row]]:
        orders = {sort: sorted(self.rows, key=order) for sort, order in _ORDERS.items()}
        orders[Sort.NEWEST].reverse()
        orders[Sort.NAME_DESCENDING] = orders[Sort.NAME][::-1]
        return orders

    @cached_property
    def versions(self) -> dict[str, int]:
        """The version of each celebrity's profile."""
        return {row.celebrity_id: row.version for row in self.rows}

    def find(
        self, filters: Filters, sort: Sort, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """Return the ids of one page, and the id after which the next page goes on, None at the end.

        ``after`` is the last id of the page before. When that celebrity is gone, the page is empty: the
        caller's list has changed under him and starts anew.
        """
        rows = self._sorted[sort]
        named = None if filters.q is None else folded(filters.q)
        wanted = [
            row.celebrity_id for row in rows if _matches(row, filters, named) or row.celebrity_id == after
        ]
        if after is not None:
            wanted = wanted[wanted.index(after) + 1 :] if after in wanted else []
        page = wanted[:limit]
        return page, page[-1] if len(wanted) > limit else None


def _matches(row: Row, filters: Filters, named: str | None) -> bool:
    return (
        (filters.category is None or row.category == filters.category)
        and (filters.country is None or row.country == filters.country)
        and (named is None or named in row.name)
        and _price_within(row.prices, filters)
    )


def _price_within(prices: tuple[int, ...], filters: Filters) -> bool:
    if filters.min_price is None and filters.max_price is None:
        return True
    least = filters.min_price or 0
    most = _NO_PRICE if filters.max_price is None else filters.max_price
    return any(least <= price <= most for price in prices)
