"""The code of the functions for this machine, laid out as Lambda would have it, and that of their peers.

``ours`` is what is deployed: pruned packages and our own code, sources with bytecode valid at any date, each
function with its own layers. ``naive`` is the same sources and the same lock
as a plain zip brings them: all of it for each function, dated 1980, without bytecode. ``peers`` are other
programs with what they need, as its packages bring it, with all bytecode valid like ours.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from stacks.bundling import (
    RECIPE,
    build_layers,
    compile_folder,
    find_installer,
    find_interpreter,
    install,
    locked,
)
from stacks.functions import PLANS
from stacks.layers import BASE, DISTRIBUTIONS

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"
PEERS = ROOT / "tests" / "benchmarks" / "peers"
_RUNTIME_PACKAGES = ("awslambdaric", "simplejson", "snapshot-restore-py")
_IN_1980 = 315_532_800
_NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")

BARE = 'def handler(event, context):\n    return {"statusCode": 200, "body": "{}"}\n'


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of laying out the code: its layers, what stands for ``/var/task``, and who has which layers."""

    name: str
    layers: Path
    """A folder a layer."""
    task: Path
    of: Mapping[str, tuple[str, ...]]
    """The layers of each function, by name."""
    entry: str = "{}.main.handler"
    """Where the handler of a function is, by its name."""

    def opt(self, function: str) -> Path:
        """Return what stands for ``/opt/python``: one folder of all of the function's layers, as there."""
        folder = self.layers.with_name("opt") / function
        if not folder.is_dir():
            for layer in self.of[function]:
                shutil.copytree(self.layers / layer, folder, copy_function=os.link, dirs_exist_ok=True)
        return folder

    def zipped_bytes(self, function: str) -> int:
        """Return the size of layers and one function as zips."""
        layers = sum(_zipped_bytes(self.layers / layer) for layer in self.of[function])
        return layers + _zipped_bytes(self.task / function)


_SHARED, _ALL = "shared", "all"
_OF_OURS = {plan.name: (*plan.layers, _SHARED) for plan in PLANS} | {"bare": (BASE, _SHARED)}
_OF_NAIVE = dict.fromkeys(_OF_OURS, (_ALL, _SHARED))


@cache
def _zipped_bytes(folder: Path) -> int:
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for file in sorted(each for each in folder.rglob("*") if each.is_file()):
                # Without its date, which a zip cannot say before 1980.
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
                target.writestr(entry, file.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
        return packed.getbuffer().nbytes


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs a function: an interpreter of Lambda's version, and the runtime's own packages."""

    interpreter: Path
    packages: Path


@dataclass(frozen=True, slots=True)
class Layouts:
    """All there are, and what runs them."""

    ours: Layout
    naive: Layout
    peers: Layout
    plain: Layout
    """The peers as a plain zip has them."""
    runtime: Runtime


def lay_out(folder: Path, interpreter: Path) -> Layouts:
    """Make the layouts under ``folder``, and the runtime.

    The dependencies are fetched for this machine, hashes checked. Raises ``DependenciesUnreachable``.
    """
    ours = Layout("ours", folder / "ours" / "layers", folder / "ours" / "task", _OF_OURS)
    naive = Layout("naive", folder / "naive" / "layers", folder / "naive" / "task", _OF_NAIVE)
    runtime = folder / "runtime"
    _fetch(folder, interpreter, runtime)
    for layout, fetched in ((ours, folder / "pruned"), (naive, folder / "fetched")):
        shutil.rmtree(layout.task.parent, ignore_errors=True)
        shutil.copytree(fetched, layout.layers, symlinks=True)
        shutil.copytree(
            ROOT / "layers" / "greenroom", layout.layers / _SHARED / "greenroom", ignore=_NOT_CODE
        )
        shutil.copytree(ROOT / "functions", layout.task, ignore=_NOT_CODE)
        (layout.task / "bare").mkdir()
        (layout.task / "bare" / "main.py").write_text(BARE)
    compile_folder(ours.layers / _SHARED, interpreter=interpreter, shown_as="/opt/python")
    compile_folder(ours.task, interpreter=interpreter, shown_as="/var/task")
    _date(naive)
    peers = _peers(folder, interpreter)
    alone = Runtime(_alone(interpreter, folder / "python"), runtime)
    return Layouts(ours, naive, peers, _plain(folder / "plain", peers), alone)


def lay_out_before(checkout: Path) -> Layout:
    """Return the layout of another checkout of this project, made by that checkout's own code."""
    program = (
        "import json, sys; from pathlib import Path; from tests.benchmarks.code import lay_out; "
        "found = lay_out(Path('build/bench').resolve(), Path(sys.argv[1])).ours; "
        "print(json.dumps([str(found.layers), str(found.task), dict(found.of)]))"
    )
    interpreter = find_interpreter()
    done = subprocess.run(
        [sys.executable, "-c", program, str(interpreter)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": "layers:.", "GREENROOM_UV": find_installer()},
        stdout=subprocess.PIPE,
        check=True,
    )
    layers, task, of = json.loads(done.stdout.splitlines()[-1])
    return Layout("before", Path(layers), Path(task), of)


def _date(layout: Layout) -> None:
    """Date everything as a zip that is the same for the same content does."""
    for path in (*layout.layers.rglob("*"), *layout.task.rglob("*")):
        os.utime(path, (_IN_1980, _IN_1980))


def _plain(made: Path, valid: Layout) -> Layout:
    """Return a layout of the same code, without bytecode."""
    shutil.rmtree(made, ignore_errors=True)
    plain = replace(valid, name="plain", layers=made / "layers", task=made / "task")
    shutil.copytree(valid.layers, plain.layers, ignore=_NOT_CODE)
    shutil.copytree(valid.task, plain.task, ignore=_NOT_CODE)
    _date(plain)
    return plain


def _peers(folder: Path, interpreter: Path) -> Layout:
    made = folder / "peers"
    all_alike = {path.stem: (_ALL,) for path in PEERS.glob("*.py")}
    layout = Layout("peers", made / "layers", made / "task", all_alike, "peers.{}.handler")
    for old in (layout.task, made / "opt"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(PEERS, layout.task / "peers", ignore=_NOT_CODE)
    compile_folder(layout.task, interpreter=interpreter, shown_as="/var/task")
    return layout


def _alone(interpreter: Path, folder: Path) -> Path:
    """Return the interpreter without what is installed into it, part of which loads at each start."""
    subprocess.run([str(interpreter), "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def _fetch(folder: Path, interpreter: Path, runtime: Path) -> None:
    """Fetch what is not of ours, again when a lock or the recipe of the layers has changed."""
    theirs = PEERS / "requirements.txt"
    recipe = (LOCK, ROOT / "requirements.txt", theirs, *RECIPE, Path(__file__))
    key = hashlib.sha256(b"".join(part.read_bytes() for part in recipe) + str(interpreter).encode())
    stamp = folder / "fetched.stamp"
    if stamp.is_file() and stamp.read_text() == key.hexdigest():
        return
    for made in ("fetched", "built", "pruned", "peers", "runtime"):
        shutil.rmtree(folder / made, ignore_errors=True)
    install(LOCK.read_text("utf-8"), folder / "fetched" / _ALL, platform=None)
    build_layers(LOCK, folder / "built", interpreter, platform=None)
    for layer in DISTRIBUTIONS:
        # A layer's zip has its packages in a folder ``python``, which Lambda puts on the path.
        (folder / "pruned").mkdir(exist_ok=True)
        (folder / "built" / layer / "python").rename(folder / "pruned" / layer)
    shutil.rmtree(folder / "built")
    peers = folder / "peers" / "layers" / _ALL
    install(theirs.read_text("utf-8"), peers, platform=None)
    compile_folder(peers, interpreter=interpreter, shown_as="/opt/python")
    entries = locked(ROOT / "requirements.txt")
    install("\n".join(entries[name] for name in _RUNTIME_PACKAGES), runtime, platform=None)
    compile_folder(runtime, interpreter=interpreter, shown_as="/var/runtime")
    stamp.write_text(key.hexdigest())
