"""From a tag to production: built once, tried out before, with somebody's yes, and back again."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = ROOT / ".github" / "workflows"
MAKEFILES = (ROOT / "Makefile", ROOT / ".ci" / "release.mk")

ENVIRONMENTS = {"staging": "staging", "prod": "production"}
"""The environment by stage: as in stacks/delivery.py, whose roles trust them."""

_TARGET = re.compile(r"\bmake ([a-z-]+)")


def _jobs(workflow: str) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
        (WORKFLOWS / f"{workflow}.yml").read_text("utf-8")
    )["jobs"]
    return found


def _runs(job: Mapping[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


def _targets(job: Mapping[str, Any]) -> list[str]:
    return [found[1] for run in _runs(job) if (found := _TARGET.match(run))]


def _before(jobs: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:
    """Return all jobs that must have succeeded before this one starts."""
    needed = jobs[name].get("needs", [])
    names = {needed} if isinstance(needed, str) else set(needed)
    return names.union(*(_before(jobs, other) for other in names)) if names else set()


def _steps() -> Iterator[tuple[str, str]]:
    for path in WORKFLOWS.glob("*.yml"):
        for job in _jobs(path.stem).values():
            yield from ((path.stem, run) for run in _runs(job))


def test_nothing_reaches_production_but_by_all_checks_staging_and_load() -> None:
    jobs = _jobs("release")

    assert _before(jobs, "production") == {"checks", "build", "staging", "load"}
    assert jobs["checks"]["uses"].endswith("/ci.yml")
    checked = {target for job in _jobs("ci").values() for target in _targets(job)}
    assert checked == {"lint", "check", "test"}
    assert _targets(jobs["staging"]) == ["verify", "deploy", "smoke"]
    assert _targets(jobs["load"]) == ["load"]
    assert not any("continue-on-error" in job or "always()" in str(job.get("if")) for job in jobs.values())


@pytest.mark.parametrize("job", ["staging", "production"])
def test_what_is_deployed_is_what_was_built_and_nothing_is_built_again(job: str) -> None:
    jobs = _jobs("release")
    (uploaded,) = (
        step["with"] for step in jobs["build"]["steps"] if "upload-artifact@" in step.get("uses", "")
    )
    (downloaded,) = (
        step["with"] for step in jobs[job]["steps"] if "download-artifact@" in step.get("uses", "")
    )

    assert uploaded["name"] == downloaded["name"]
    assert "build/release/greenroom.tar.gz" in uploaded["path"].split()
    assert downloaded["path"] == "build/release"
    assert [name for name, other in jobs.items() if "build" in _targets(other)] == ["build"]
    assert not {"build", "synth", "check"} & set(_targets(jobs[job]))


def test_what_is_built_is_attested_and_that_is_looked_at_before_each_deployment() -> None:
    build = _jobs("release")["build"]
    (attested,) = (
        step["with"]["subject-path"].split()
        for step in build["steps"]
        if "attest-build-provenance@" in step.get("uses", "")
    )

    assert {"build/release/greenroom.tar.gz", "build/release/sbom.json"} == set(attested)
    for job in (*_jobs("release").values(), *_jobs("rollback").values()):
        targets = _targets(job)
        if "deploy" in targets:
            assert targets.index("verify") < targets.index("deploy")


def test_each_deployment_runs_in_the_environment_that_its_role_trusts() -> None:
    release = _jobs("release")
    for name, stage in (("staging", "staging"), ("production", "prod")):
        assert release[name]["environment"] == ENVIRONMENTS[stage]
        assert f"make deploy STAGE={stage}" in _runs(release[name])
        assert release[name]["concurrency"]["group"] == f"deploy-{ENVIRONMENTS[stage]}"

    delivery = (ROOT / "stacks" / "delivery.py").read_text("utf-8")
    assert 'ENVIRONMENTS = {"staging": "staging", "prod": "production"}' in delivery


def test_production_is_tried_out_before_the_release_is_made() -> None:
    jobs = _jobs("release")

    assert _targets(jobs["production"]) == ["verify", "deploy", "smoke"]
    assert "production" in _before(jobs, "notes")
    assert _targets(jobs["notes"]) == ["notes"]


def test_to_go_back_is_to_deploy_what_a_release_was_made_of() -> None:
    (job,) = _jobs("rollback").values()

    assert _targets(job) == ["fetch", "verify", "deploy", "smoke"]
    assert job["environment"] == "${{ inputs.environment }}"
    notes = (ROOT / ".ci" / "release.mk").read_text("utf-8")
    assert "gh release create" in notes
    assert "greenroom.tar.gz" in re.findall(r"^\t@gh release create .*$", notes, re.MULTILINE)[0]


def test_nobody_keeps_keys_of_an_account() -> None:
    for path in WORKFLOWS.glob("*.yml"):
        text = path.read_text("utf-8")
        assert "aws-access-key-id" not in text
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"SMOKE_EMAIL", "SMOKE_PASSWORD"}


def test_every_job_runs_targets_that_run_on_a_laptop_too() -> None:
    defined = {
        name
        for path in MAKEFILES
        for name in re.findall(r"^([a-z-]+):(?!=)", path.read_text("utf-8"), re.MULTILINE)
    }

    for workflow, run in _steps():
        # The system's own packages are the one thing that no target installs.
        if run.startswith("sudo apt-get"):
            continue
        found = _TARGET.match(run)
        assert found, f"{workflow}: {run}"
        assert found[1] in defined, f"{workflow}: {run}"


def test_what_users_of_the_pipeline_say_reaches_no_shell_but_by_its_environment() -> None:
    for workflow, run in _steps():
        assert "${{" not in run, f"{workflow}: {run}"
