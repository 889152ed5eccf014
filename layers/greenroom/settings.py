"""Typed settings from the environment: one model a function, read at first use, never at import."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Secret,
    ValidationError,
    ValidationInfo,
    field_validator,
)

Seconds = Annotated[int, Field(gt=0)]
Milliseconds = Annotated[int, Field(gt=0)]

_split = BeforeValidator(lambda text: tuple(part.strip() for part in text.split(",") if part.strip()))
Names = Annotated[tuple[str, ...], _split]
"""A comma-separated list."""

# As a browser spells it: scheme, host and port, in lower case, and nothing behind them. Any other
# spelling would never match, and nobody would see why.
Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
Origins = Annotated[tuple[Origin, ...], _split]
"""A comma-separated list of exact origins."""

# A key, a host, a project; without TLS only to this machine itself.
Dsn = Annotated[
    str,
    Field(
        pattern=r"^(https://[0-9A-Za-z]{1,64}@[a-z0-9.-]+(:[0-9]{1,5})?"
        r"|http://[0-9A-Za-z]{1,64}@127\.0\.0\.1:[0-9]{1,5})/[0-9]{1,20}$"
    ),
]
"""Where error reports go."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A part of all, from 0 to 1."""


class InvalidSettings(Exception):
    """A setting is missing or malformed; the message names it and never shows its value."""


class Settings(BaseModel):
    """Settings every function has. A field ``bookings_table`` is read from ``BOOKINGS_TABLE``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
    service_version: str = "0"
    cors_origins: Origins = ()
    log_level: Literal["DEBUG", "INFO"] = "INFO"
    """The logger reads it itself; here it is only checked, as is the next one. Nothing above INFO: a line at
    INFO carries its request's metrics, so that a quieter function would look dead to every alarm."""
    log_sample_rate: Share = 0.0

    sentry_dsn: Secret[Dsn] | None = None
    """Without it nothing is reported anywhere but in the log."""
    sentry_traces_sample_rate: Share = 0.0
    sentry_profiles_sample_rate: Share = 0.0
    """Which part of the processes profiles its traced requests."""
    slow_request_ms: Milliseconds = 1000
    slow_table_call_ms: Milliseconds = 500
    slow_provider_call_ms: Milliseconds = 2000

    rate_limits: Literal["on", "off"] = "on"

    @field_validator("rate_limits")
    @classmethod
    def _off_on_one_machine_alone(cls, value: str, told: ValidationInfo) -> str:
        if value == "off" and told.data.get("stage") != "local":
            raise ValueError("only the local stage may do without limits")
        return value

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the model's fields from the environment; raise ``InvalidSettings`` naming what is wrong.

        An empty value is none: the default holds, or the setting is missing.
        """
        source = os.environ if environment is None else environment
        values = {name: source[name.upper()] for name in cls.model_fields if source.get(name.upper())}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise InvalidSettings(problems) from None
