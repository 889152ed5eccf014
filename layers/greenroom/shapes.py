"""The bases of every JSON shape the API takes and gives, and the bounded types they are made of."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    Secret,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .characters import fault_of, normal_form

# What pydantic would take besides: 1_0, 10.0 and +10 for 10, and 86400 for the second day of 1970.
_PLAIN = {
    int: (re.compile(r"-?[0-9]{1,19}"), "must be a whole number"),
    date: (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "must be a date, like 2027-03-05"),
}


class Body(BaseModel):
    """What a client sends: strict types, no unknown fields, no infinite numbers."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class Query(BaseModel):
    """Query parameters: each given at most once, none unknown, numbers and dates in one spelling."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

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

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Marks a field as text that people write: normalised, trimmed, with visible characters alone.

    The bounds hold for the normalised text. ``lines`` allows line breaks and tabs.
    """

    longest: int
    shortest: int = 0
    lines: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Normalise and check first, then count: pydantic's own bounds are those that the document shows."""
        bounds = core_schema.str_schema(min_length=self.shortest, max_length=self.longest)
        return core_schema.no_info_before_validator_function(self._read, bounds)

    def _read(self, value: Any) -> Any:
        # Four characters may become one, so what is longer than this is too long in any form.
        if not isinstance(value, str) or len(value) > 4 * self.longest:
            return value
        text = normal_form(value)
        fault = fault_of(text, lines=self.lines)
        if fault is not None:
            raise PydanticCustomError("characters", fault)
        return text


Revealed = Annotated[
    Secret[str], PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str, when_used="json")
]
"""A secret in a view: hidden until the view is written as the JSON that the client gets."""

Line = Annotated[str, Written(shortest=1, longest=200)]
"""One line of text."""

Name = Annotated[str, Written(shortest=1, longest=100)]
"""How somebody or something is called."""

Prose = Annotated[str, Written(longest=4000, lines=True)]
"""Free text, line breaks allowed."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""An id of ours; whether it names anything is seen when it is looked up."""

Cursor = Annotated[str, StringConstraints(max_length=4096)]
"""Where a list goes on. Longer than any that was issued: a wrong one is told apart when it is opened."""

LARGEST_AMOUNT = 10**12
Amount = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
"""An amount in the currency's minor units."""


class Money(View):
    """An amount in minor units of its currency: 125000 EUR is 1,250.00 euros, 125000 JPY is 125,000 yen.

    In a currency with three decimals, what is to be paid ends with a 0: cards pay no thousandths.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    amount: Amount
    currency: Currency


class TierView(View):
    """Cancelling at least `days_before` days ahead returns `refund_share` basis points."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    days_before: Annotated[int, Field(ge=0, le=3650)]
    refund_share: Annotated[int, Field(ge=0, le=10_000)]
