"""Values of a metric, summed up in little room: how many, their sum and bounds, and any percentile.

Percentiles come from counts by logarithmic steps, as CloudWatch has them too: exact to a step's width however
many values there are.
"""

from dataclasses import dataclass, field
from math import ceil, exp, floor, inf, log

_STEP = log(1.02)
"""A percentile is within two per cent of the value it names."""


@dataclass(slots=True)
class Distribution:
    """Values that were added, as statistics."""

    count: int = 0
    total: float = 0.0
    lowest: float = inf
    highest: float = -inf
    _steps: dict[int, int] = field(default_factory=dict)
    _not_positive: int = 0

    def add(self, value: float) -> None:
        """Add a value."""
        self.count += 1
        self.total += value
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)
        if value > 0:
            step = floor(log(value) / _STEP)
            self._steps[step] = self._steps.get(step, 0) + 1
        else:
            self._not_positive += 1

    def percentile(self, percent: float) -> float:
        """Return the value that ``percent`` of all values do not exceed; there must be values."""
        wanted = max(1, ceil(self.count * percent / 100))
        if wanted <= self._not_positive:
            return min(0.0, self.lowest)
        passed = self._not_positive
        for step, count in sorted(self._steps.items()):
            passed += count
            if passed >= wanted:
                middle = exp((step + 0.5) * _STEP)
                return min(self.highest, max(self.lowest, middle))
        return self.highest
