"""Figures are asked for once a minute and process; while CloudWatch fails there are none, not old ones."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from functions.health.board import Board
from functions.health.routes import routes
from greenroom.gateway.admission import Admission
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.monitors import MONITOR_CLAIMS
from greenroom.refusals import Unavailable
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.unit.test_health_routes import app


@dataclass
class CloudWatch:
    """One metric, asked for as often as it says; ``down`` makes it fail."""

    values: dict[str, float] = field(default_factory=lambda: {"CacheHits": 30.0, "CacheMisses": 10.0})
    down: bool = False
    calls: list[str] = field(default_factory=list)
    now: float = 1_800_000_000.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _asked(self, what: str) -> None:
        with self._lock:
            self.calls.append(what)
        if self.down:
            raise ConnectTimeoutError(endpoint_url="https://hunter2")

    def list_metrics(self, **_: Any) -> dict[str, Any]:
        self._asked("list")
        return {"Metrics": [{"MetricName": name, "Dimensions": []} for name in self.values]}

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        self._asked("get")
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Values": [self.values[name]] if name in self.values else [],
                    "StatusCode": "Complete",
                }
                for query in asked["MetricDataQueries"]
                for name in [query["MetricStat"]["Metric"]["MetricName"]]
            ]
        }

    def board(self) -> Board:
        made: Any = self
        return Board(lambda: made, "test", keep=60, clock=lambda: self.now)


def test_within_a_minute_everybody_gets_the_same_figures() -> None:
    cloudwatch = CloudWatch()
    board = cloudwatch.board()

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: board.figures(), range(60)))
    cloudwatch.now += 59.9
    found.append(board.figures())

    assert len({id(figures) for figures in found}) == 1
    assert cloudwatch.calls == ["list", "get", "get"]


def test_after_a_minute_they_are_new() -> None:
    cloudwatch = CloudWatch()
    board = cloudwatch.board()
    before = board.figures()

    cloudwatch.now += 60

    assert (board.figures().at - before.at).total_seconds() == 60


def test_while_cloudwatch_fails_nothing_old_is_given_and_it_is_not_asked_each_time() -> None:
    cloudwatch = CloudWatch()
    board = cloudwatch.board()
    board.figures()
    cloudwatch.calls.clear()
    cloudwatch.down = True
    cloudwatch.now += 60

    for _ in range(3):
        with pytest.raises(Unavailable):
            board.figures()
    while_down = list(cloudwatch.calls)
    cloudwatch.down = False
    cloudwatch.now += 5

    assert while_down == ["list"]
    assert board.figures().series


def test_the_hit_ratio_is_that_of_all_reads_and_unknown_is_not_zero() -> None:
    known, nothing_read, down = CloudWatch(), CloudWatch(values={}), CloudWatch(down=True)

    ratios = [cloudwatch.board().hit_ratio() for cloudwatch in (known, nothing_read, down)]

    assert ratios == [0.75, None, None]
    assert known.calls == ["get"], "what is public asks for two numbers alone"


def ask(cloudwatch: CloudWatch, path: str) -> tuple[int, str, dict[str, str]]:
    class Known:
        def knows(self, _token: str) -> bool:
            return True

    def no_token(*_: Any) -> Any:
        raise AssertionError

    known: Any = Known()
    services = replace(app(), board=cloudwatch.board())
    admission = Admission(verify=no_token, monitoring=known)
    assert admission.claims("t", None) is MONITOR_CLAIMS  # type: ignore[arg-type]
    function = Function(routes, lambda: Composition(app=services, admission=admission))
    lines: list[dict[str, Any]] = []
    add_sink(lines.append)
    try:
        answer = function(
            {
                "httpMethod": "GET",
                "resource": path,
                "multiValueHeaders": {"Authorization": ["Bearer t"], "Accept": ["text/plain"]},
            }
        )
    finally:
        remove_sink(lines.append)
    assert "hunter2" not in answer["body"] + str(lines)
    return answer["statusCode"], answer["body"], answer["headers"]


@pytest.mark.parametrize("path", ["/metrics", "/metrics/prometheus"])
def test_while_cloudwatch_fails_both_answers_are_problems(path: str) -> None:
    status, body, headers = ask(CloudWatch(down=True), path)

    assert (status, json.loads(body)["code"]) == (503, "unavailable")
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "5"


def test_every_metric_of_the_catalogue_is_in_the_json_also_without_values() -> None:
    status, text, headers = ask(CloudWatch(), "/metrics")

    body = json.loads(text)
    by_name = {metric["name"]: metric for metric in body["metrics"]}
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert body["namespace"] == "Greenroom/test"
    assert body["window_seconds"] == {"5m": 300, "1h": 3600}
    assert by_name["CacheHits"]["series"] == [
        {"dimensions": {}, "windows": {"5m": {"sum": 30.0}, "1h": {"sum": 30.0}}}
    ]
    assert by_name["Latency"]["series"] == []
    assert by_name["Latency"]["meaning"]


def test_the_text_format_is_named_in_the_header() -> None:
    status, text, headers = ask(CloudWatch(), "/metrics/prometheus")

    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'greenroom_cache_hits{window="5m"} 30.0' in text
