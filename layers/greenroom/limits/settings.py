"""The settings of what counts requests."""

from greenroom.settings import Settings


class LimitSettings(Settings):
    """For every function whose routes have limits."""

    limits_table: str
