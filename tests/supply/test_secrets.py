"""The secret scan: it finds what it should, and the project has nothing to find."""

import json
import os
import random
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCAN, SETTINGS = ROOT / ".ci" / "secrets", ROOT / ".secrets.baseline"


def _planted(kind: str) -> str:
    """Return a line with a secret, put together here so that this file holds none."""
    chance = random.Random(20261123)  # noqa: S311 - the same in every run, and a secret of nothing
    text = "".join(chance.choices(string.ascii_letters + string.digits, k=40))
    return {
        "AWS Access Key": f'key = "{"AK" + "IA"}{"Z7" * 8}"',
        "Stripe Access Key": f'key = "{"sk_" + "live_"}{text[:24]}"',
        "GitHub Token": f'token = "{"gh" + "p_"}{text[:36]}"',
        "Private Key": "-----BEGIN " + "PRIVATE KEY-----",
        "Base64 High Entropy String": f'value = "{text}"',
        "Secret Keyword": f'{"pass" + "word"} = "correct-horse-9"',
    }[kind]


KINDS = (
    "AWS Access Key",
    "Stripe Access Key",
    "GitHub Token",
    "Private Key",
    "Base64 High Entropy String",
    "Secret Keyword",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository that holds the scanner's settings and nothing else."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    shutil.copy(SETTINGS, tmp_path)
    return tmp_path


def _scan(repository: Path) -> subprocess.CompletedProcess[str]:
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [SCAN], cwd=repository, env={"PATH": tools}, capture_output=True, text=True, check=False
    )


def _plant(repository: Path, path: str, line: str) -> None:
    (repository / path).parent.mkdir(parents=True, exist_ok=True)
    (repository / path).write_text(f"# one line above\n{line}\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_secret_is_found_and_reported_by_place_without_the_secret(
    kind: str, repository: Path
) -> None:
    paths = ("functions/auth/main.py", "docs/notes.md", "local/settings.json")
    for path in paths:
        _plant(repository, path, _planted(kind))

    scanned = _scan(repository)

    assert scanned.returncode != 0
    for path in paths:
        assert f"Secret Type: {kind}\nLocation:    {path}:2\n" in scanned.stdout
    assert _planted(kind) not in scanned.stdout + scanned.stderr


def test_in_tests_only_made_up_passwords_are_let_pass(repository: Path) -> None:
    _plant(repository, "tests/unit/test_y.py", _planted("Secret Keyword"))
    assert _scan(repository).returncode == 0

    for kind in KINDS[:-1]:
        _plant(repository, f"tests/unit/test_{kind.replace(' ', '_')}.py", _planted(kind))
    scanned = _scan(repository)

    assert scanned.returncode != 0
    for kind in KINDS[:-1]:
        assert (
            f"Secret Type: {kind}\nLocation:    tests/unit/test_{kind.replace(' ', '_')}.py" in scanned.stdout
        )


def test_the_scan_reads_what_is_not_yet_committed_but_not_what_is_ignored(repository: Path) -> None:
    (repository / ".gitignore").write_text(".venv/\n*.pyc\n")
    for path in ("stale.pyc", ".venv/module.py"):
        _plant(repository, path, _planted("AWS Access Key"))
    assert _scan(repository).returncode == 0

    _plant(repository, "new.py", _planted("AWS Access Key"))
    assert "Location:    new.py:2" in _scan(repository).stdout


def test_a_tree_that_cannot_be_listed_does_not_pass(tmp_path: Path) -> None:
    shutil.copy(SETTINGS, tmp_path)

    assert _scan(tmp_path).returncode != 0


def test_no_finding_is_accepted_but_by_a_value_that_the_settings_name() -> None:
    assert json.loads(SETTINGS.read_text("utf-8"))["results"] == {}
