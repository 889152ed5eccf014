"""What was registered is called at the end, the latest first, and nothing of it keeps the process."""

import threading
import time

import pytest

from greenroom.telemetry import extension, init, lifecycle
from greenroom.telemetry.lifecycle import at_shutdown, shut_down


@pytest.fixture(autouse=True)
def _nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_callbacks", [])


def test_the_latest_is_called_first_and_each_once() -> None:
    called: list[str] = []

    def first() -> None:
        called.append("first")

    at_shutdown(first)
    at_shutdown(lambda: called.append("second"))
    at_shutdown(first)
    shut_down()

    assert called == ["second", "first"]


def test_one_that_fails_fails_alone() -> None:
    called: list[str] = []
    at_shutdown(lambda: called.append("after"))
    at_shutdown(lambda: 1 / 0)

    shut_down()

    assert called == ["after"]


def test_one_that_hangs_holds_nobody_for_long() -> None:
    ending = threading.Event()
    at_shutdown(lambda: ending.wait(60))
    started = time.monotonic()

    shut_down()

    assert time.monotonic() - started < 5
    ending.set()


def test_outside_the_runtime_nobody_is_asked_to_tell_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    monkeypatch.setattr(extension, "register", lambda _address: pytest.fail("asked"))

    init.begin()
