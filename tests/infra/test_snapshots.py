"""The templates are as committed: what a change of the stacks would deploy is seen in its review."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.templates import Assembly
from tests.support import snapshots

pytestmark = pytest.mark.xdist_group("infra")


def test_the_templates_are_as_committed(assembly: Assembly) -> None:
    changed = list(snapshots.differences(snapshots.rendered(assembly.folder)))

    if changed:
        pytest.fail("\n".join([*changed, "If this is meant: `make snapshots`, and commit."]), pytrace=False)


def test_every_shared_stage_has_its_snapshots(assembly: Assembly) -> None:
    committed = {path.stem for path in snapshots.FOLDER.glob("*.yaml")}

    assert committed == {name for name in assembly.names() if "alice" not in name}


def _stack(folder: Path, stacks: Mapping[str, Mapping[str, Any]]) -> Path:
    folder.mkdir()
    for name, resources in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
    artifacts = {
        name: {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{name}.template.json"}}
        for name in stacks
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def _function(memory: int, *, asset: str = "a", version: str = "1") -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "MemorySize": memory,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Key": f"{asset * 64}.zip"},
            "Environment": {"Variables": {"SERVICE_VERSION": version}},
        },
    }


def test_a_change_is_shown_by_line_and_new_code_is_no_change(tmp_path: Path) -> None:
    before, code, memory = (
        snapshots.rendered(_stack(tmp_path / name, {"greenroom-prod-api": {"Function": function}}))
        for name, function in (
            ("before", _function(512)),
            ("code", _function(512, asset="b", version="2")),
            ("memory", _function(1024)),
        )
    )
    snapshots.write(before, tmp_path / "committed")

    assert "Role: ${Role.Arn}" in before["greenroom-prod-api"]
    assert list(snapshots.differences(code, tmp_path / "committed")) == []
    (shown,) = snapshots.differences(memory, tmp_path / "committed")
    assert "-    MemorySize: 512\n" in shown
    assert "+    MemorySize: 1024\n" in shown


def test_another_version_of_a_function_is_no_change(tmp_path: Path) -> None:
    before, after = (
        snapshots.rendered(
            _stack(
                tmp_path / digit,
                {
                    "greenroom-prod-api": {
                        f"FunctionCurrentVersion08B96D39{digit * 32}": {"Type": "AWS::Lambda::Version"},
                        "Alias": {
                            "Type": "AWS::Lambda::Alias",
                            "Properties": {
                                "FunctionVersion": {"Ref": f"FunctionCurrentVersion08B96D39{digit * 32}"}
                            },
                        },
                    }
                },
            )
        )
        for digit in "ab"
    )

    assert "FunctionVersion: '${FunctionCurrentVersion08B96D39…}'" in before["greenroom-prod-api"]
    assert before == after


def test_of_another_stage_only_what_is_not_as_in_prod_is_kept(tmp_path: Path) -> None:
    role = {"Type": "AWS::IAM::Role"}
    found = snapshots.rendered(
        _stack(
            tmp_path / "assembly",
            {
                "greenroom-prod-api": {"Role": role, "Function": _function(1024), "Alias": role},
                "greenroom-dev-api": {"Role": role, "Function": _function(512)},
            },
        )
    )

    assert "Role:\n" not in found["greenroom-dev-api"]
    assert "MemorySize: 512" in found["greenroom-dev-api"]
    assert found["greenroom-dev-api"].startswith("# not here: Alias\n")


def test_a_stack_that_is_gone_or_new_is_a_difference(tmp_path: Path) -> None:
    snapshots.write({"greenroom-old": "Old: 1\n"}, tmp_path / "committed")

    shown = list(snapshots.differences({"greenroom-new": "New: 1\n"}, tmp_path / "committed"))

    assert any("+New: 1" in text for text in shown)
    assert any("-Old: 1" in text for text in shown)
