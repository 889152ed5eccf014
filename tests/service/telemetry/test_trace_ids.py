"""Each request has a trace id that no other request has, traced or not, and that no caller chooses."""

import threading

import pytest

from greenroom.telemetry import errors
from tests.service.telemetry.conftest import Configure
from tests.support.ingest import Ingest
from tests.unit.gateway.sample import event, function

CHOSEN = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret
SENT = {
    "sentry-trace": f"{CHOSEN}-0123456789abcdef-1",
    "traceparent": f"00-{CHOSEN}-0123456789abcdef-01",
    "baggage": f"sentry-trace_id={CHOSEN},sentry-sample_rate=1,sentry-sampled=true,sentry-sample_rand=0.0",
}


def trace_ids(ingest: Ingest) -> list[str]:
    return [event["contexts"]["trace"]["trace_id"] for event in ingest.events()]


@pytest.mark.parametrize("rate", ["0", "1e-12", "1"])
def test_two_requests_never_share_a_trace_id(configure: Configure, ingest: Ingest, rate: str) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE=rate)
    serve = function()

    for _ in range(3):
        serve(event("GET", "/broken"))

    assert len(set(trace_ids(ingest))) == 3


def test_requests_in_threads_do_not_share_one_either(reported: Ingest) -> None:
    serve = function()
    errors.capture_exception(KeyError("init"))
    threads = [threading.Thread(target=serve, args=(event("GET", "/broken"),)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors.flush(5)

    assert len(set(trace_ids(reported))) == 5


def test_two_reports_of_one_request_and_its_trace_share_their_trace_id(
    configure: Configure, ingest: Ingest
) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="1")
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        errors.capture_exception(KeyError("one"))
        errors.capture_exception(ValueError("other"))

    (trace,) = ingest.wait_for("transaction")
    assert set(trace_ids(ingest)) == {trace["contexts"]["trace"]["trace_id"]}


@pytest.mark.parametrize("rate", ["0", "1e-12", "1"])
def test_a_callers_headers_decide_neither_the_trace_nor_whether_it_is_sampled(
    configure: Configure, ingest: Ingest, rate: str
) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE=rate)

    function()(event("GET", "/broken", headers=list(SENT.items())))
    errors.flush(5)

    assert len(ingest.items("transaction")) == (rate == "1")
    assert CHOSEN not in trace_ids(ingest)
    assert CHOSEN.encode() not in ingest.everything()
