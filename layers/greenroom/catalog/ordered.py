"""Rows in one order, and which of them match, as masks: whole numbers whose bit n stands for the row at n.

A mask of ten thousand rows is 1,250 bytes. Several filters at once are one ``&`` each, whatever they leave,
and the next row behind a place is the lowest bit that is left. So a page costs what is on it, not what there
is; what grows with the rows is making a mask that is not remembered: one look at each row.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

R = TypeVar("R")

_REMEMBERED = 256
"""Masks of one order: with ten thousand rows a third of a megabyte."""


class Ordered(Generic[R]):
    """Rows in their order."""

    def __init__(self, rows: Sequence[R], *, key: Callable[[R], str]) -> None:
        self._rows = rows
        self._places = {key(row): place for place, row in enumerate(rows)}
        self._masks: OrderedDict[Hashable, int] = OrderedDict()
        self._values: dict[Hashable, tuple[list[int], list[int]]] = {}

    def matching(
        self, demands: Iterable[tuple[Hashable, Callable[[], int]]], *, after: str | None
    ) -> Iterator[R]:
        """Yield the rows in all masks that stand behind the one of that key; none when there is no such."""
        first = 0 if after is None else self._places.get(after, len(self._rows)) + 1
        left = (1 << len(self._rows)) - 1 >> first << first
        for name, make in demands:
            left &= self._remembered(name, make)
        while left:
            lowest = left & -left
            yield self._rows[lowest.bit_length() - 1]
            left ^= lowest

    def _remembered(self, name: Hashable, make: Callable[[], int]) -> int:
        mask = self._masks.pop(name, None)
        if mask is None:
            mask = make()
        self._masks[name] = mask
        if len(self._masks) > _REMEMBERED:
            self._masks.popitem(last=False)
        return mask

    def where(self, holds: Callable[[R], bool]) -> int:
        """Return the mask of the rows of which it holds."""
        # Text of the digits, the last row's first, becomes a number in one linear step.
        digits = "".join(["1" if holds(row) else "0" for row in reversed(self._rows)])
        return int(digits or "0", 2)

    def between(
        self,
        name: Hashable,
        values: Callable[[R], Iterable[int]],
        least: int | None,
        most: int | None,
    ) -> int:
        """Return the mask of the rows that have some value from ``least`` to ``most``, both included.

        ``name`` is that of the values, which are put in order once.
        """
        if name not in self._values:
            pairs = sorted((value, place) for place, row in enumerate(self._rows) for value in values(row))
            self._values[name] = [value for value, _ in pairs], [place for _, place in pairs]
        ordered, places = self._values[name]
        start = 0 if least is None else bisect_left(ordered, least)
        end = len(ordered) if most is None else bisect_right(ordered, most)
        digits = bytearray(b"0" * len(self._rows))
        for place in places[start:end]:
            digits[-1 - place] = ord("1")
        return int(digits or b"0", 2)
