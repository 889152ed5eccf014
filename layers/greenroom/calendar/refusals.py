"""What the calendar refuses, each with the code that clients act upon."""

from greenroom.refusals import InvalidInput, Refusal


class SlotTaken(Refusal):
    """The wanted time, buffers included, overlaps a live claim of another booking or a block."""

    status, code, title = 409, "slot_taken", "That time is already taken"


class TooLong(InvalidInput):
    """The engagement with its buffers is longer than one claim may be."""

    code, title = "too_long", "A booking spans at most 31 days, buffers included"


class OutsideAvailability(InvalidInput):
    """The start is one that the celebrity does not offer, whoever else wants it."""

    code, title = "outside_availability", "That start is not offered"


class NonexistentLocalTime(InvalidInput):
    """The wall time falls into a gap: the zone's clocks skip it."""

    code, title = "nonexistent_local_time", "The clocks skip that local time"


class AmbiguousLocalTime(InvalidInput):
    """The wall time comes twice as clocks are set back; only an offset tells which is meant."""

    code, title = "ambiguous_local_time", "That local time comes twice; give its offset"
