"""What a report tells: the fault, where, for whom and on which way, grouped as people would group it."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from greenroom.refusals import NotFound, Unavailable
from greenroom.storage import items
from greenroom.telemetry import errors
from greenroom.telemetry.faults import report_fault
from tests.service.telemetry.conftest import Configure
from tests.support.ingest import Ingest
from tests.unit.gateway.sample import App, call

REQUEST_ID = "11111111-2222-3333-4444-555555555555"


def caught(fault: Callable[[], object]) -> Exception:
    try:
        fault()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_handler_that_breaks_is_reported_with_all_that_helps_to_mend_it(reported: Ingest) -> None:
    call("GET", "/broken")

    (event,) = reported.events()
    assert (event["release"], event["environment"], event["level"]) == ("7.1", "test", "error")
    assert event["transaction"] == "GET /broken"
    assert event["tags"] == {"category": "unexpected", "function": "sample", "route": "GET /broken"}
    assert event["contexts"]["circumstances"]["request_id"] == REQUEST_ID
    assert event["contexts"]["circumstances"]["what"] == "unhandled error"
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "no seat for (withheld)")
    frames = error["stacktrace"]["frames"]
    assert frames[-1]["function"] == "break_down"
    assert {frame["module"] for frame in frames if frame["in_app"]} == {"greenroom.gateway.dispatch"}


def test_a_report_shows_each_frames_place_and_source_lines_and_no_variables(reported: Ingest) -> None:
    call("GET", "/broken")

    (event,) = reported.events()
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert [frame["filename"] for frame in frames] == [
        *["greenroom/gateway/dispatch.py"] * 2,
        "tests/unit/gateway/sample.py",
    ]
    assert frames[-1]["context_line"].strip().startswith("raise app.seen[0] if app.seen else RuntimeError(")
    assert frames[-1]["pre_context"][-1].strip().startswith('"""Fail as')
    assert len(frames[0]["pre_context"]) == len(frames[0]["post_context"]) == 5
    assert all("vars" not in frame for frame in frames)


def test_a_deployed_functions_frames_have_their_place_below_the_tasks_root(
    reported: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, source in {
        "task/deployed/main.py": "import thirdparty.client\n\ndef serve():\n    thirdparty.client.call()\n",
        "python/thirdparty/client.py": "def call():\n    raise ValueError\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).with_name("__init__.py").touch()
        (tmp_path / path).write_text(source)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path / "task"))
    monkeypatch.syspath_prepend(str(tmp_path / "task"))
    monkeypatch.syspath_prepend(str(tmp_path / "python"))

    errors.capture_exception(caught(importlib.import_module("deployed.main").serve))
    errors.flush(5)

    (event,) = reported.events()
    frames = event["exception"]["values"][0]["stacktrace"]["frames"][-2:]
    assert [(frame["filename"], frame["context_line"], frame["in_app"]) for frame in frames] == [
        ("deployed/main.py", "    thirdparty.client.call()", True),
        ("thirdparty/client.py", "    raise ValueError", False),
    ]
    assert event["fingerprint"][-1] == "deployed.main:serve+1"


def test_the_answer_is_there_only_after_the_report_has_left(reported: Ingest) -> None:
    answer = call("GET", "/broken")

    assert answer.status == 500
    assert len(reported.events()) == 1


def test_a_report_names_the_user_by_id_and_role_and_the_way_that_led_there(reported: Ingest) -> None:
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id=REQUEST_ID):
        errors.set_user("usr_1", "buyer")
        errors.table_breadcrumb("GetItem", "greenroom-dev-bookings", 12.34)
        errors.provider_breadcrumb("payments", "create", 90)
        errors.add_breadcrumb("step", "priced", status=3)
        report_fault("broken", ValueError("x"), booking_id="bkg_1")

    (event,) = reported.events()
    assert event["user"] == {"id": "usr_1", "role": "buyer"}
    assert event["tags"]["role"] == "buyer"
    assert [
        (crumb["category"], crumb["message"], crumb["data"]) for crumb in event["breadcrumbs"]["values"]
    ] == [
        ("route", "GET /v1/x", {"function": "bookings"}),
        ("table", "GetItem", {"operation": "GetItem", "table": "bookings", "milliseconds": 12.3}),
        ("provider", "create", {"operation": "create", "provider": "payments", "milliseconds": 90}),
        ("step", "priced", {"status": 3}),
    ]
    assert event["contexts"]["circumstances"] == {
        "booking_id": "bkg_1",
        "what": "broken",
        "request_id": REQUEST_ID,
    }


def test_who_was_signed_in_is_named_by_the_gateway(reported: Ingest) -> None:
    broken: Any = None

    assert call("GET", "/things/t1", token="buyer", app=App(things=broken)).status == 500

    (event,) = reported.events()
    assert event["user"] == {"id": "usr_buyer", "role": "buyer"}


def test_nothing_of_one_request_is_in_the_report_of_the_next(reported: Ingest) -> None:
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        errors.set_user("usr_1", "buyer")
    with errors.request_scope(function="catalog", route="GET /v1/y", request_id="r2"):
        errors.capture_exception(ValueError())

    (event,) = reported.events()
    assert (event.get("user", {}), event["transaction"], len(event["breadcrumbs"]["values"])) == (
        {},
        "GET /v1/y",
        1,
    )


def test_what_a_caller_did_wrong_is_never_reported(reported: Ingest) -> None:
    for path, token in (("/things/t9", "buyer"), ("/things/t1", "nobody"), ("/things/t1", "agent")):
        assert 400 <= call("GET", path, token=token).status < 500 or token == "agent"
    errors.capture_exception(NotFound())
    errors.flush(5)

    assert reported.connections == 0


def test_a_service_that_fails_us_is_reported_with_its_code(reported: Ingest) -> None:
    unavailable = Unavailable(retry_after=1)
    unavailable.__cause__ = ClientError({"Error": {"Code": "ThrottlingException", "Message": "m"}}, "GetItem")

    assert call("GET", "/broken", app=App(seen=[unavailable])).status == 503

    (event,) = reported.events()
    assert event["tags"]["code"] == "ThrottlingException"


def test_an_errors_text_is_sent_without_its_secrets(reported: Ingest) -> None:
    for error in (Unavailable(), Unavailable("for ada@example.com")):
        errors.capture_exception(error)
    errors.flush(5)

    told = [event["exception"]["values"][0]["value"] for event in reported.events()]
    assert told == ["The service is briefly unavailable", "for (withheld)"]


def fail_at(number: int) -> Exception:
    return caught(lambda: items.decode_item({f"field {number}": {"X": number}}))


def fail_elsewhere(number: int) -> Exception:
    return caught(lambda: items.encode(object()))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (fail_at(1), fail_at(2), True),
        (fail_at(1), fail_elsewhere(1), False),
        (ValueError("1"), KeyError("1"), False),
        (ValueError("1"), ValueError("2"), True),
    ],
)
def test_one_fault_is_one_whatever_its_text_and_others_are_others(
    reported: Ingest, one: Exception, other: Exception, same: bool
) -> None:
    errors.capture_exception(one)
    errors.capture_exception(other)
    errors.flush(5)

    first, second = (event["fingerprint"] for event in reported.events())
    assert (first == second) is same


def test_a_security_event_and_what_is_slow_are_reports_of_their_own(reported: Ingest) -> None:
    errors.capture_security_event("token_reuse", "CRITICAL", user_id="usr_1")
    errors.capture_performance_issue("slow_request", milliseconds=1500, threshold=1000)
    errors.capture_performance_issue("slow_table_call", milliseconds=400, threshold=500)
    errors.flush(5)

    told = [(event["message"], event["tags"]["category"], event["level"]) for event in reported.events()]
    assert told == [("token_reuse", "security", "error"), ("slow_request", "performance", "warning")]
    circumstances = [event["contexts"]["circumstances"] for event in reported.events()]
    assert circumstances[0] == {"severity": "CRITICAL", "user_id": "usr_1"}
    assert circumstances[1] == {"milliseconds": 1500, "threshold": 1000}


def test_slow_calls_and_a_slow_request_are_reported_by_the_settings(
    configure: Configure, ingest: Ingest
) -> None:
    configure(SLOW_TABLE_CALL_MS="20", SLOW_PROVIDER_CALL_MS="60000", SLOW_REQUEST_MS="1")
    with errors.request_scope(function="bookings", route="GET /v1/x", request_id="r1"):
        for milliseconds in (20, 21, 22):
            errors.table_breadcrumb("Query", "greenroom-dev-bookings", milliseconds)
        errors.provider_breadcrumb("payments", "create", 60_000)
        sum(range(2_000_000))  # takes more than a millisecond

    told = {event["message"]: event["contexts"]["circumstances"] for event in ingest.events()}
    assert list(told) == ["slow_table_call", "slow_request"]
    assert told["slow_table_call"]["milliseconds"] == 21
    assert len(ingest.events()) == 2


def test_a_call_to_a_provider_is_noted_with_its_time_however_it_ends(reported: Ingest) -> None:
    with errors.request_scope(function="payments", route="POST /v1/x", request_id="r1"):
        with suppress(OSError), errors.provider_call("mail", "send"):
            raise OSError
        errors.capture_exception(ValueError())

    (event,) = reported.events()
    last = event["breadcrumbs"]["values"][-1]
    assert (last["category"], last["message"], last["data"]["provider"]) == ("provider", "send", "mail")
    assert last["data"]["milliseconds"] >= 0


def test_a_flood_of_one_fault_is_cut_short_and_does_not_hide_another(reported: Ingest) -> None:
    for _ in range(25):
        errors.capture_exception(ValueError())
    errors.capture_exception(KeyError())
    errors.flush(5)

    types = [event["exception"]["values"][0]["type"] for event in reported.events()]
    assert types == ["ValueError"] * 10 + ["KeyError"]
