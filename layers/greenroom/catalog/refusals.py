"""What the catalogue refuses, each with the code that clients act upon."""

from greenroom.refusals import Refusal


class LimitReached(Refusal):
    """There are as many as there may be; ``detail`` says of what."""

    status, code, title = 409, "limit_reached", "There is no room for more"


class HasBookings(Refusal):
    """A live booking, or a hold that somebody may still pay, lies in the time."""

    status, code, title = 409, "has_bookings", "There are bookings in that time"


class OverlapsBlock(Refusal):
    """Another block lies in the time."""

    status, code, title = 409, "overlaps_block", "Another block lies in that time"
