"""How far the calendar reaches: every bound on time that a client can run into, in one place."""

from datetime import date, datetime, timedelta

BOOKABLE_MONTHS = 18
"""A start lies at most this many calendar months ahead."""

LONGEST_CLAIM = timedelta(days=31)
"""The longest exclusive hold, buffers included. It touches at most 32 day documents."""

LONGEST_BLOCK = timedelta(days=366)
"""The longest blackout. It is claimed in pieces, each at most the longest claim."""

LONGEST_SEARCH_DAYS = 62
"""Local dates in one search for free slots, first and last included."""

LONGEST_NOTICE = timedelta(days=365)
"""The largest minimum notice of an offering; it stays below the bookable months, so that a start remains."""

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Years that a client may name at all. Arithmetic across any zone cannot overflow in between."""

MOST_WINDOWS_A_DAY = 24
MOST_OVERRIDES = 750


def furthest_start(now: datetime) -> datetime:
    """Return the last instant at which an engagement may start, ``BOOKABLE_MONTHS`` after ``now``.

    The day of the month is kept where the month has it, and is otherwise the month's last day.
    """
    years, month0 = divmod(now.month - 1 + BOOKABLE_MONTHS, 12)
    year, month = now.year + years, month0 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return now.replace(year=year, month=month, day=min(now.day, (following - timedelta(days=1)).day))
