"""Typed settings from the environment: one model a function, read at first use, never at import."""

import os
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Seconds = Annotated[int, Field(gt=0)]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda text: tuple(part.strip() for part in text.split(",") if part.strip())),
]
"""A comma-separated list; empty text is the empty list."""


class InvalidSettings(Exception):
    """A setting is missing or malformed; the message names it and never shows its value."""


class Settings(BaseModel):
    """Settings every function has. A field ``bookings_table`` is read from ``BOOKINGS_TABLE``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
    service_version: str = "0"
    cors_origins: Names = ()

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the model's fields from the environment; raise ``InvalidSettings`` naming what is wrong."""
        source = os.environ if environment is None else environment
        values = {name: source[name.upper()] for name in cls.model_fields if name.upper() in source}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise InvalidSettings(problems) from None
