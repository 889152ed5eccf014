"""Whether two things take the same time, on a machine where nothing takes the same time twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, median

Pair = tuple[float, float]

_SURE = 3.29
"""Standard deviations that a normal variable leaves once in a thousand times."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Rounds of pairs, in milliseconds."""

    rounds: list[list[Pair]]

    @property
    def medians(self) -> Pair:
        """What each of the two takes."""
        pairs = [pair for pairs in self.rounds for pair in pairs]
        return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)

    @property
    def difference(self) -> float:
        """By how much they differ: the median of a round's pairs, in the mean of the rounds.

        The two of a pair were taken one after the other, so what slows the machine for longer slows both.
        """
        return abs(fmean(median(one - other for one, other in pairs) for pairs in self.rounds))

    def surely_more_than(self, milliseconds: float) -> bool:
        """Tell whether the median of all pairs differs by more, with 999 in 1000 sure of it.

        Of n pairs so many lie on either side of their true median but for one case in a thousand; no
        distribution is assumed. On a machine that is too busy to tell, the answer is no.
        """
        differences = sorted(one - other for pairs in self.rounds for one, other in pairs)
        count = len(differences)
        rank = max(0, int(count / 2 - _SURE * count**0.5 / 2))
        return differences[rank] > milliseconds or differences[count - 1 - rank] < -milliseconds

    def __add__(self, more: "Compared") -> "Compared":
        return Compared(self.rounds + more.rounds)


def compare(one: Callable[[], object], other: Callable[[], object], *, rounds: int, pairs: int) -> Compared:
    """Time both by turns, now the one first and now the other."""

    def pair(number: int) -> Pair:
        if number % 2:
            return _milliseconds(one), _milliseconds(other)
        later = _milliseconds(other)
        return _milliseconds(one), later

    return Compared([[pair(number) for number in range(pairs)] for _ in range(rounds)])


def _milliseconds(operation: Callable[[], object]) -> float:
    started = time.perf_counter()
    operation()
    return (time.perf_counter() - started) * 1000
