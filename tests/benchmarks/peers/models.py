"""The bodies of the peers' two routes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class BookingRequest(BaseModel):
    """What a buyer asks for."""

    model_config = ConfigDict(extra="forbid")

    offering_id: Annotated[str, Field(pattern=r"^off_[A-Za-z0-9_]{1,64}$")]
    start: datetime
    time_zone: Annotated[str, Field(max_length=64)]
    venue: Annotated[str | None, Field(max_length=200)] = None
    brief: Annotated[str | None, Field(max_length=2000)] = None


class BookingView(BaseModel):
    """A booking as it is kept and shown."""

    id: str
    buyer_id: str
    offering_id: str
    start: datetime
    time_zone: str
    state: Literal["requested", "awaiting_payment", "confirmed"]
    fee: int
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    version: int
