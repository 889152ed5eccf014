"""Each function has the layers that its code can reach into, and can import it out of them."""

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from stacks.bundling import RUNTIME, DependenciesUnreachable, build_layers, find_interpreter, locked
from stacks.functions import PLANS, FunctionPlan
from stacks.layers import BASE, DISTRIBUTIONS
from tests.infra.once import made_once
from tests.support.reach import reach

pytestmark = pytest.mark.xdist_group("infra-dependencies")

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"
RUNTIMES_OWN = {"snapshot_restore_py"}
MOST_LAYERS = 5
"""Of one function, as Lambda takes them; one is the shared code's."""

by_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)


def _canonical(name: str) -> str:
    """Return a distribution's name as locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _carried(plan: FunctionPlan) -> set[str]:
    return {name for layer in plan.layers for name in DISTRIBUTIONS[layer]}


def _reached(plan: FunctionPlan) -> set[str]:
    """Return the distributions that the function's own code names."""
    provided = packages_distributions()
    tops = {each.top for each in reach(plan.name).others} - sys.stdlib_module_names - RUNTIMES_OWN
    return {_canonical(name) for top in tops for name in provided[top]}


def test_every_distribution_of_the_lock_is_in_one_layer() -> None:
    declared = [name for names in DISTRIBUTIONS.values() for name in names]
    runtime = {"python_full_version": f"{RUNTIME}.0", "implementation_name": "cpython"}
    entries = [Requirement(entry.partition(" \\")[0]) for entry in locked(LOCK).values()]
    names = [entry.name for entry in entries if entry.marker is None or entry.marker.evaluate(runtime)]

    assert sorted(declared) == sorted(map(_canonical, names))


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
            _canonical(each.name) for each in needed if each.marker is None or each.marker.evaluate(runtime)
        } - _carried(plan)
        assert not missing, name


def _build_here(folder: Path) -> None:
    build_layers(LOCK, folder / "layers", find_interpreter(), platform=None)


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the layers as they would be deployed to this machine, which can import them."""
    if find_interpreter() is None:
        pytest.skip(f"no Python {RUNTIME} on this machine")
    try:
        return made_once(tmp_path_factory, "layers-here", _build_here) / "layers"
    except DependenciesUnreachable as error:
        pytest.skip(f"the package registry cannot be reached: {error}")


@by_plan
def test_a_function_can_import_all_that_it_reaches_out_of_its_own_layers(
    plan: FunctionPlan, layers: Path, tmp_path: Path
) -> None:
    interpreter, reached = find_interpreter(), reach(plan.name)
    lines = [f"import {module.removeprefix('functions.')}" for module in sorted(reached.ours - {"functions"})]
    lines += sorted(each.statement for each in reached.others if each.top not in RUNTIMES_OWN)
    folders = [*(layers / layer / "python" for layer in plan.layers), ROOT / "layers", ROOT / "functions"]

    outcome = subprocess.run(
        [str(interpreter), "-S", "-c", "\n".join(lines)],
        env={"PYTHONPATH": ":".join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stderr == ""


def test_a_trace_out_of_a_layer_shows_source_lines_and_bytecode_names_the_path_at_run_time(
    layers: Path, tmp_path: Path
) -> None:
    base = layers / BASE / "python"
    # The loader names modules by where they are found, so the path at run time is read from the bytecode.
    code = "\n".join(
        (
            "import marshal, pathlib, sys",
            "(compiled,) = pathlib.Path(sys.argv[1]).glob('dateutil/parser/__pycache__/_parser.*.pyc')",
            "print(marshal.loads(compiled.read_bytes()[16:]).co_filename)",
            "from dateutil.parser import parse",
            "parse('no date')",
        )
    )
    outcome = subprocess.run(
        [str(find_interpreter()), "-S", "-c", code, str(base)],
        env={"PYTHONPATH": str(base), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stdout == "/opt/python/dateutil/parser/_parser.py\n"
    frame = rf'  File "{base}/dateutil/parser/_parser\.py", line \d+, in parse\n'
    assert re.search(rf"{frame}    return .*\n +~+\^+\n", outcome.stderr)
    assert re.search(rf"{frame}    raise ParserError\(.*\n", outcome.stderr)
