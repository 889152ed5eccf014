"""The catalogue's shapes on the wire."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from greenroom.money import CURRENCIES
from greenroom.refusals import InvalidInput
from greenroom.shapes import (
    Amount,
    Currency,
    Cursor,
    Identifier,
    Money,
    Name,
    Query,
    TierView,
    View,
    Written,
)

from .model import Celebrity, Offering
from .records import offering_document
from .search import PRICES, Filters, Sort

Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"),
    Field(description="BCP 47, in its canonical letters.", examples=["en", "pt-BR", "zh-Hant"]),
]


class OfferingView(View):
    """What can be bought. An instant offering is booked at once, another asks for an offer."""

    id: str
    title: str
    kind: str
    mode: Literal["instant", "request"]
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    slot_minutes: int
    price: Money
    deposit_share: Annotated[int, Field(description="Basis points of the price due at once.")]
    cancellation_policy: list[TierView]
    active: bool


class CelebrityView(View):
    """A bookable person with all active offerings; who represents them sees the others too."""

    id: str
    slug: str
    name: str
    category: str
    country: Annotated[str, Field(description="ISO 3166 alpha-2.")]
    time_zone: Annotated[str, Field(description="IANA zone of the opening hours.")]
    languages: list[str]
    bio: str
    media: list[str]
    offerings: list[OfferingView]
    version: int


class CelebrityList(View):
    """One page of the catalogue."""

    items: list[CelebrityView]
    next_cursor: str | None


_ZoneName = Annotated[str, Field(max_length=64, description="IANA zone; the celebrity's by default.")]


class CatalogQuery(Query):
    """What to look for. A price bound matches where any active offering's price lies within."""

    category: Annotated[str, Written(shortest=1, longest=40)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    language: Annotated[Language, Field(description="A BCP 47 tag; `pt` finds `pt-BR` too.")] | None = None
    q: Annotated[Name, Field(description="In the name; no case, no accents.")] | None = None
    currency: Annotated[Currency, Field(description="Of some active offering. Prices need it.")] | None = None
    min_price: Amount | None = None
    max_price: Amount | None = None
    free_on: (
        Annotated[
            date,
            Field(description="A local date with a free start. Pages may be short."),
        ]
        | None
    ) = None
    tz: _ZoneName | None = None
    sort: Sort = Sort.NAME
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20

    def filters(self) -> Filters:
        """Return what to look for; raise ``InvalidInput`` for prices without their currency."""
        if self.currency is not None:
            if self.currency not in CURRENCIES:
                raise InvalidInput("That is not a currency we take", field="currency")
        elif self.sort in PRICES or self.min_price is not None or self.max_price is not None:
            raise InvalidInput("Prices are compared in one currency: name it", field="currency")
        return Filters(
            category=self.category,
            country=self.country,
            language=self.language,
            q=self.q,
            currency=self.currency,
            min_price=self.min_price,
            max_price=self.max_price,
            offering=self.free_on is not None,
        )


class AvailabilityQuery(Query):
    """Local dates in ``tz``, both included."""

    from_: Annotated[date, Field(alias="from")]
    to: date
    offering_id: Identifier
    tz: _ZoneName | None = None


class Slot(View):
    """One free slot of the offering."""

    start: Annotated[str, Field(description="UTC.")]
    end: str
    local: Annotated[str, Field(description="The start on the clocks of the asked zone, with its offset.")]


class Availability(View):
    """The free slots; each can be booked as long as nobody else has."""

    items: list[Slot]


def offering_view(offering: Offering) -> OfferingView:
    """Return an offering as it is shown."""
    return OfferingView.model_validate(offering_document(offering))


def celebrity_view(celebrity: Celebrity, *, whole: bool = False) -> CelebrityView:
    """Return a celebrity as everybody may see it, or with ``whole`` as its agent may."""
    return CelebrityView(
        id=celebrity.id,
        slug=celebrity.slug,
        name=celebrity.name,
        category=celebrity.category,
        country=celebrity.country,
        time_zone=celebrity.time_zone,
        languages=list(celebrity.languages),
        bio=celebrity.bio,
        media=list(celebrity.media),
        offerings=[offering_view(offering) for offering in celebrity.offerings if whole or offering.active],
        version=celebrity.version,
    )
