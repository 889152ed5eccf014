"""The bases of every JSON shape the API takes and gives, and the bounded types they are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Body(BaseModel):
    """What a client sends: strict types, no unknown fields, no infinite numbers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Query(BaseModel):
    """Query parameters: each given at most once, none unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class View(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""One line of text."""

Prose = Annotated[str, StringConstraints(max_length=4000)]
"""Free text, line breaks allowed."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64)]

LARGEST_AMOUNT = 10**12
Amount = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
"""An amount in the currency's minor units."""


class Money(View):
    """An amount in minor units of its currency: 125000 EUR is 1,250.00 euros, 125000 JPY is 125,000 yen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    amount: Amount
    currency: Currency


class TierView(View):
    """Cancelling at least `days_before` days ahead returns `refund_share` basis points."""

    days_before: int
    refund_share: int
