"""A flood of one kind is cut to so many a minute, counted, and hides no other kind."""

from dataclasses import dataclass

from greenroom.telemetry import rate_guard
from greenroom.telemetry.rate_guard import RateGuard


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_pass_and_the_rest_of_the_minute_is_dropped() -> None:
    guard = RateGuard(3, 60, Clock())

    assert [guard.admit("a") for _ in range(6)] == [0, 0, 0, None, None, None]
    assert guard.admit("b") == 0


def test_the_next_one_after_the_minute_tells_how_many_were_dropped_once() -> None:
    clock = Clock()
    guard = RateGuard(1, 60, clock)
    for _ in range(6):
        guard.admit("a")

    clock.now += 59.9
    assert guard.admit("a") is None
    clock.now += 0.1
    assert guard.admit("a") == 6
    clock.now += 60
    assert guard.admit("a") == 0


def test_kinds_without_end_take_no_memory_without_end() -> None:
    guard = RateGuard(1, 60, Clock())

    for number in range(rate_guard.MOST_KINDS * 2):
        assert guard.admit(number) == 0

    assert len(guard._windows) == rate_guard.MOST_KINDS
    assert guard.admit(rate_guard.MOST_KINDS * 2 - 1) is None
