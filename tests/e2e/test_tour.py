"""The README's tour, run as it stands there."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.system import ROOT, RunningSystem, running_system


def tour() -> str:
    """Return the tour's blocks as one script."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## A tour")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


@pytest.fixture
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system as ``make run`` starts it, with its limits on."""
    data = tmp_path_factory.mktemp("limited") / "data"
    with running_system(data, environment={"RATE_LIMITS": "on"}) as running:
        yield running


def test_the_tour_of_the_readme_books_pays_confirms_and_negotiates(
    limited: RunningSystem, tmp_path: Path
) -> None:
    script = "set -euo pipefail\n" + tour()

    run = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "API": limited.base_url, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert run.stdout.count('"code":"slot_taken"') == 1
    assert run.stdout.count('"state":"awaiting_payment"') >= 1
    assert '"state":"confirmed"' in run.stdout
    assert "BEGIN:VCALENDAR" in run.stdout
    assert "is confirmed." in run.stdout
    offered, agreed = run.stdout.splitlines()[-2:]
    assert '"state":"offered"' in offered
    assert '"turn":"buyer"' in offered
    assert '"state":"confirmed"' in agreed
    assert not list(tmp_path.iterdir()), "the tour leaves nothing behind"
