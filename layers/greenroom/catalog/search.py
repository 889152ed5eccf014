"""Search over the listing: pure, in memory, on small rows that are put in order once a listing version."""

import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from itertools import islice

from .ordered import Ordered, Places


class Sort(StrEnum):
    """The orders of the list; a leading minus descends. A price needs its currency."""

    NAME = "name"
    NAME_DESCENDING = "-name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


PRICES = frozenset({Sort.PRICE, Sort.PRICE_DESCENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What search knows of a celebrity, by what is offered now."""

    celebrity_id: str
    name: str
    """Folded: no case, no accents."""
    category: str
    country: str
    languages: tuple[str, ...] = ()
    time_zone: str = "UTC"
    prices: Mapping[str, tuple[int, ...]]
    """Those of active offerings by currency, in its minor units, ascending."""
    reach: tuple[int, int] = (0, 0)
    """How many minutes before and after a start any of them takes at most."""
    version: int = 0
    """That of the profile; 0 where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a caller looks for; None leaves a field open.

    Prices are in minor units of ``currency``, ends included; without one they mean nothing.
    """

    category: str | None = None
    country: str | None = None
    language: str | None = None
    """A tag, which also finds longer ones: ``pt`` finds ``pt-BR``."""
    q: str | None = None
    currency: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    offering: bool = False
    """Only who has an active offering."""


# Letters that are no base letter with a mark, and are typed as if they were.
_TYPED_AS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def folded(text: str) -> str:
    """Return text without case and accents, so that ``beyonce`` finds ``Beyoncé``."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.translate(_TYPED_AS)


class Listing:
    """The rows of one listing version, with each order made at its first use."""

    def __init__(self, version: int, rows: Sequence[Row]) -> None:
        self.version = version
        self.rows = tuple(rows)
        self._orders: dict[tuple[Sort, str | None], Ordered[Row]] = {}

    @cached_property
    def versions(self) -> dict[str, int]:
        """The version of each celebrity's profile."""
        return {row.celebrity_id: row.version for row in self.rows}

    def find(
        self, filters: Filters, sort: Sort, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """Return the ids of one page, and the id after which the next page goes on, None at the end."""
        found = list(islice(self.matching(filters, sort, after=after), limit + 1))
        page = [row.celebrity_id for row in found[:limit]]
        return page, page[-1] if len(found) > limit else None

    def matching(self, filters: Filters, sort: Sort, *, after: str | None) -> Iterator[Row]:
        """Yield the rows that match, in order, from behind ``after``, the last id of the page before.

        When that celebrity is gone, nothing is left: the caller's list has changed under him and starts anew.
        A price as order or bound raises ``ValueError`` without its currency.
        """
        bounded = filters.min_price is not None or filters.max_price is not None
        if filters.currency is None and (bounded or sort in PRICES):
            raise ValueError("amounts of different currencies are not compared")
        order = self._order(sort, filters.currency)
        return order.matching(list(_demands(order, filters)), after=after)

    def _order(self, sort: Sort, currency: str | None) -> Ordered[Row]:
        key = (sort, currency if sort in PRICES else None)
        if key not in self._orders:
            self._orders[key] = Ordered(_in_order(self.rows, *key), key=lambda row: row.celebrity_id)
        return self._orders[key]


def _in_order(rows: Sequence[Row], sort: Sort, currency: str | None) -> list[Row]:
    match sort:
        case Sort.NAME | Sort.NAME_DESCENDING:
            ordered = sorted(rows, key=lambda row: (row.name, row.celebrity_id))
            return ordered if sort is Sort.NAME else ordered[::-1]
        case Sort.NEWEST:
            return sorted(rows, key=lambda row: row.celebrity_id, reverse=True)
    # Who has no such price is not in the order: the currency is a filter as well.
    sign = 1 if sort is Sort.PRICE else -1
    lowest = {row.celebrity_id: row.prices.get(currency or "", ())[:1] for row in rows}
    priced = [row for row in rows if lowest[row.celebrity_id]]
    return sorted(priced, key=lambda row: (sign * lowest[row.celebrity_id][0], row.celebrity_id))


Demand = tuple[Hashable, Callable[[], Places]]


def _demands(order: Ordered[Row], filters: Filters) -> Iterator[Demand]:
    """Yield, for each filter that is set, a key of its own and what finds who meets it."""
    kinds = (
        ("category", filters.category, lambda row: (row.category,)),
        ("country", filters.country, lambda row: (row.country,)),
        ("language", filters.language, _ranges),
        ("offering", "active" if filters.offering else None, lambda row: ("active",) if row.prices else ()),
    )
    for kind, value, values in kinds:
        if value is not None:
            yield (kind, value), partial(order.having, kind, values, value)
    if filters.q is not None:
        named = folded(filters.q)
        yield ("q", named), partial(order.containing, "name", lambda row: row.name, named)
    currency, least, most = filters.currency, filters.min_price, filters.max_price
    if currency is not None:
        yield (
            (currency, least, most),
            partial(order.between, currency, lambda row: row.prices.get(currency, ()), least, most),
        )


def _ranges(row: Row) -> set[str]:
    """Return the tags of a row's languages and every shorter one: ``pt`` of ``pt-BR``."""
    return {
        "-".join(parts[:length])
        for parts in (tag.split("-") for tag in row.languages)
        for length in range(1, len(parts) + 1)
    }
