"""A function whose settings are wrong does not start, and says which setting it is."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest

from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.routes import Routes
from greenroom.settings import InvalidSettings
from greenroom.storage import clients
from greenroom.telemetry import init
from tests.unit.gateway.sample import App, event, routes

COMMON = {
    "STAGE": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
TOKENS = {
    "LIMITS_TABLE": "limits",
    "TOKEN_KEY_IDS": "key-1",
    "TOKEN_ISSUER": "https://a.test",
    "TOKEN_AUDIENCE": "a",
}
SETTINGS: dict[str, dict[str, str]] = {
    "auth": TOKENS
    | {"IDENTITY_TABLE": "identity", "PUBLIC_URL": "https://a.test", "MAIL_FROM": "a@a.test"}
    | {"CATALOG_TABLE": "catalog", "BOOKINGS_TABLE": "bookings", "CURSOR_SECRET_ID": "cursors"},
    "catalog": TOKENS
    | {
        "CATALOG_TABLE": "catalog",
        "BOOKINGS_TABLE": "bookings",
        "CURSOR_SECRET_ID": "cursors",
        "MEDIA_BUCKET": "media",
    },
    "bookings": TOKENS
    | {"CATALOG_TABLE": "catalog", "BOOKINGS_TABLE": "bookings", "CURSOR_SECRET_ID": "cursors"},
    "payments": TOKENS | {"BOOKINGS_TABLE": "bookings", "PAYMENT_SECRET_ID": "payments"},
    "health": TOKENS
    | {
        "IDENTITY_TABLE": "identity",
        "CATALOG_TABLE": "catalog",
        "BOOKINGS_TABLE": "bookings",
        "MAIL_FROM": "a@a.test",
        "MONITORING_SECRET_ID": "monitoring",
    },
}
REQUIRED = [(name, setting) for name, own in SETTINGS.items() for setting in ("STAGE", *own)]


def _forget_clients() -> None:
    clients.forget()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment under the real runtime, without any setting yet."""
    _forget_clients()
    for names in (COMMON, *SETTINGS.values()):
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setattr(init, "begin", lambda: None)  # there is no runtime to hear of the end from
    monkeypatch.setattr(init, "settle", lambda: None)  # this process is not one sandbox
    yield monkeypatch
    _forget_clients()


def _main(name: str) -> ModuleType:
    return importlib.import_module(f"functions.{name}.main")


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Import every function before any test claims to be in the runtime."""
    for name in SETTINGS:
        _main(name)


def _start(name: str) -> None:
    module = _main(name)
    Function(module.routes, module.compose)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_with_all_its_settings_starts(environment: pytest.MonkeyPatch, name: str) -> None:
    for setting, value in (COMMON | SETTINGS[name]).items():
        environment.setenv(setting, value)

    _start(name)


@pytest.mark.parametrize(("name", "setting"), REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_under_the_runtime_a_missing_setting_stops_the_start_and_is_named(
    environment: pytest.MonkeyPatch, name: str, setting: str, value: str | None
) -> None:
    for other, given in (COMMON | SETTINGS[name]).items():
        environment.setenv(other, given)
    environment.delenv(setting)
    if value is not None:
        environment.setenv(setting, value)

    with pytest.raises(InvalidSettings, match=f"^{setting}: "):
        _start(name)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("STAGE", "Prod!hunter2"),
        ("BOOKING_HOLD_SECONDS", "hunter2"),
        ("BOOKING_HOLD_SECONDS", "0"),
        ("IDEMPOTENCY_SECONDS", "-1"),
        ("COMMISSION_SHARE", "10001"),
        ("LOG_LEVEL", "hunter2"),
        ("LOG_SAMPLE_RATE", "hunter2"),
        ("LOG_SAMPLE_RATE", "1.5"),
        ("CORS_ORIGINS", "https://hunter2/path"),
    ],
)
def test_a_malformed_setting_stops_the_start_and_its_value_is_not_shown(
    environment: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    for other, given in (COMMON | SETTINGS["bookings"] | {setting: value}).items():
        environment.setenv(other, given)

    with pytest.raises(InvalidSettings, match=f"^{setting}: ") as refused:
        _start("bookings")

    assert "hunter2" not in str(refused.value)


def test_outside_the_runtime_nothing_is_read_before_the_first_request(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("AWS_LAMBDA_RUNTIME_API")
    module = _main("catalog")

    function = Function(module.routes, module.compose)

    with pytest.raises(InvalidSettings, match="STAGE"):
        function(event("GET", "/v1/celebrities"))


def test_a_function_is_composed_once_and_under_the_runtime_at_once(environment: pytest.MonkeyPatch) -> None:
    composed: list[App] = []

    def compose() -> Composition[App]:
        composed.append(App())
        return Composition(app=composed[-1])

    function: Function[App] = Function(routes, compose)
    assert len(composed) == 1
    for _ in range(3):
        function(event("GET", "/things"))

    assert len(composed) == 1
    assert len(composed[0].seen) == 3


def test_what_fails_in_init_is_not_swallowed(environment: pytest.MonkeyPatch) -> None:
    def compose() -> Composition[App]:
        raise OSError("no region")

    with pytest.raises(OSError, match="no region"):
        Function(Routes("sample"), compose)
