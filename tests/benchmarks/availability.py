"""Compares a month of availability of somebody with 10,000 past bookings with that of somebody with ten.

``python -m tests.benchmarks.availability`` prints calls of the tables, read units and medians of our own
milliseconds of processor, with their ratio, which shall be 1.05 at most. Calls and units are counts and
repeatable, though the emulator tells a query's units whatever its size; ``growth`` counts the bytes. Last
come the milliseconds on the clock, which prove nothing: the emulator looks at every item of a partition for a
range of it, where the service goes to the range.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median

from greenroom.calendar.days import Claim, DayDocument
from greenroom.calendar.intervals import Interval
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.telemetry.logs import add_sink
from tests.benchmarks.catalogue import NOW, emulated, function, get, items, write
from tests.benchmarks.meter import Meter

PAST = (10, 10_000)
ROUNDS = 200
_HOUR = timedelta(hours=1)
PATH = "/v1/celebrities/{celebrity_id}/availability"


def past_days(celebrity_id: str, bookings: int) -> Iterator[Item]:
    """Yield the day documents of so many hours booked before now, eight a day, and those of ten to come."""
    claims: defaultdict[date, dict[str, Claim]] = defaultdict(dict)
    for number in range(-10, bookings):
        ago = timedelta(days=number // 8 + 1, hours=-(number % 8))
        start = (NOW - ago).replace(minute=0)
        claim = Claim(f"bkg_{number + 10:026d}", Interval(start, start + _HOUR), "booking")
        claims[start.date()][claim.booking_id] = claim
    for day, held in claims.items():
        document = DayDocument(celebrity_id, day, 1, held)
        yield {**keys.day(celebrity_id, day)._asdict(), **document.to_stored()}


def main() -> None:
    """Print the table."""
    add_sink(lambda _: None)
    month = {"from": str(NOW.date()), "to": str(NOW.date() + timedelta(days=29))}
    with emulated("month-") as (dynamodb, (names,)):
        write(dynamodb, names["catalog"], items(len(PAST)))
        celebrities = {count: f"cel_{number:026d}" for number, count in enumerate(PAST)}
        for count, celebrity_id in celebrities.items():
            write(dynamodb, names["bookings"], past_days(celebrity_id, count))
        asked, meter = function(dynamodb, names["catalog"], names["bookings"]), Meter(dynamodb)
        figures: dict[int, dict[str, float]] = {}
        own: dict[int, list[float]] = {count: [] for count in PAST}
        clock: dict[int, list[float]] = {count: [] for count in PAST}
        for _ in range(ROUNDS):
            for count in random.sample(PAST, len(PAST)):
                offering = f"off_101{PAST.index(count)}"
                meter.reset()
                started, began = time.process_time(), time.perf_counter()
                get(asked, PATH, {**month, "offering_id": offering}, celebrity_id=celebrities[count])
                own[count].append((time.process_time() - started) * 1e3)
                clock[count].append((time.perf_counter() - began) * 1e3)
                figures[count] = {"calls": meter.calls, "read units": meter.read}
    print(f"{'':<16}{PAST[0]:>10}{PAST[1]:>10}{'ratio':>8}")
    for count in PAST:
        figures[count]["own ms"] = median(own[count])
        figures[count]["ms on the clock"] = median(clock[count])
    for name in figures[PAST[0]]:
        few, many = (figures[count][name] for count in PAST)
        print(f"{name:<16}{few:>10.2f}{many:>10.2f}{many / few:>8.2f}")


if __name__ == "__main__":
    main()
