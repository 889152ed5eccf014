"""A sale: buyers who come, look at the free slots, and try to book; and what became of them all."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from math import inf

from greenroom.bookings.model import Policy
from greenroom.calendar.availability import days_to_read, free_slots
from greenroom.calendar.days import Claim, claim, live_claims
from greenroom.calendar.refusals import SlotTaken
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.calendar.zones import find_zone
from greenroom.storage.contention import RETRY_AFTER, CalendarBusy, ceilings
from greenroom.storage.tables import ConditionFailed, Contended, Throttled
from greenroom.telemetry import logs
from tests.simulation.clock import Clock, Waits
from tests.simulation.functions import BEGINNING, Answer, Service, instant
from tests.simulation.limits import Meter
from tests.simulation.settings import BOOK, CAPTURE, PAY, Assumed, Cost, Deployed
from tests.simulation.stream import Record, Stream
from tests.simulation.tables import Tables

_CELEBRITY = f"cel_{0:026d}"
_DAY = timedelta(days=1)
_OPENING = (BEGINNING + 30 * _DAY).date()
_UTC = find_zone("UTC")
_PROFILE_AND_HOURS, _VERSIONS = 2, 1
"""Small items of the catalogue that a booking reads, and a look at the free slots."""
_NEIGHBOURS = (-_DAY, timedelta(), _DAY)
"""The days that the desk reads before it knows how long an engagement lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A sale of so many slots, over some days, and who comes for them."""

    name: str
    buyers: int
    slots: int
    days: int = 1
    minutes: int = 60
    """Of a slot, a buffer of ten included."""
    seconds: float = 10.0
    """In which the buyers come, at random moments but evenly."""
    shared_address: bool = False
    """Whether all come from one address, as an office's or a mobile network's people do."""
    in_order: bool = False
    """Whether buyers know the slots beforehand and all try them from the first to the last."""
    pay: bool = True
    """Whether winners go on to pay."""
    deployed: Deployed = field(default_factory=Deployed.of)
    assumed: Assumed = field(default_factory=Assumed)


@dataclass(slots=True)
class Sale:
    """A scenario in simulated time."""

    scenario: Scenario
    seed: int
    clock: Clock = field(default_factory=Clock)
    chance: random.Random = field(init=False)
    tables: Tables = field(init=False)
    service: Service = field(init=False)
    stream: Stream = field(init=False)
    for_sale: list[datetime] = field(init=False)
    """The starts of all slots."""
    sold: list[tuple[datetime, str]] = field(default_factory=list)
    """The start and the booking, in the order of the commits."""
    last_sold: float = 0.0
    sales: Meter = field(default_factory=lambda: Meter(inf))
    """How many were sold in the busiest second."""
    paid: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    """How each buyer's visit ended."""
    _ids: Iterator[int] = field(default_factory=count)
    _seen: tuple[int, list[datetime]] = (-1, [])

    def __post_init__(self) -> None:
        scenario = self.scenario
        self.chance = random.Random(self.seed)  # noqa: S311 - what it chooses is no secret
        self.tables = Tables(self.clock, self.chance, scenario.assumed, _CELEBRITY)
        self.service = Service(self.clock, scenario.deployed, scenario.assumed, self.tables.took)
        self.stream = Stream(self.clock, scenario.deployed, scenario.assumed, self.tables.took)
        self.for_sale = self._free([])[: scenario.slots]

    def run(self) -> "Sale":
        """Let everybody come, and go on until the last mail is out."""
        logs.add_sink(_drop)
        try:
            moment = 0.0
            for number in range(self.scenario.buyers):
                moment += self.chance.expovariate(self.scenario.buyers / self.scenario.seconds)
                self.clock.start(self._visit(number), moment)
            self.clock.run()
        finally:
            logs.remove_sink(_drop)
        return self

    @property
    def timing(self) -> OfferingTiming:
        """The slots lie side by side."""
        minutes = self.scenario.minutes
        return OfferingTiming.from_minutes(duration=minutes - 10, slot=minutes, buffer_after=10)

    @property
    def schedule(self) -> Schedule:
        """Open so long each day that there are as many slots as are for sale, or a few more."""
        hours, minutes = divmod(-(-self.scenario.slots // self.scenario.days) * self.scenario.minutes, 60)
        end = f"{hours:02d}:{minutes:02d}"
        return Schedule.from_plain(
            {"weekly": [{"weekday": day, "start": "00:00", "end": end} for day in range(7)], "overrides": []}
        )

    def _visit(self, number: int) -> Waits[None]:
        address = "QUOTA#general#shared" if self.scenario.shared_address else f"QUOTA#general#{number}"
        session, assumed = f"SESSION#{number}", self.scenario.assumed
        lost: set[datetime] = set()
        for _ in range(assumed.patience):
            if self.scenario.in_order:
                free = self.for_sale
            else:
                looked = yield from self.service.ask(
                    "catalog", address=address, caller=address, work=self._look
                )
                if looked.kind != "ok":
                    yield self._pause(looked)
                    continue
                free = looked.found
                yield self.chance.expovariate(1 / assumed.choosing)
            wanted = [start for start in free if start not in lost]
            if not wanted:
                self.ended["sold out"] += 1
                return
            start = wanted[0] if self.scenario.in_order else self.chance.choice(wanted)
            won = yield from self._try(start, address, session)
            if won.kind == "ok":
                self.ended["won"] += 1
                if self.scenario.pay:
                    self.clock.start(self._pay(won.found), self.chance.expovariate(1 / assumed.paying))
                return
            lost.add(start)
        self.ended["gave up"] += 1

    def _try(self, start: datetime, address: str, session: str) -> Waits[Answer]:
        """Book a slot; come again as told, until it is won or taken or nobody would wait any longer."""
        for _ in range(self.scenario.assumed.patience):
            answer = yield from self.service.ask(
                "bookings", address=address, caller=session, work=partial(self._book, start)
            )
            if answer.kind in {"ok", SlotTaken.code}:
                return answer
            yield self._pause(answer)
        return answer

    def _pause(self, answer: Answer) -> float:
        return (answer.retry_after or 0) + self.chance.uniform(0, self.scenario.assumed.jitter)

    @property
    def _dates(self) -> tuple[date, date]:
        return _OPENING, _OPENING + (self.scenario.days - 1) * _DAY

    def _free(self, claims: Sequence[Claim]) -> list[datetime]:
        first, last = self._dates
        return free_slots(
            self.schedule,
            _UTC,
            self.timing,
            claims,
            from_date=first,
            to_date=last,
            query_zone=_UTC,
            now=instant(self.clock.now),
        )

    def _look(self) -> Waits[list[datetime]]:
        """Look at the free slots, as the route of the catalogue does."""
        yield self.tables.took(self.scenario.assumed.read)  # the versions of profile and hours
        first, last = self._dates
        now = instant(self.clock.now)
        wanted = days_to_read(self.timing, from_date=first, to_date=last, query_zone=_UTC, now=now)
        documents = yield from self.tables.read(wanted, catalogue=_VERSIONS, whole=True)
        yield self.scenario.assumed.reading_work
        # The same documents have the same free slots: nothing here lasts long enough to expire.
        version = sum(document.version for document in documents)
        if self._seen[0] != version:
            free = frozenset(self._free(live_claims(documents, now)))
            self._seen = version, [start for start in self.for_sale if start in free]
        return self._seen[1]

    def _book(self, start: datetime) -> Waits[str]:
        """Book a slot as the desk does: read, decide, write, and anew where somebody was faster."""
        booking_id = f"bkg_{next(self._ids):026d}"
        yield self.scenario.assumed.booking_work
        wanted = Claim(
            booking_id,
            self.timing.claimed(start),
            "hold",
            instant(self.clock.now) + Policy().hold,
        )
        yield from self._attempt(wanted, BOOK, catalogue=_PROFILE_AND_HOURS)
        self.sold.append((start, booking_id))
        self.last_sold = self.clock.now
        self.sales.take(1, self.clock.now)
        self._tell(booking_id, version=1, mails=1)
        return booking_id

    def _attempt(self, wanted: Claim, cost: Cost, *, catalogue: int) -> Waits[None]:
        waits = ceilings()
        while True:
            days = [wanted.interval.utc_days()[0] + apart for apart in _NEIGHBOURS]
            documents = yield from self.tables.read(days, catalogue=catalogue, whole=False)
            yield self.scenario.assumed.deciding
            now = instant(self.clock.now)
            touched = [each for each in documents if each.day in wanted.interval.utc_days()]
            try:
                changed = claim(touched, wanted, now)
                yield from self.tables.transact(wanted.booking_id, cost, changed)
            except (ConditionFailed, Contended):
                ceiling = next(waits, None)
                if ceiling is None:
                    raise CalendarBusy(retry_after=RETRY_AFTER) from None
                yield self.chance.uniform(0, ceiling)
            else:
                return

    def _tell(self, booking_id: str, *, version: int, mails: int) -> None:
        record = Record(booking_id, version, mails, self.clock.now)
        self.stream.put(self.tables.shard_of(booking_id), record)

    def _pay(self, booking_id: str) -> Waits[None]:
        """Begin to pay, and have it captured. What is not taken is told again, as the provider does."""
        held = next(
            each.claims[booking_id] for each in self.tables.days.values() if booking_id in each.claims
        )
        for version, cost, mails in ((2, PAY, 0), (3, CAPTURE, 2)):
            while True:
                try:
                    if cost.days:
                        paid = Claim(booking_id, held.interval, "booking")
                        yield from self._attempt(paid, cost, catalogue=0)
                    else:
                        yield from self.tables.transact(booking_id, cost, ())
                except (CalendarBusy, Throttled):
                    yield RETRY_AFTER + self.chance.uniform(0, self.scenario.assumed.jitter)
                else:
                    break
            self._tell(booking_id, version=version, mails=mails)
        self.paid += 1


def _drop(_line: object) -> None:
    """Take a line of the log and forget it."""
