"""Rows in one order, and which of them match, as masks: whole numbers whose bit n stands for the row at n.

A mask of ten thousand rows is 1,250 bytes. Several filters at once are one ``&`` each, whatever they leave,
and the next row behind a place is the lowest bit that is left. So a page costs what is on it, not what there
is. A mask is made from what each row has of a kind, which is put together once, and then remembered.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

R = TypeVar("R")

_REMEMBERED = 256
"""Masks of one order: with ten thousand rows a third of a megabyte."""

_MANY = 8
"""A part that stands more often than once in so many texts is not worth a mask: a page soon has enough."""

Places = int | Callable[[int], bool]
"""A mask, or what tells of a place whether its row matches."""


class Ordered(Generic[R]):
    """Rows in their order."""

    def __init__(self, rows: Sequence[R], *, key: Callable[[R], str]) -> None:
        self._rows = rows
        self._places = {key(row): place for place, row in enumerate(rows)}
        self._remembered: OrderedDict[Hashable, Places] = OrderedDict()
        self._having: dict[str, defaultdict[str, list[int]]] = {}
        self._texts: dict[str, _Texts] = {}
        self._values: dict[str, tuple[list[int], list[int]]] = {}

    def matching(
        self, demands: Iterable[tuple[Hashable, Callable[[], Places]]], *, after: str | None
    ) -> Iterator[R]:
        """Yield the rows that meet all demands and stand behind the one of that key; none if that is gone."""
        first = 0 if after is None else self._places.get(after, len(self._rows)) + 1
        left = (1 << len(self._rows)) - 1 >> first << first
        tests: list[Callable[[int], bool]] = []
        for name, make in demands:
            found = self._places_of(name, make)
            if isinstance(found, int):
                left &= found
            else:
                tests.append(found)
        while left:
            lowest = left & -left
            place = lowest.bit_length() - 1
            if all(test(place) for test in tests):
                yield self._rows[place]
            left ^= lowest

    def _places_of(self, name: Hashable, make: Callable[[], Places]) -> Places:
        found = self._remembered.pop(name, None)
        if found is None:
            found = make()
        self._remembered[name] = found
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return found

    def having(self, kind: str, values: Callable[[R], Iterable[str]], value: str) -> Places:
        """Return the rows that have a value; ``kind`` is the name of ``values``."""
        if kind not in self._having:
            places = self._having[kind] = defaultdict(list)
            for place, row in enumerate(self._rows):
                for each in values(row):
                    places[each].append(place)
        return self._mask(self._having[kind].get(value, ()))

    def containing(self, kind: str, text: Callable[[R], str], part: str) -> Places:
        """Return the rows whose text, of one line, has a part; ``kind`` is the name of ``text``."""
        if kind not in self._texts:
            self._texts[kind] = _Texts([text(row) for row in self._rows])
        texts = self._texts[kind]
        return texts.test(part) if texts.many_have(part) else self._mask(texts.containing(part))

    def between(
        self, kind: str, values: Callable[[R], Iterable[int]], least: int | None, most: int | None
    ) -> Places:
        """Return the rows that have some value from ``least`` to ``most``, both included.

        ``kind`` is the name of ``values``.
        """
        if kind not in self._values:
            pairs = sorted((value, place) for place, row in enumerate(self._rows) for value in values(row))
            self._values[kind] = [value for value, _ in pairs], [place for _, place in pairs]
        ordered, places = self._values[kind]
        start = 0 if least is None else bisect_left(ordered, least)
        end = len(ordered) if most is None else bisect_right(ordered, most)
        return self._mask(places[start:end])

    def _mask(self, places: Iterable[int]) -> int:
        digits = ["0"] * len(self._rows)
        for place in places:
            digits[-1 - place] = "1"
        # The highest digit first. For a base of two that is one linear step.
        return int("".join(digits) or "0", 2)


class _Texts:
    """Texts of one line each, in one text, so that a part that few have is found in one go."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._joined = "\n".join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def many_have(self, part: str) -> bool:
        return self._joined.count(part) > len(self._texts) // _MANY

    def test(self, part: str) -> Callable[[int], bool]:
        return lambda place: part in self._texts[place]

    def containing(self, part: str) -> Iterator[int]:
        """Yield the places of the texts that have the part, which has no line break."""
        at = self._joined.find(part)
        while at >= 0:
            place = bisect_right(self._ends, at)
            yield place
            at = self._joined.find(part, self._ends[place])
