"""A sandbox that starts on demand initialises the SDK for its first report, which lacks nothing."""

import random

import pytest

from greenroom.telemetry import errors
from tests.service.telemetry.conftest import Configure
from tests.support.ingest import Ingest


@pytest.fixture(autouse=True)
def _on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")


def _is_loaded() -> bool:
    return errors._state.sdk is not None


def test_healthy_requests_do_not_load_it(configure: Configure, ingest: Ingest) -> None:
    configure()
    for _ in range(3):
        with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
            errors.set_user("usr_1", "buyer")
            errors.table_breadcrumb("GetItem", "greenroom-dev-bookings", 1.0)

    assert not _is_loaded()
    assert ingest.connections == 0


def test_the_first_report_has_the_user_and_the_steps_before_it(configure: Configure, ingest: Ingest) -> None:
    configure()
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        errors.add_breadcrumb("step", "of another request")
    with errors.request_scope(function="bookings", route="GET /v1/y", request_id="r2"):
        errors.set_user("usr_1", "buyer")
        errors.table_breadcrumb("GetItem", "greenroom-dev-bookings", 1.0)
        errors.capture_exception(ValueError("broken"))
    errors.flush(5)

    (event,) = ingest.events()
    steps = [(crumb["category"], crumb["message"]) for crumb in event["breadcrumbs"]["values"]]
    assert steps == [("route", "GET /v1/y"), ("table", "GetItem")]
    assert event["user"] == {"id": "usr_1", "role": "buyer"}
    assert (event["transaction"], event["tags"]["function"]) == ("GET /v1/y", "bookings")
    assert event["contexts"]["circumstances"]["request_id"] == "r2"


def test_later_requests_have_scopes_and_trace_ids_of_their_own(configure: Configure, ingest: Ingest) -> None:
    configure()
    for number in range(3):
        with errors.request_scope(function="bookings", route="GET /v1/x", request_id=f"r{number}"):
            errors.add_breadcrumb("step", str(number))
            errors.capture_exception(ValueError(str(number)), what=str(number))
    errors.flush(5)

    events = ingest.events()
    assert [len(event["breadcrumbs"]["values"]) for event in events] == [2, 2, 2]
    assert len({event["contexts"]["trace"]["trace_id"] for event in events}) == 3


def test_an_error_of_init_is_reported(configure: Configure, ingest: Ingest) -> None:
    configure()
    errors.capture_exception(ValueError("the function could not start"))
    errors.flush(5)

    assert len(ingest.events()) == 1


def test_a_request_that_is_drawn_is_traced_from_its_start(
    configure: Configure, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(SENTRY_TRACES_SAMPLE_RATE="0.5")
    drawn = iter([0.7, 0.3])
    monkeypatch.setattr(random, "random", lambda: next(drawn, 0.9))
    for number in range(2):
        with errors.request_scope(function="bookings", route=f"GET /v1/{number}", request_id="r1"):
            assert _is_loaded() == (number == 1)
            errors.table_breadcrumb("GetItem", "greenroom-dev-bookings", 1.0)
    errors.flush(5)

    assert b'"sample_rate":"0.5"' in ingest.envelopes[0].splitlines()[0]
    assert b"GET /v1/1" in ingest.envelopes[0]
    assert len(ingest.envelopes) == 1


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start", ""])
def test_elsewhere_it_is_initialised_in_init(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    configure()

    assert _is_loaded()


def test_nothing_of_the_first_reported_request_is_in_a_report_outside_any(
    configure: Configure, ingest: Ingest
) -> None:
    configure()
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        errors.set_user("usr_1", "buyer")
        errors.capture_exception(ValueError("broken"))
    errors.capture_security_event("alarm", "CRITICAL")
    errors.flush(5)

    _, outside = ingest.events()
    assert "user" not in outside
    assert "request_id" not in outside["contexts"]["circumstances"]
    assert outside["tags"].keys() == {"category"}


def test_a_worker_with_many_steps_keeps_the_first_and_the_latest(
    configure: Configure, ingest: Ingest
) -> None:
    configure()
    with errors.request_scope(function="sweeper", route="sweeper", request_id="r1"):
        for number in range(1000):
            errors.add_breadcrumb("step", str(number))
        assert len(errors._state.steps) == 100
        errors.capture_exception(ValueError("broken"))
    errors.flush(5)

    (event,) = ingest.events()
    assert event["breadcrumbs"]["values"][-1]["message"] == "999"
    assert event["tags"]["function"] == "sweeper"
