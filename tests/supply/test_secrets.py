"""The secret scan: it finds what it should, and the project has nothing to find."""

import random
import string
import subprocess
from pathlib import Path

import pytest

from tests.support import secret_scan


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


def _found(root: Path, path: str, line: str) -> set[str]:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(f"# one line above\n{line}\n")
    return {finding.kind for finding in secret_scan.scan(root, [path])}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["functions/auth/main.py", "docs/notes.md", "local/settings.json"])
def test_a_planted_secret_is_found(kind: str, path: str, tmp_path: Path) -> None:
    assert kind in _found(tmp_path, path, _planted(kind))


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_in_tests_only_made_up_passwords_are_let_pass(kind: str, tmp_path: Path) -> None:
    assert kind in _found(tmp_path, "tests/unit/test_x.py", _planted(kind))
    assert _found(tmp_path, "tests/unit/test_y.py", _planted("Secret Keyword")) == set()


def test_a_file_with_a_secret_among_the_projects_own_is_a_finding(
    tmp_path: Path,
) -> None:
    # The whole project is scanned by `make lint`; here it is one small folder.
    (tmp_path / ".gitignore").touch()
    (tmp_path / "notes.md").write_text(_planted("AWS Access Key"))

    assert [(found.path, found.line, found.kind) for found in secret_scan.findings(tmp_path)] == [
        ("notes.md", 1, "AWS Access Key")
    ]


def test_the_scan_reads_what_is_not_yet_committed_but_not_what_is_ignored(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(".venv/\n*.pyc\n")
    for path in ("new.py", "stale.pyc", ".venv/module.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()

    assert set(secret_scan.candidates(tmp_path)) == {".gitignore", "new.py"}


def test_an_exported_tree_without_a_repository_is_scanned_as_well(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\n*.pyc\n")
    for path in ("package/new.py", "package/stale.pyc", ".venv/module.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()

    assert set(secret_scan.candidates(tmp_path)) == {".gitignore", "package/new.py"}


def test_an_entry_of_the_baseline_that_nobody_judged_accepts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = secret_scan.BASELINE.read_text("utf-8")
    unjudged = tmp_path / "baseline"
    unjudged.write_text(text.replace('"is_secret": false', '"is_secret": null'))

    assert secret_scan.accepted()
    monkeypatch.setattr(secret_scan, "BASELINE", unjudged)
    assert secret_scan.accepted() == frozenset()


def test_a_finding_is_reported_by_place_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = secret_scan.Finding("local/settings.json", 7, "AWS Access Key", "0a1b")
    monkeypatch.setattr(secret_scan, "findings", lambda _: [finding])

    assert secret_scan.main() == 1
    assert "local/settings.json:7: AWS Access Key" in capsys.readouterr().err
    monkeypatch.setattr(secret_scan, "findings", lambda _: [])
    assert secret_scan.main() == 0
