"""Whether two things take the same time, on a machine where nothing takes the same time twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, median


@dataclass(frozen=True, slots=True)
class Compared:
    """The medians of both in each round, in milliseconds."""

    one: list[float]
    other: list[float]

    @property
    def difference(self) -> float:
        """By how much they differ, in the mean of the rounds; whatever slows both cancels out."""
        return abs(fmean(first - second for first, second in zip(self.one, self.other, strict=True)))


def compare(one: Callable[[], object], other: Callable[[], object], *, rounds: int, pairs: int) -> Compared:
    """Time both by turns, now the one first and now the other: neither has the quieter moments."""
    medians: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        taken: tuple[list[float], list[float]] = ([], [])
        for pair in range(pairs):
            for which in (0, 1) if pair % 2 else (1, 0):
                taken[which].append(_milliseconds((one, other)[which]))
        for which in (0, 1):
            medians[which].append(median(taken[which]))
    return Compared(*medians)


def _milliseconds(operation: Callable[[], object]) -> float:
    started = time.perf_counter()
    operation()
    return (time.perf_counter() - started) * 1000
