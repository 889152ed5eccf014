"""What a sandbox takes: of the time it worked, and of what its memory setting allots."""

from dataclasses import dataclass

import pytest

from greenroom.telemetry import usage
from greenroom.telemetry.usage import EVERY_SECONDS, Usage


@dataclass
class Hands:
    """Two clocks: the wall's, and the processor's."""

    wall: float = 100.0
    spent: float = 0.0

    def usage(self) -> Usage:
        return Usage(lambda: self.wall, lambda: self.spent)


@pytest.fixture(autouse=True)
def _half_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "memory_setting", lambda: 1769 // 2)


def test_the_first_invocation_begins_the_count_and_half_a_minute_later_it_is_told() -> None:
    hands = Hands()
    found = hands.usage()

    told = [found.cpu_share(1.0) is not None]
    for seconds in (1, EVERY_SECONDS - 2, 1, 1, EVERY_SECONDS - 1):
        hands.wall += seconds
        told.append(found.cpu_share(1.0) is not None)

    assert told == [False, False, False, True, False, True]


def test_the_share_is_of_the_time_worked_since_the_last_look_and_of_what_is_allotted() -> None:
    hands = Hands(spent=100)  # importing and composing, which is nobody's invocation
    found = hands.usage()
    found.cpu_share(1.0)
    hands.wall += EVERY_SECONDS
    hands.spent += 0.5

    # Half a second of a processor in four seconds of work, with half a processor allotted.
    share = found.cpu_share(4.0)

    assert share == pytest.approx(25, abs=0.1)
    assert found.latest == share


def test_a_share_is_never_more_than_all() -> None:
    hands = Hands()
    found = hands.usage()
    found.cpu_share(1.0)
    hands.wall += EVERY_SECONDS
    hands.spent += 50

    assert found.cpu_share(1.0) == 100


def test_no_work_takes_nothing() -> None:
    hands = Hands()
    found = hands.usage()
    found.cpu_share(0.0)
    hands.wall += EVERY_SECONDS

    assert found.cpu_share(0.0) == 0


def test_memory_is_a_share_of_the_setting() -> None:
    assert 0 < usage.memory_share() < 1000
