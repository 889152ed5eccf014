"""What is deployed as code: the layers and the functions' own folders."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from stacks.assets import Assets
from stacks.bundling import RUNTIME, find_interpreter
from stacks.functions import PLANS
from tests.infra.templates import Assembly, readable

pytestmark = pytest.mark.xdist_group("infra")

ROOT = Path(__file__).resolve().parent.parent.parent


def _assets(assembly: Assembly) -> list[Path]:
    manifest = json.loads((assembly.folder / "greenroom-dev-api.assets.json").read_text())
    return [
        assembly.folder / entry["source"]["path"]
        for entry in manifest["files"].values()
        if entry["source"]["packaging"] == "zip"
    ]


def _sources(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_each_function_is_deployed_with_its_own_folder_and_the_layer_with_all_shared_code(
    assembly: Assembly,
) -> None:
    deployed = {}
    for asset in _assets(assembly):
        tops = {path.name for path in asset.iterdir() if path.name != "__pycache__"}
        deployed[" ".join(sorted(tops))] = asset

    functions = {plan.name for plan in PLANS}
    # Without dependencies all of their layers are one asset: their lock.
    assert set(deployed) == functions | {"python", "requirements.in requirements.txt"}
    for name in functions:
        assert _sources(deployed[name] / name) == _sources(ROOT / "functions" / name)
    shared = _sources(deployed["python"] / "python" / "greenroom")
    assert shared == _sources(ROOT / "layers" / "greenroom")


def test_every_handler_loads_from_the_code_as_it_is_deployed(assembly: Assembly, tmp_path: Path) -> None:
    layer_or_function = [
        asset / "python" if (asset / "python").is_dir() else asset for asset in _assets(assembly)
    ]
    handlers = [f"{plan.name}.main" for plan in PLANS]

    loads = "import sys, importlib\nfor name in sys.argv[1:]: assert importlib.import_module(name).handler"
    outcome = subprocess.run(
        [sys.executable, "-c", loads, *handlers],
        env={"PYTHONPATH": ":".join(map(str, layer_or_function)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.skipif(find_interpreter() is None, reason=f"no Python {RUNTIME} on this machine")
def test_all_deployed_code_has_bytecode_of_the_runtime(assembly: Assembly) -> None:
    for asset in _assets(assembly):
        for source in asset.rglob("*.py"):
            assert (source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc").is_file()


def test_all_stages_are_deployed_from_the_same_code(assembly: Assembly) -> None:
    def code(stage: str) -> list[object]:
        functions = assembly.resources(f"greenroom-{stage}-api", "Lambda::Function")
        layers = assembly.resources(f"greenroom-{stage}-api", "Lambda::LayerVersion")
        return [
            *(function["Properties"]["Code"] for function in functions.values()),
            *(layer["Properties"]["Content"] for layer in layers.values()),
        ]

    assert code("dev") == code("staging") == code("prod") == code("alice")


def _codes(root: Path, outdir: Path) -> dict[str, str]:
    """Return the hashes of the shared layer and of two functions, as assets of an app of their own."""
    app = cdk.App(outdir=str(outdir))
    stack, assets = cdk.Stack(app, "stack"), Assets(root, with_dependencies=False)
    codes = {"Shared": assets.shared(), **{name: assets.function(name) for name in ("auth", "sweeper")}}
    for name, code in codes.items():
        lambda_.LayerVersion(stack, name, code=code)
    resources = app.synth().get_stack_by_name("stack").template["Resources"]
    return {readable(name): one["Properties"]["Content"]["S3Key"] for name, one in resources.items()}


def test_the_same_sources_in_two_folders_are_the_same_assets_bytecode_included(
    assembly: Assembly, tmp_path: Path
) -> None:
    checkouts = [tmp_path / "first", tmp_path / "somewhere" / "deeper" / "second"]
    for number, checkout in enumerate(checkouts):
        for part in ("functions/auth", "functions/sweeper", "layers/greenroom"):
            shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
        for path in checkout.rglob("*"):
            # As a fresh checkout has them: dates say nothing.
            os.utime(path, (number * 1000, number * 1000))

    first, second = (_codes(checkout, checkout / "out") for checkout in checkouts)

    assert first == second
    deployed = {
        entry["source"]["path"].removeprefix("asset.") + ".zip"
        for entry in json.loads((assembly.folder / "greenroom-dev-api.assets.json").read_text())[
            "files"
        ].values()
    }
    assert set(first.values()) <= deployed
