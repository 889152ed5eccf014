"""The bases of every JSON shape the API takes and gives, and the bounded types they are made of."""

import re
from datetime import date
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

# What pydantic would take besides: 1_0, 10.0 and +10 for 10, and 86400 for the second day of 1970.
_PLAIN = {
    int: (re.compile(r"-?[0-9]{1,19}"), "must be a whole number"),
    date: (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "must be a date, like 2027-03-05"),
}


class Body(BaseModel):
    """What a client sends: strict types, no unknown fields, no infinite numbers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Query(BaseModel):
    """Query parameters: each given at most once, none unknown, numbers and dates in one spelling."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[str(info.field_name)].annotation
        for kind in (annotation, *get_args(annotation)):
            form, message = _PLAIN.get(kind, (None, ""))
            if form and isinstance(value, str) and not form.fullmatch(value):
                raise PydanticCustomError("form", message)
        return value


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
