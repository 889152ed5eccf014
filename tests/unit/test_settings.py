"""Settings come from the environment, typed; what is wrong is named and never shown."""

from typing import Annotated

import pytest
from pydantic import Field, Secret

from greenroom.settings import InvalidSettings, Names, Seconds, Settings


class Sample(Settings):
    """Settings of each type."""

    a_table: str
    hold_seconds: Seconds = 900
    key_ids: Names = ()
    port: Annotated[int, Field(ge=1)] | None = None


GOOD = {"STAGE": "dev", "A_TABLE": "things"}


def test_a_field_is_read_from_its_name_in_upper_case_and_nothing_else_is_looked_at() -> None:
    settings = Sample.read(
        GOOD | {"HOLD_SECONDS": "60", "KEY_IDS": " one, two ,,three ", "hold_seconds": "1", "PATH": "/bin"}
    )

    assert (settings.stage, settings.a_table, settings.hold_seconds) == ("dev", "things", 60)
    assert settings.key_ids == ("one", "two", "three")


def test_what_is_not_set_or_empty_has_its_default() -> None:
    settings = Sample.read(GOOD | {"KEY_IDS": "", "PORT": "", "HOLD_SECONDS": ""})

    assert (settings.hold_seconds, settings.key_ids, settings.port) == (900, (), None)
    assert (settings.service_version, settings.cors_origins, settings.log_level) == ("0", (), "INFO")


def test_the_process_environment_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)

    assert Sample.read().a_table == "things"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", ""),
        ("STAGE", "Prod"),
        ("STAGE", "1a"),
        ("STAGE", "a" * 21),
        ("STAGE", "a b"),
        ("STAGE", "dev\n"),
        ("A_TABLE", ""),
        ("HOLD_SECONDS", "0"),
        ("HOLD_SECONDS", "-5"),
        ("HOLD_SECONDS", "15 minutes"),
        ("HOLD_SECONDS", "1.5"),
        ("HOLD_SECONDS", "Infinity"),
        ("PORT", "zero"),
        ("LOG_LEVEL", "LOUD"),
        # A request's line is at INFO and carries its metrics.
        ("LOG_LEVEL", "WARNING"),
        ("LOG_LEVEL", "ERROR"),
        ("LOG_LEVEL", "info"),
        ("LOG_SAMPLE_RATE", "2"),
        ("LOG_SAMPLE_RATE", "nan"),
        ("SENTRY_DSN", "reports.test"),
        ("SENTRY_DSN", "https://reports.test/1"),
        ("SENTRY_DSN", "http://key@reports.test/1"),
        ("SENTRY_DSN", "https://key:secret@reports.test/1"),  # pragma: allowlist secret
        ("SENTRY_DSN", "https://key@reports.test/1?a=b"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1.1"),
        ("SENTRY_PROFILES_SAMPLE_RATE", "-1"),
        ("SLOW_REQUEST_MS", "0"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "booking.test"),
        ("CORS_ORIGINS", "https://booking.test/"),
        ("CORS_ORIGINS", "https://booking.test,https://*.booking.test"),
        ("CORS_ORIGINS", "https://Booking.test"),
        ("CORS_ORIGINS", "ftp://booking.test"),
        ("CORS_ORIGINS", "https://user@booking.test"),
    ],
)
def test_a_malformed_value_stops_the_start_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=f"^{name}: "):
        Sample.read(GOOD | {name: value})


@pytest.mark.parametrize(
    "origins",
    [
        "https://booking.test",
        "http://localhost:3000",
        "https://a.test, https://b-c.test:8443",
        "http://127.0.0.1:8080",
    ],
)
def test_exact_origins_are_taken(origins: str) -> None:
    assert Sample.read(GOOD | {"CORS_ORIGINS": origins}).cors_origins == tuple(origins.split(", "))


def test_everything_that_is_wrong_is_named_at_once_and_no_value_is_shown() -> None:
    with pytest.raises(InvalidSettings) as refused:
        Sample.read({"STAGE": "Hunter2", "HOLD_SECONDS": "hunter2", "LOG_LEVEL": "hunter2"})

    told = str(refused.value)
    assert all(name in told for name in ("STAGE: ", "A_TABLE: ", "HOLD_SECONDS: ", "LOG_LEVEL: "))
    assert "unter2" not in told


@pytest.mark.parametrize(
    "dsn", ["https://key@reports.test/7", "https://key@o1.reports.test:8443/7", "http://key@127.0.0.1:9/1"]
)
def test_a_dsn_is_taken_and_not_shown(dsn: str) -> None:
    settings = Sample.read(GOOD | {"SENTRY_DSN": dsn})

    assert settings.sentry_dsn == Secret(dsn)
    assert "key@" not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Sample.read(GOOD).stage = "prod"  # type: ignore[misc]


@pytest.mark.parametrize("stage", ["dev", "prod", "locals", "test"])
def test_limits_are_off_on_one_machine_alone(stage: str) -> None:
    assert Settings.read({"STAGE": "local", "RATE_LIMITS": "off"}).rate_limits == "off"
    assert Settings.read({"STAGE": stage}).rate_limits == "on"

    with pytest.raises(InvalidSettings, match="RATE_LIMITS"):
        Settings.read({"STAGE": stage, "RATE_LIMITS": "off"})
