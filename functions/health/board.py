"""CloudWatch's figures, asked for at most once a minute by this process, however many look at them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from greenroom.refusals import Unavailable
from greenroom.telemetry import catalogue
from greenroom.telemetry.figures import Figures, fetch, fetch_totals
from greenroom.telemetry.flights import Flight

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_SECONDS = 8.0
"""How long to wait for CloudWatch: less than the function has."""
_RATIO_SECONDS = 2.0
_FAILURE_SECONDS = 5.0


class Board:
    """``cloudwatch`` is made at first use; ``keep`` is seconds, ``clock`` the wall's in epoch seconds."""

    def __init__(
        self,
        cloudwatch: Callable[[], "CloudWatchClient"],
        stage: str,
        *,
        keep: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cloudwatch = cloudwatch
        self._stage = stage
        self._clock = clock
        self._figures = Flight(
            lambda: fetch(cloudwatch(), stage, self._now()),
            timeout=_SECONDS,
            keep=keep,
            keep_failure=_FAILURE_SECONDS,
            clock=clock,
        )
        self._ratio = Flight(
            self._fetch_ratio, timeout=_RATIO_SECONDS, keep=keep, keep_failure=keep, clock=clock
        )

    @property
    def namespace(self) -> str:
        """Where the metrics are."""
        return catalogue.namespace(self._stage)

    def figures(self) -> Figures:
        """Return all figures, at most ``keep`` old; raise ``Unavailable``.

        Older ones are not given instead: a scraper would take them for new, while it sees a failure as one.
        """
        outcome = self._figures.outcome(self._figures.begin())
        if outcome.value is None:
            raise Unavailable(retry_after=5) from outcome.error
        return outcome.value

    def hit_ratio(self) -> float | None:
        """Return the share of hits in all reads of the stage's caches; None for none, or if nobody can tell.

        It is public, so it asks for two numbers alone.
        """
        return self._ratio.outcome(self._ratio.begin()).value

    def _fetch_ratio(self) -> float | None:
        wanted = (catalogue.CACHE_HITS, catalogue.CACHE_MISSES)
        totals = fetch_totals(self._cloudwatch(), self._stage, wanted, self._now())
        hits, misses = (totals[metric].get("sum", 0.0) for metric in wanted)
        return round(hits / (hits + misses), 4) if hits + misses else None

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
