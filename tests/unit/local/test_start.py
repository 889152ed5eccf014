"""What a start rests on: the functions' environment, the data folder, catching up, and the schedule."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import environment, outbox
from local.data import open_folder
from local.failures import CannotRun
from local.resources import Resources
from local.runtime import Function, load_function
from local.schedule import Schedule, scheduled_event

NOW = datetime(2027, 1, 12, 21, 45, 55, 123000, tzinfo=UTC)
RESOURCES = Resources(
    tables={name: f"t-{name}" for name in ("identity", "catalog", "bookings", "limits")},
    stream_arn="arn:stream",
    signing_key_id="key",
    cursor_secret_id="cursor",
    payment_secret_id="payment",
    monitoring_secret_id="monitoring",
    undelivered_events_url="http://queue",
    media_bucket="media",
)


def settings() -> dict[str, str]:
    return environment.function_settings(
        RESOURCES, emulator_url="http://emulator", base_url="http://base", provider_url="http://provider"
    )


def test_functions_are_told_of_every_table_and_secret() -> None:
    told = settings()

    assert told["STAGE"] == "local"
    assert {name: told[f"{name.upper()}_TABLE"] for name in RESOURCES.tables} == RESOURCES.tables
    assert (told["TOKEN_KEY_IDS"], told["CURSOR_SECRET_ID"], told["PAYMENT_SECRET_ID"]) == (
        "key",
        "cursor",
        "payment",
    )
    assert told["MONITORING_SECRET_ID"] == "monitoring"
    assert (told["PUBLIC_URL"], told["PAYMENT_API_URL"]) == ("http://base", "http://provider")


def test_passkeys_are_made_for_localhost_where_the_address_is_in_numbers() -> None:
    told = environment.function_settings(
        RESOURCES,
        emulator_url="http://emulator",
        base_url="http://127.0.0.1:8080",
        provider_url="http://provider",
    )

    assert (told["WEBAUTHN_RP_ID"], told["WEBAUTHN_ORIGINS"]) == ("localhost", "http://localhost:8080")
    assert not {name for name in settings() if name.startswith("WEBAUTHN")}


def test_a_developers_own_account_and_proxy_stay_out_and_durations_stay_in() -> None:
    own = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://elsewhere",
        "HTTPS_PROXY": "http://proxy",
        "http_proxy": "http://proxy",
        "BOOKING_HOLD_SECONDS": "60",
        "LOG_LEVEL": "DEBUG",
        "CACHE_URL": "redis://127.0.0.1:6379",
        "PATH": "/bin",
    }

    environment.apply(settings(), own)

    assert not {name for name in own if "proxy" in name.lower()}
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB"} & own.keys()
    assert own["CACHE_URL"] == "redis://127.0.0.1:6379"
    assert (own["BOOKING_HOLD_SECONDS"], own["LOG_LEVEL"], own["PATH"]) == ("60", "DEBUG", "/bin")
    assert (own["AWS_ENDPOINT_URL"], own["AWS_ACCESS_KEY_ID"]) == ("http://emulator", "local")


def test_the_demo_accounts_sessions_end_one_another_only_for_whoever_wants_to_see_it() -> None:
    usual: dict[str, str] = {}
    own = {"MOST_SESSIONS": "3"}

    for told in (usual, own):
        environment.apply(settings(), told)

    assert (usual["MOST_SESSIONS"], own["MOST_SESSIONS"]) == ("1000", "3")


def fill(path: Path) -> None:
    (path / "emulator" / "state").mkdir(parents=True)
    (path / "demo.json").write_text("{}")
    (path / "mine.txt").write_text("kept")


def test_a_fresh_start_forgets_our_own_files_and_no_others(tmp_path: Path) -> None:
    fill(tmp_path)

    os.close(open_folder(tmp_path, fresh=True).lock)

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["lock", "mine.txt"]


def test_a_further_start_keeps_everything(tmp_path: Path) -> None:
    fill(tmp_path)

    os.close(open_folder(tmp_path, fresh=False).lock)

    assert (tmp_path / "demo.json").exists()
    assert (tmp_path / "emulator" / "state").exists()


def test_what_speaks_of_tables_that_were_never_saved_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")

    os.close(open_folder(tmp_path, fresh=False).lock)

    assert not (tmp_path / "demo.json").exists()


def test_a_folder_serves_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.data._WAIT_SECONDS", 0.0)
    first = open_folder(tmp_path, fresh=False)

    with pytest.raises(CannotRun, match="Another run uses"):
        open_folder(tmp_path, fresh=True)
    os.close(first.lock)

    os.close(open_folder(tmp_path, fresh=False).lock)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CannotRun, match="cannot be used"):
        open_folder(tmp_path / "file" / "data", fresh=False)


def test_the_first_start_replays_all_and_a_later_one_what_may_be_missing(tmp_path: Path) -> None:
    path, spans = tmp_path / "outbox.json", []

    def replay(*, since: datetime, until: datetime) -> int:
        spans.append((since, until))
        return 3

    assert outbox.catch_up(path, replay, NOW) == 3
    outbox.note_delivered(path, NOW + timedelta(hours=1))
    outbox.catch_up(path, replay, NOW + timedelta(hours=5))

    (first_since, first_until), (since, until) = spans
    assert first_since < NOW - timedelta(days=365)
    assert first_until == NOW
    assert NOW + timedelta(minutes=50) < since < NOW + timedelta(hours=1)
    assert until == NOW + timedelta(hours=5)


def test_a_replay_that_fails_is_tried_again_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"

    def replay(*, since: datetime, until: datetime) -> int:
        raise RuntimeError(f"{since} {until}")

    with pytest.raises(RuntimeError):
        outbox.catch_up(path, replay, NOW)

    assert outbox.delivered_until(path) < NOW - timedelta(days=365)


def test_a_scheduled_event_has_the_services_form() -> None:
    event = scheduled_event("greenroom-local-sweeper", NOW)

    assert event["detail-type"] == "Scheduled Event"
    assert event["source"] == "aws.events"
    assert event["time"] == "2027-01-12T21:45:55Z"
    assert re.fullmatch(r"arn:aws:events:[\w-]+:\d{12}:rule/greenroom-local-sweeper", event["resources"][0])
    assert json.loads(json.dumps(event)) == event


def test_a_call_that_fails_is_reported_and_the_beat_goes_on() -> None:
    calls: list[Any] = []
    reports: list[str] = []

    def handler(event: Any, _context: Any) -> None:
        calls.append(event)
        if len(calls) == 3:
            schedule.stop()
        raise RuntimeError("table is away")

    schedule = Schedule(Function("sweeper", handler), 0.001, reports.append)
    schedule.run()

    assert len(calls) == 3
    assert reports == ["sweeper failed: RuntimeError: table is away"] * 3


def test_a_function_that_is_not_there_cannot_be_loaded() -> None:
    with pytest.raises(CannotRun, match="nothing_like_this"):
        load_function("nothing_like_this")
