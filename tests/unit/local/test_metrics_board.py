"""The board keeps what lines measured over the last minutes, and no more than it has room for."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from local import metrics_board
from local.distribution import Distribution
from local.metrics_board import PERIODS, MetricsBoard

NOON = datetime(2027, 1, 1, 12, 0, 0, tzinfo=UTC).timestamp()


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> MetricsBoard:
    return MetricsBoard(clock)


def measured(at: float, *values: float, metric: str = "Latency", **dimensions: str) -> dict[str, Any]:
    """A line that measures one metric, as a whole and by all of the dimensions given."""
    sets: list[list[str]] = [[], list(dimensions)] if dimensions else [[]]
    directive = {
        "Namespace": "Shop",
        "Dimensions": sets,
        "Metrics": [{"Name": metric, "Unit": "Milliseconds"}],
    }
    described = {"Timestamp": int(at * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": described, metric: list(values), **dimensions}


def points(board: MetricsBoard, period: int, metric: str = "Latency") -> list[dict[str, Any]]:
    """The points of a metric as a whole."""
    found = board.series(period=period, most_dimensions=0)["series"]
    return next((series["points"] for series in found if series["metric"] == metric), [])


def test_values_are_summed_up_by_period(board: MetricsBoard, clock: Clock) -> None:
    for second, value in [(0, 10), (9.9, 30), (10, 50)]:
        board.add(measured(NOON + second, value))
    clock.now = NOON + 15

    fine, coarse = points(board, 10), points(board, 60)

    assert [(point["at"], point["count"], point["sum"]) for point in fine] == [
        (NOON, 2, 40),
        (NOON + 10, 1, 50),
    ]
    assert [(point["at"], point["count"], point["min"], point["max"]) for point in coarse] == [
        (NOON, 3, 10, 50)
    ]


def test_each_dimension_set_has_a_series_with_unit_and_namespace(board: MetricsBoard) -> None:
    board.add(measured(NOON, 1, service="auth"))

    found = board.series(period=10)["series"]

    assert [(series["namespace"], series["unit"], series["dimensions"]) for series in found] == [
        ("Shop", "Milliseconds", {}),
        ("Shop", "Milliseconds", {"service": "auth"}),
    ]


def test_finer_parts_can_be_left_out(board: MetricsBoard) -> None:
    board.add(measured(NOON, 1, service="auth"))

    found = board.series(period=10, most_dimensions=0)["series"]

    assert [series["dimensions"] for series in found] == [{}]


def test_the_time_shown_ends_with_the_period_at_hand(board: MetricsBoard, clock: Clock) -> None:
    clock.now = NOON + 7

    shown = board.series(period=10)

    assert (shown["first"], shown["last"]) == (NOON - 590, NOON)


def test_what_is_older_than_the_time_shown_is_not_shown(board: MetricsBoard, clock: Clock) -> None:
    board.add(measured(NOON, 1))

    clock.now = NOON + 10 * PERIODS[10] - 1
    assert len(points(board, 10)) == 1
    clock.now += 1
    assert points(board, 10) == []
    assert len(points(board, 60)) == 1


def test_the_oldest_periods_are_forgotten(board: MetricsBoard, clock: Clock) -> None:
    for number in range(3 * PERIODS[10]):
        board.add(measured(NOON + 10 * number, 1))
    clock.now = NOON + 10 * 3 * PERIODS[10]

    (kept,) = board._kept[10].values()
    assert len(kept) == PERIODS[10]
    assert min(kept) == NOON + 10 * 2 * PERIODS[10]


def test_more_series_than_there_is_room_for_are_counted_and_not_kept(
    board: MetricsBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_board, "MOST_SERIES", 3)

    for number in range(5):
        board.add(measured(NOON, 1, metric=f"m{number}"))

    shown = board.series(period=10)
    assert [series["metric"] for series in shown["series"]] == ["m0", "m1", "m2"]
    assert shown["dropped_readings"] == 2 * len(PERIODS)


def test_a_line_that_cloudwatch_would_refuse_is_told_and_harms_nobody(board: MetricsBoard) -> None:
    board.add(measured(NOON, *range(101)))
    board.add({"message": "request"})

    shown = board.series(period=10)

    assert (shown["series"], shown["refused_lines"]) == ([], 1)
    assert shown["reason"] == "Latency: List should have at most 100 items after validation, not 101"


def test_many_threads_lose_no_value(board: MetricsBoard) -> None:
    def work() -> None:
        for _ in range(200):
            board.add(measured(NOON, 1))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert points(board, 10)[0]["count"] == 1600


@pytest.mark.parametrize("values", [range(1, 1001), [0.001, 0.5, 7, 7, 7, 90_000], [3]])
@pytest.mark.parametrize("percent", [0, 50, 95, 100])
def test_a_percentile_is_within_two_per_cent(values: list[float], percent: float) -> None:
    distribution = Distribution()
    for value in values:
        distribution.add(value)

    exact = sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]  # type: ignore[call-overload]
    assert distribution.percentile(percent) == pytest.approx(exact, rel=0.02)


def test_what_is_not_positive_counts_for_percentiles_too() -> None:
    distribution = Distribution()
    for value in [0, 0, 0, 5]:
        distribution.add(value)

    assert distribution.percentile(50) == 0
    assert distribution.percentile(95) == pytest.approx(5, rel=0.02)


def test_many_values_take_little_room() -> None:
    distribution = Distribution()
    for number in range(100_000):
        distribution.add(1 + number % 500)

    assert len(distribution._steps) < 320
