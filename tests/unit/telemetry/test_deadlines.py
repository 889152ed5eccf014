"""One thread minds the deadlines of all invocations, in whatever order they come."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.telemetry import deadlines, errors
from greenroom.telemetry.deadlines import watch
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.reports import kept_reports

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Context:
    """Lambda's context."""

    milliseconds: int

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def until(holds: Callable[[], object]) -> None:
    """Return as soon as something holds; it is another thread's to bring about."""
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def hang_until(holds: Callable[[], object]) -> None:
    until(holds)


def test_an_invocation_that_is_late_is_told_of_while_it_runs_with_its_stack(
    lines: list[dict[str, Any]],
) -> None:
    with (
        kept_reports() as kept,
        errors.request_scope(function="a", route="GET /a", request_id="r1"),
        watch(Context(520), lambda: {"route": "GET /a", "request_id": "r1"}),
    ):
        hang_until(lambda: kept.flushes)

    (line,) = lines
    assert (line["message"], line["error"]) == ("about to time out", "AboutToTimeOut")
    assert (line["route"], line["request_id"]) == ("GET /a", "r1")
    assert any(frame.endswith(" hang_until") for frame in line["stack"])
    (report,) = kept.reports
    assert report["tags"]["route"] == "GET /a"


def test_an_earlier_deadline_is_minded_although_later_ones_were_there_first(
    lines: list[dict[str, Any]],
) -> None:
    with watch(Context(HOUR_MS), lambda: {"route": "late"}), watch(Context(510), lambda: {"route": "early"}):
        until(lambda: lines)

    assert [line["route"] for line in lines] == ["early"]


def test_each_thread_is_told_of_by_itself(lines: list[dict[str, Any]]) -> None:
    names = [f"route {number}" for number in range(8)]

    def serve(name: str) -> None:
        with watch(Context(510), lambda: {"route": name}):
            until(lambda: len(lines) == len(names))

    threads = [threading.Thread(target=serve, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(line["route"] for line in lines) == names


def test_of_what_ends_in_time_nothing_is_told(lines: list[dict[str, Any]]) -> None:
    for number in range(100):
        with watch(Context(HOUR_MS if number % 2 else 5_000), lambda: {"route": "in time"}):
            pass
    with watch(Context(510), lambda: {"route": "late"}):
        until(lambda: lines)

    assert [line["route"] for line in lines] == ["late"]


def test_what_is_over_is_kept_alive_by_nobody() -> None:
    with watch(Context(HOUR_MS), dict):
        pass

    assert all(invocation.serving is None for invocation in deadlines._watchdog._invocations)


@pytest.mark.parametrize("context", [None, object(), Context(500), Context(0)])
def test_without_time_to_tell_of_nothing_is_watched(context: Any) -> None:
    before = deadlines._watchdog._count

    with watch(context, dict):
        pass

    assert deadlines._watchdog._count == before


def test_all_is_minded_by_one_thread() -> None:
    for _ in range(50):
        with watch(Context(HOUR_MS), dict):
            pass

    assert [thread.name for thread in threading.enumerate()].count("deadlines") == 1
