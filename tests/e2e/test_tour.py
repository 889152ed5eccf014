"""The README's tour, run as it stands there."""

import os
import re
import subprocess
from pathlib import Path

from tests.support.system import ROOT, RunningSystem


def tour() -> str:
    """Return the tour's blocks as one script."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## A tour")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


def test_the_tour_of_the_readme_books_pays_and_confirms(system: RunningSystem, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + tour()

    run = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "API": system.base_url, "NO_PROXY": "127.0.0.1"},
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
    assert not list(tmp_path.iterdir()), "the tour leaves nothing behind"
