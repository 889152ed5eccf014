"""``make smoke``: what it says of a system that is well, and of one that is not there."""

import pytest

from local.smoke.__main__ import run
from tests.support.system import RunningSystem


@pytest.fixture(autouse=True)
def _past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def test_a_system_that_is_well_passes_from_the_first_look_to_a_booking(
    system: RunningSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    buyer = system.demo["accounts"]["buyer"]

    status = run([system.base_url], {"SMOKE_EMAIL": buyer["email"], "SMOKE_PASSWORD": buyer["password"]})

    said = capsys.readouterr().out.splitlines()
    assert (status, said) == (
        0,
        [f"ok      {name}" for name in ("auth", "catalog", "bookings", "payments", "health", "a booking")],
    )


def test_a_system_that_is_not_there_fails_in_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["http://127.0.0.1:9"], {})

    said = capsys.readouterr().out.splitlines()
    assert status == 1
    assert len(said) == 5
    assert all(line.startswith("FAILED") and "no answer" in line for line in said)
