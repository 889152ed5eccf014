"""Starting and stopping the system: data survive, nothing is left behind, and trouble is told in one line."""

import os
import signal
import socket
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.support.system import RunningSystem, launch, running_system

NO_SUCH_PROCESS_SECONDS = 15.0


def register(system: RunningSystem) -> str:
    """Register somebody new and return the address."""
    address = f"{uuid.uuid4().hex}@example.com"
    person = {"email": address, "password": "a long enough secret 7", "display_name": "Ada"}
    assert system.api.post("/v1/auth/register", json=person).status_code == 202
    return address


def log_in_status(system: RunningSystem, address: str) -> int:
    body = {"email": address, "password": "a long enough secret 7"}
    return system.api.post("/v1/auth/login", json=body).status_code


def emulator_of(data: Path) -> int:
    """Return the process id of the emulator that works in a data folder."""
    (file,) = (data / "emulator" / "tmp").glob("ministack-*.pid")
    return int(file.read_text())


def is_gone(process_id: int) -> bool:
    give_up = time.monotonic() + NO_SUCH_PROCESS_SECONDS
    while time.monotonic() < give_up:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_stop_ends_everything_and_keeps_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_system(data) as first:
        address, demo, emulator = register(first), first.demo, emulator_of(data)
        mails = first.mails(address)
        assert first.launched.stop() == 0
    assert is_gone(emulator)
    assert mails

    with running_system(data) as second:
        assert log_in_status(second, address) == 200
        assert second.mails(address) == mails
        assert second.demo["accounts"] == demo["accounts"]
        assert second.log_in("agent")
        assert second.launched.stop() == 0

    with running_system(data, "--fresh") as third:
        assert log_in_status(third, address) == 401
        assert third.mails(address) == []
        assert third.demo["accounts"] != demo["accounts"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_the_middle_of_the_start_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    launched = launch(tmp_path / "data")
    # The file is there a moment before what is written in it.
    while launched.process.poll() is None:
        if any(file.read_text() for file in (tmp_path / "data").glob("emulator/tmp/*.pid")):
            break
        time.sleep(0.01)
    emulator = emulator_of(tmp_path / "data")

    assert launched.stop(number) == 0
    assert is_gone(emulator)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_killed_system_leaves_no_emulator_and_loses_no_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_system(data) as first:
        address, emulator = register(first), emulator_of(data)
        assert first.launched.stop(signal.SIGKILL) == -signal.SIGKILL
        assert is_gone(emulator)

    with running_system(data) as second:
        assert log_in_status(second, address) == 200


def test_a_dead_emulator_ends_the_system(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_system(data) as system:
        os.kill(emulator_of(data), signal.SIGKILL)

        assert system.launched.wait() == 1
        assert "The AWS emulator ended (status -9)" in system.launched.output().splitlines()[-1]


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        launched = launch(tmp_path / "data", "--port", str(port))

        assert launched.wait() == 1
    assert launched.output().splitlines()[1:] == [
        f"Port {port} is in use. Choose another one: make run PORT=…"
    ]


def test_a_missing_emulator_is_told_in_one_line(tmp_path: Path) -> None:
    launched = launch(tmp_path / "data", "--emulator", "/nowhere/ministack")

    assert launched.wait() == 1
    assert launched.output().splitlines()[1:] == [
        "The AWS emulator is missing at /nowhere/ministack. Install it: make install"
    ]


def test_a_setting_that_is_not_valid_is_told_by_its_name(tmp_path: Path) -> None:
    launched = launch(tmp_path / "data", environment={"BOOKING_HOLD_SECONDS": "soon"})

    assert launched.wait() == 1
    (told,) = launched.output().splitlines()[1:]
    assert "BOOKING_HOLD_SECONDS" in told
    assert "soon" not in told


def test_two_systems_do_not_share_a_folder(system: RunningSystem) -> None:
    launched = launch(system.data)

    assert launched.wait() == 1
    assert f"Another run uses {system.data}." in launched.output()
    assert system.api.get("/health/live").status_code == 200
