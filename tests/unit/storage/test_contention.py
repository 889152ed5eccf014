"""A lost race is run again a few times, after a random wait that grows, and then given up."""

import pytest

from greenroom.refusals import NotFound, Unavailable
from greenroom.storage.contention import CalendarBusy, attempt
from greenroom.storage.tables import ConditionFailed, Contended


class Losing:
    """An operation that fails as it is told, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.runs = 0

    def __call__(self) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        return "won"


def test_who_wins_at_once_never_waits() -> None:
    waits: list[float] = []
    operation = Losing()

    assert attempt(operation, sleep=waits.append) == "won"
    assert (operation.runs, waits) == (1, [])


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_a_lost_race_is_run_again(lost: int) -> None:
    waits: list[float] = []
    operation = Losing(*[Contended() if n % 2 else ConditionFailed([0]) for n in range(lost)])

    assert attempt(operation, sleep=waits.append) == "won"
    assert (operation.runs, len(waits)) == (lost + 1, lost)


def test_after_six_lost_races_the_caller_is_told_to_come_again() -> None:
    waits: list[float] = []
    operation = Losing(*[ConditionFailed([0])] * 7)

    with pytest.raises(CalendarBusy) as refused:
        attempt(operation, sleep=waits.append)

    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (503, "calendar_busy", 1)
    assert (operation.runs, len(waits)) == (6, 5)


def test_the_number_of_tries_is_the_callers() -> None:
    operation = Losing(*[Contended()] * 3)

    with pytest.raises(CalendarBusy):
        attempt(operation, tries=2, sleep=lambda _: None)

    assert operation.runs == 2


@pytest.mark.parametrize("error", [NotFound(), Unavailable(), ValueError("a fault")])
def test_anything_else_is_not_tried_again(error: Exception) -> None:
    operation = Losing(error)

    with pytest.raises(type(error)):
        attempt(operation, sleep=lambda _: None)

    assert operation.runs == 1


def test_the_waits_are_random_from_nothing_to_a_ceiling_that_doubles_and_ends() -> None:
    rounds: list[list[float]] = []
    for _ in range(400):
        waits: list[float] = []
        attempt(Losing(*[Contended()] * 7), tries=8, sleep=waits.append)
        rounds.append(waits)

    for number, ceiling in enumerate([0.02, 0.04, 0.08, 0.16, 0.32, 0.4, 0.4]):
        seen = sorted(waits[number] for waits in rounds)
        assert 0 <= seen[0] < ceiling * 0.1
        assert ceiling * 0.9 < seen[-1] <= ceiling
        assert ceiling * 0.35 < seen[200] < ceiling * 0.65
