"""Work that many want is done once, waited for within bounds, and its outcome kept for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from greenroom.telemetry import flights
from greenroom.telemetry.flights import Flight, Outcome


@dataclass
class Work:
    """Counts its runs, and does what it is told."""

    act: Callable[[], object] = lambda: None
    runs: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> object:
        with self._lock:
            self.runs += 1
        return self.act()


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def ask(flight: Flight[object]) -> Outcome[object]:
    return flight.outcome(flight.begin())


def test_what_came_of_it_serves_everybody_while_it_is_kept() -> None:
    work, clock = Work(lambda: "found"), Clock()
    flight = Flight(work, timeout=20, keep=2, clock=clock)

    values = [ask(flight).value for _ in range(5)]
    clock.now += 1.9
    values.append(ask(flight).value)

    assert values == ["found"] * 6
    assert work.runs == 1


def test_then_it_is_done_anew() -> None:
    work, clock = Work(), Clock()
    flight = Flight(work, timeout=20, keep=2, clock=clock)

    ask(flight)
    clock.now += 2
    ask(flight)

    assert work.runs == 2


def test_a_clock_that_is_set_back_makes_nothing_last_longer() -> None:
    work, clock = Work(), Clock()
    flight = Flight(work, timeout=20, keep=2, clock=clock)

    ask(flight)
    clock.now -= 3600
    ask(flight)

    assert work.runs == 2


def test_a_failure_has_a_time_of_its_own() -> None:
    def fail() -> None:
        raise OSError

    work, clock = Work(fail), Clock()
    flight = Flight(work, timeout=20, keep=60, keep_failure=5, clock=clock)

    first = ask(flight)
    clock.now += 4
    ask(flight)
    clock.now += 1
    ask(flight)

    assert isinstance(first.error, OSError)
    assert first.value is None
    assert work.runs == 2


def test_those_who_come_while_it_is_under_way_wait_for_the_same() -> None:
    going = threading.Event()
    work = Work(lambda: going.wait(20))
    flight = Flight(work, timeout=20, keep=2)

    runs = [flight.begin() for _ in range(50)]
    going.set()
    outcomes = [flight.outcome(run) for run in runs]

    assert work.runs == 1
    assert [outcome.value for outcome in outcomes] == [True] * 50


def test_nobody_waits_longer_than_the_work_may_take() -> None:
    going = threading.Event()
    flight = Flight(Work(lambda: going.wait(20)), timeout=0.05, keep=2)

    try:
        outcome = ask(flight)
    finally:
        going.set()

    assert isinstance(outcome.error, TimeoutError)
    assert outcome.seconds >= 0.05


def test_what_came_too_late_is_a_failure_also_for_those_who_did_not_wait() -> None:
    going = threading.Event()
    flight = Flight(Work(lambda: going.wait(20)), timeout=0.05, keep=2)
    run = flight.begin()
    flight.outcome(run)

    going.set()
    assert run.done.wait(20)

    assert isinstance(flight.outcome(run).error, TimeoutError)


def test_what_hangs_takes_one_thread_until_it_is_given_up() -> None:
    going, clock = threading.Event(), Clock()
    work = Work(lambda: going.wait(60))
    flight = Flight(work, timeout=0.01, keep=2, clock=clock)

    try:
        for _ in range(20):
            assert isinstance(ask(flight).error, TimeoutError)
            clock.now += 0.9
        while_it_hangs = work.runs
        clock.now += flights.GIVE_UP_SECONDS
        flight.begin()
        after = work.runs
    finally:
        going.set()

    assert (while_it_hangs, after) == (1, 2)


@pytest.mark.parametrize("frozen_seconds", [60, 3600])
def test_what_was_under_way_when_the_sandbox_froze_says_nothing_of_now(frozen_seconds: int) -> None:
    going, clock = threading.Event(), Clock()
    work = Work(lambda: going.wait(60))
    flight = Flight(work, timeout=20, keep=2, clock=clock)
    flight.begin()

    clock.now += frozen_seconds
    work.act = lambda: "now"

    try:
        assert ask(flight).value == "now"
    finally:
        going.set()
