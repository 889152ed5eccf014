"""What an agent sends to change a roster. A field that a change leaves out, or gives as null, stays."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from greenroom.calendar.horizon import LONGEST_CLAIM, LONGEST_NOTICE
from greenroom.money import WHOLE
from greenroom.shapes import Body, Money, Name, Prose, View

from .shapes import CelebrityView, Language

_MINUTE = 60
_LONGEST = int(LONGEST_CLAIM.total_seconds()) // _MINUTE
_LONGEST_NOTICE = int(LONGEST_NOTICE.total_seconds()) // _MINUTE

Word = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$"),
    Field(description="A word of the site's own.", examples=["music", "video_message"]),
]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166 alpha-2.", examples=["FR"])
]
TimeZone = Annotated[
    str, Field(min_length=1, max_length=64, description="IANA zone.", examples=["Europe/Paris"])
]
# A host and plain segments: no query, no credentials, nothing that is spelt in two ways.
MediaUrl = Annotated[
    str,
    StringConstraints(
        max_length=500,
        pattern=r"^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,100}){1,10}$",
    ),
]
Languages = Annotated[list[Language], Field(min_length=1, max_length=10)]
Media = Annotated[list[MediaUrl], Field(max_length=10, description="On the site's own media server.")]

Duration = Annotated[int, Field(ge=1, le=_LONGEST)]
Buffer = Annotated[int, Field(ge=0, le=_LONGEST, description="Kept free beside the engagement.")]
Notice = Annotated[int, Field(ge=0, le=_LONGEST_NOTICE)]
Share = Annotated[int, Field(ge=0, le=WHOLE, description="Basis points of the price due at once.")]


class TierBody(Body):
    """Cancelling at least `days_before` days ahead returns `refund_share` basis points."""

    days_before: Annotated[int, Field(ge=0, le=3650)]
    refund_share: Annotated[int, Field(ge=0, le=WHOLE)]


Tiers = Annotated[list[TierBody], Field(max_length=10)]


class CelebrityBody(Body):
    """A new celebrity. Offerings and opening hours come after."""

    name: Name
    category: Word
    country: Country
    time_zone: TimeZone
    languages: Languages
    bio: Prose = ""
    media: Media = Field(default=[])


class CelebrityChange(Body):
    """What changes of a celebrity. The slug stays, whatever the name."""

    name: Name | None = None
    category: Word | None = None
    country: Country | None = None
    time_zone: TimeZone | None = None
    languages: Languages | None = None
    bio: Prose | None = None
    media: Media | None = None


class OfferingBody(Body):
    """What can be bought from now on."""

    title: Name
    kind: Word
    mode: Literal["instant", "request"]
    duration_minutes: Duration
    slot_minutes: Annotated[Duration, Field(description="From one start to the next.")]
    price: Money
    deposit_share: Share
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    minimum_notice_minutes: Notice = 0
    cancellation_policy: Tiers = Field(default=[])
    active: bool = True


class OfferingChange(Body):
    """What changes of an offering. Bookings keep what they were made with."""

    title: Name | None = None
    kind: Word | None = None
    mode: Literal["instant", "request"] | None = None
    duration_minutes: Duration | None = None
    slot_minutes: Duration | None = None
    price: Money | None = None
    deposit_share: Share | None = None
    buffer_before_minutes: Buffer | None = None
    buffer_after_minutes: Buffer | None = None
    minimum_notice_minutes: Notice | None = None
    cancellation_policy: Tiers | None = None
    active: bool | None = None


class RosterView(View):
    """Everybody on an agent's roster, who was added first first. It is bounded, so it is one page."""

    items: list[CelebrityView]
    next_cursor: None = None
