"""Each function has the layers that its code can reach into, and can do with what is left in them."""

import re
import subprocess
import sys
import sysconfig
from importlib import import_module
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from stacks.bundling import (
    DependenciesUnreachable,
    InstallFailed,
    compile_layers,
    find_installer,
    install,
    layer_out,
)
from stacks.bytecode import RUNTIME, this_machines_interpreter
from stacks.functions import PLANS, FunctionPlan
from stacks.layers import BASE, DISTRIBUTIONS, canonical
from stacks.trimming import ALL_BUT, UNUSED, strip_symbols
from tests.infra.once import made_once
from tests.support.reach import reach

pytestmark = pytest.mark.xdist_group("infra-dependencies")

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"
RUNTIMES_OWN = {"snapshot_restore_py"}
MOST_LAYERS = 5
"""Of one function, as Lambda takes them; one is the shared code's."""

by_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)


def _carried(plan: FunctionPlan) -> set[str]:
    return {name for layer in plan.layers for name in DISTRIBUTIONS[layer]}


def _reached(plan: FunctionPlan) -> set[str]:
    """Return the distributions that the function's own code names."""
    provided = packages_distributions()
    tops = {each.top for each in reach(plan.name).others} - sys.stdlib_module_names - RUNTIMES_OWN
    return {canonical(name) for top in tops for name in provided[top]}


def test_every_distribution_of_the_lock_is_in_one_layer() -> None:
    declared = [name for names in DISTRIBUTIONS.values() for name in names]
    runtime = {"python_full_version": f"{RUNTIME}.0", "implementation_name": "cpython"}
    entries = [
        Requirement(line.rstrip("\\ ")) for line in LOCK.read_text("utf-8").splitlines() if line[:1].isalnum()
    ]
    locked = [entry.name for entry in entries if entry.marker is None or entry.marker.evaluate(runtime)]

    assert sorted(declared) == sorted(map(canonical, locked))


@by_plan
def test_a_function_has_every_layer_that_its_code_can_reach_into_and_no_other(plan: FunctionPlan) -> None:
    reached = _reached(plan)

    assert reached <= _carried(plan)
    assert [layer for layer in plan.layers if not reached & set(DISTRIBUTIONS[layer])] == []
    assert len({*plan.layers}) == len(plan.layers) < MOST_LAYERS


@by_plan
def test_what_a_distribution_needs_lies_beside_it(plan: FunctionPlan) -> None:
    runtime = {"python_version": RUNTIME, "python_full_version": f"{RUNTIME}.0", "extra": ""}
    for name in _carried(plan):
        needed = map(Requirement, distribution(name).requires or ())
        missing = {
            canonical(each.name) for each in needed if each.marker is None or each.marker.evaluate(runtime)
        } - _carried(plan)
        assert not missing, name


def _build_here(folder: Path) -> None:
    interpreter = this_machines_interpreter()
    assert interpreter is not None
    tree = folder / "installed"
    tree.mkdir(parents=True)
    install(LOCK, tree, installer=find_installer(ROOT), platform=None)
    layer_out(tree, folder / "layers")
    compile_layers(folder / "layers", interpreter)


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the layers as they would be deployed to this machine, which can import them."""
    if this_machines_interpreter() is None:
        pytest.skip(f"no Python {RUNTIME} on this machine")
    try:
        return made_once(tmp_path_factory, "layers-here", _build_here) / "layers"
    except DependenciesUnreachable as error:
        pytest.skip(f"the package registry cannot be reached: {error}")


@by_plan
def test_a_function_can_import_all_that_it_reaches_out_of_its_own_layers(
    plan: FunctionPlan, layers: Path, tmp_path: Path
) -> None:
    interpreter, reached = this_machines_interpreter(), reach(plan.name)
    lines = [f"import {module.removeprefix('functions.')}" for module in sorted(reached.ours - {"functions"})]
    lines += sorted(each.statement for each in reached.others if each.top not in RUNTIMES_OWN)
    folders = [*(layers / layer for layer in plan.layers), ROOT / "layers", ROOT / "functions"]

    outcome = subprocess.run(
        [str(interpreter), "-S", "-c", "\n".join(lines)],
        env={"PYTHONPATH": ":".join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stderr == ""


def test_a_trace_out_of_a_layer_has_file_line_and_function_without_their_text(layers: Path) -> None:
    outcome = subprocess.run(
        [str(this_machines_interpreter()), "-S", "-c", "from dateutil.parser import parse; parse('no date')"],
        env={"PYTHONPATH": str(layers / BASE)},
        capture_output=True,
        text=True,
        check=False,
    )

    *_, caller, raiser, _ = outcome.stderr.splitlines()
    assert re.fullmatch(r'  File "/opt/python/dateutil/parser/_parser\.py", line \d+, in parse', caller)
    found = re.fullmatch(r'  File "/opt/python/(dateutil/parser/_parser\.py)", line (\d+), in parse', raiser)
    assert found is not None
    source = (Path(sysconfig.get_paths()["purelib"]) / found[1]).read_text("utf-8").splitlines()
    assert source[int(found[2]) - 1].strip().startswith("raise ParserError(")


def test_a_distribution_that_is_in_no_layer_is_not_built(tmp_path: Path) -> None:
    record = tmp_path / "tree" / "a_newcomer-1.0.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("a_newcomer/__init__.py,,\n")

    with pytest.raises(InstallFailed, match="a-newcomer is in no layer"):
        layer_out(tmp_path / "tree", tmp_path / "layers")


def test_no_test_can_import_what_is_not_deployed() -> None:
    for path in UNUSED:
        if (Path(sysconfig.get_paths()["purelib"]) / path / "__init__.py").is_file():
            with pytest.raises(ModuleNotFoundError, match="not deployed"):
                import_module(path.replace("/", "."))


def test_nothing_is_declared_to_go_that_is_not_there() -> None:
    installed = Path(sysconfig.get_paths()["purelib"])
    kept = [f"{package}/{module}" for package, modules in ALL_BUT.items() for module in modules]

    assert [path for path in UNUSED if not (installed / path).exists()] == []
    assert [path for path in kept if not any(installed.glob(f"{path}*"))] == []


def test_what_is_no_library_of_the_runtimes_kind_is_not_stripped(tmp_path: Path) -> None:
    library = tmp_path / "a.so"
    library.write_bytes(b"MZ" + bytes(100))

    with pytest.raises(ValueError, match=r"a\.so"):
        strip_symbols(library)
