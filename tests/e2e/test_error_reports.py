"""An error on this machine, from a request to the report that the console shows."""

import json
import time
from typing import Any

from tests.support.system import RunningSystem


def reports_of(system: RunningSystem, request_id: str) -> list[dict[str, Any]]:
    shown = system.api.get("/local/errors").json()["items"]
    return [item for item in shown if request_id in json.dumps(item["event"]["contexts"])]


def test_an_error_that_was_asked_for_is_logged_and_reported_without_what_was_at_hand(
    system: RunningSystem,
) -> None:
    answer = system.api.post("/local/errors")

    assert answer.status_code == 500
    request_id = answer.json()["request_id"]
    assert [line["category"] for line in system.lines(request_id)] == ["error", "request"]
    give_up = time.monotonic() + 20
    while not reports_of(system, request_id) and time.monotonic() < give_up:
        time.sleep(0.05)
    (report,) = reports_of(system, request_id)
    assert report["kind"] == "event"
    event = report["event"]
    assert event["environment"] == "local"
    assert event["tags"]["route"] == "POST /local/errors"
    assert [error["type"] for error in event["exception"]["values"]] == ["KeyError", "RuntimeError"]
    assert "example.com" not in json.dumps(event)


def test_no_page_of_another_site_can_make_a_function_fail(system: RunningSystem) -> None:
    answer = system.api.post("/local/errors", headers={"Origin": "https://elsewhere.test"})

    assert answer.status_code == 403
