"""No request waits long for a report, and one that reports nothing sends nothing."""

import threading
import time

import pytest

from greenroom.telemetry import errors
from local.ports import free_port
from tests.service.telemetry.conftest import Configure
from tests.support.ingest import Ingest
from tests.unit.gateway.sample import call, event, function

MARGIN = 1.0
"""Seconds that a busy machine may take beside the waiting itself."""


def seconds_of_a_broken_request() -> float:
    serve = function()
    broken = event("GET", "/broken")
    started = time.perf_counter()
    assert serve(broken)["statusCode"] == 500
    return time.perf_counter() - started


def test_requests_that_report_nothing_open_no_connection_drawn_or_not(
    configure: Configure, ingest: Ingest
) -> None:
    # A rate this small draws none, but tracing is on: that is when the SDK would report what it did not draw.
    configure(SENTRY_TRACES_SAMPLE_RATE="1e-12", SENTRY_PROFILES_SAMPLE_RATE="1")

    for _ in range(50):
        assert call("GET", "/things/t1", token="buyer").status == 200
        assert call("GET", "/things/t9", token="buyer").status == 404
    errors.flush(5)

    assert ingest.connections == 0


def test_a_request_that_is_drawn_is_traced_with_its_calls_and_not_waited_for(
    configure: Configure, ingest: Ingest
) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="1", SENTRY_PROFILES_SAMPLE_RATE="0")
    ingest.open.clear()
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        errors.table_breadcrumb("GetItem", "greenroom-dev-bookings", 12.5)
        started = time.perf_counter()
    taken = time.perf_counter() - started

    (trace,) = ingest.wait_for("transaction")
    ingest.open.set()
    assert taken < errors.FLUSH_SECONDS  # it did not wait
    assert (trace["transaction"], trace["contexts"]["trace"]["status"]) == ("GET /v1/x", "ok")
    (span,) = trace["spans"]
    assert (span["op"], span["description"]) == ("table", "GetItem")


def test_what_a_trace_stands_for_is_told_with_it(configure: Configure, ingest: Ingest) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="0.999999")
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        pass
    errors.flush(5)

    assert b'"sample_rate":"0.999999"' in ingest.envelopes[0].splitlines()[0]


def test_a_traced_request_is_profiled_and_not_kept_waiting(configure: Configure, ingest: Ingest) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="1", SENTRY_PROFILES_SAMPLE_RATE="1")
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        time.sleep(0.1)
        started = time.perf_counter()
    taken = time.perf_counter() - started

    (chunk,) = ingest.wait_for("profile_chunk")
    (trace,) = ingest.wait_for("transaction")
    assert taken < errors.FLUSH_SECONDS  # it did not wait
    assert trace["contexts"]["profile"]["profiler_id"] == chunk["profiler_id"]
    sampled = {sample["thread_id"] for sample in chunk["profile"]["samples"]}
    assert trace["contexts"]["trace"]["data"]["thread.id"] in sampled


def test_what_is_not_traced_is_not_profiled(configure: Configure, ingest: Ingest) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="1e-12", SENTRY_PROFILES_SAMPLE_RATE="1")
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        time.sleep(0.05)
        names = {thread.name for thread in threading.enumerate()}
    time.sleep(0.1)
    errors.flush(5)

    assert not [name for name in names if "profiler" in name]
    assert ingest.connections == 0


def test_an_ingest_that_does_not_answer_delays_one_request_by_half_a_second_and_then_none(
    reported: Ingest,
) -> None:
    reported.open.clear()

    first, second = seconds_of_a_broken_request(), seconds_of_a_broken_request()

    assert errors.FLUSH_SECONDS <= first < errors.FLUSH_SECONDS + MARGIN
    assert second < errors.FLUSH_SECONDS  # it did not wait


def test_an_ingest_that_is_not_there_delays_nobody(configure: Configure) -> None:
    configure(SENTRY_DSN=f"http://key@127.0.0.1:{free_port()}/1")

    assert seconds_of_a_broken_request() < errors.FLUSH_SECONDS + MARGIN


def test_an_ingest_that_asks_for_a_pause_gets_it(reported: Ingest) -> None:
    reported.status, reported.headers = 429, {"Retry-After": "60"}
    seconds_of_a_broken_request()

    reported.status, reported.headers = 200, {}
    seconds_of_a_broken_request()

    assert len(reported.events()) == 1


@pytest.mark.parametrize("status", [500, 403, 413])
def test_an_ingest_that_refuses_is_not_told_again_and_never_of_what_was_lost(
    reported: Ingest, status: int
) -> None:
    reported.status = status
    seconds_of_a_broken_request()
    errors.flush(5)

    assert [item.kind for item in reported.items()] == ["event"]
