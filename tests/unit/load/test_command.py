"""The load test's command: what it returns, and what it leaves behind."""

from pathlib import Path

import pytest

from tests.load import __main__ as command
from tests.load.samples import Sample


@pytest.mark.parametrize(("milliseconds", "error", "status"), [(5, "", 0), (60_000, "", 1), (5, "503", 1)])
def test_a_run_that_does_not_keep_to_its_thresholds_fails(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    milliseconds: float,
    error: str,
    status: int,
) -> None:
    measured = [Sample(number, "GET /x", milliseconds, error) for number in range(4)]
    monkeypatch.setattr(command, "_run", lambda _scenario, _url, _options: measured)

    found = command.main(["--url", "http://127.0.0.1:9", "--folder", str(tmp_path / "new"), "browse"])

    assert found == status
    assert {file.name for file in (tmp_path / "new").iterdir()} == {"report.md", "figures.json", "load.png"}
    assert ("All thresholds were kept." in capsys.readouterr().out) is (status == 0)


def test_a_scenario_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["shop"])

    assert "there is no scenario shop" in capsys.readouterr().err
