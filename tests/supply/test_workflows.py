"""The pipeline's own files: no foreign code by a name that can move, and no right that a job does not use."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ZIZMOR = Path(sys.executable).parent / "zizmor"

_BY_COMMIT = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
# A file of this repository, of the same commit.
OWN = "uses: $/.github/workflows/ci.yml"

READ = {"contents": "read"}
DEPLOY = {**READ, "attestations": "read", "id-token": "write"}
RIGHTS = {
    ("release", "build"): {**READ, "id-token": "write", "attestations": "write"},
    ("release", "staging"): DEPLOY,
    ("release", "production"): DEPLOY,
    ("release", "notes"): {"contents": "write"},
    ("rollback", "rollback"): DEPLOY,
    ("audit", "codeql"): {**READ, "security-events": "write"},
}
"""Jobs that may do more than read the code."""


def _workflow(path: Path) -> Mapping[Any, Any]:
    found: Mapping[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def _jobs(path: Path) -> Iterator[Mapping[str, Any]]:
    yield from _workflow(path)["jobs"].values()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_commit_with_their_version_beside(path: Path) -> None:
    used = [line.strip(" -") for line in path.read_text("utf-8").splitlines() if "uses:" in line]

    assert used
    for line in used:
        assert line == OWN or _BY_COMMIT.fullmatch(line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_and_its_jobs_have_those_they_use(path: Path) -> None:
    assert _workflow(path)["permissions"] == {}
    for name, job in _workflow(path)["jobs"].items():
        assert job["permissions"] == RIGHTS.get((path.stem, name), READ), name
        if "uses" in job:
            continue
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_does_not_run_twice_at_once(path: Path) -> None:
    assert _workflow(path)["concurrency"]["group"]


def test_locked_packages_are_audited_every_night_and_when_a_lock_changes() -> None:
    workflow = _workflow(ROOT / ".github" / "workflows" / "audit.yml")

    # YAML takes the key "on" for a truth value.
    triggers = workflow[True]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", triggers["schedule"][0]["cron"])
    for lock in (".ci/uv.txt", ".ci/checks.txt", "**/requirements.txt", ".ci/*/package-lock.json"):
        assert lock in triggers["pull_request"]["paths"]
    runs = [step.get("run") for job in workflow["jobs"].values() for step in job["steps"]]
    assert "make audit" in runs


def test_style_checks_include_secrets_and_workflows() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert re.search(r"^lint: .*\bsecrets\b.*\bworkflows\b.*##", makefile, re.MULTILINE)
    assert re.search(r"^\t.*/zizmor --offline\b.* \.github$", makefile, re.MULTILINE)
    for schema in ("vendor.github-workflows", "vendor.dependabot"):
        assert f"/check-jsonschema --quiet --builtin-schema {schema} " in makefile
    assert any(
        step.get("run") == "make lint"
        for path in WORKFLOWS
        for job in _jobs(path)
        for step in job.get("steps", [])
    )


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, ROOT / ".github" / "dependabot.yml"], ids=lambda path: path.stem
)
def test_the_checker_of_workflows_finds_nothing(path: Path) -> None:
    outcome = subprocess.run(
        [ZIZMOR, "--offline", "--quiet", path], capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0, outcome.stdout


def test_the_checker_of_workflows_finds_an_action_by_tag_and_an_injected_title(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "bad.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - uses: someone/thing@v1\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )

    outcome = subprocess.run(
        [ZIZMOR, "--offline", "--quiet", tmp_path], capture_output=True, text=True, check=False
    )

    assert outcome.returncode != 0
    for named in ("unpinned-uses", "template-injection", "dangerous-triggers"):
        assert named in outcome.stdout


def test_updates_are_proposed_for_every_lock_and_for_actions() -> None:
    proposed = _workflow(ROOT / ".github" / "dependabot.yml")["updates"]

    folders = {
        (entry["package-ecosystem"], folder)
        for entry in proposed
        for folder in entry.get("directories", [entry.get("directory")])
    }
    assert folders == {
        ("github-actions", "/"),
        ("pip", "/"),
        ("pip", "/.ci"),
        ("pip", "/layers/dependencies"),
        ("pip", "/local"),
        ("pip", "/local/emulator"),
        ("pip", "/tests/load"),
        ("pip", "/tests/benchmarks/peers"),
        ("npm", "/.ci/cdk"),
        ("npm", "/.ci/reference"),
    }
