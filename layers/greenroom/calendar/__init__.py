"""A celebrity's time: intervals, claims by the day, opening hours, time zones and free slots. Pure rules."""
