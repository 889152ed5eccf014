"""Lambda layers of third-party code: installed from the lock, pruned, compiled and cached.

``uv`` installs wheels for the runtime's platform and checks their hashes. Nothing is built from source, so
the build needs no Docker, no compiler and no machine of the runtime's architecture.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from stacks import layers
from stacks.layers import DISTRIBUTIONS, SERVICES

RUNTIME = "3.13"
# Wheels need at most glibc 2.28; Amazon Linux 2023 has 2.34.
PLATFORM = "aarch64-manylinux_2_28"
INTERPRETER_SETTING = "GREENROOM_RUNTIME_PYTHON"
"""The environment variable that names the interpreter where the search does not find it."""
RECIPE = (Path(__file__), Path(layers.__file__))
"""The source files that decide what is in a layer."""

_PRUNED = ("bin", ".lock", "*-stubs", "**/tests", "**/*.pyi", "**/py.typed", "*.dist-info/[!M]*")
"""Scripts, tests and type stubs. Of a distribution's metadata ``importlib.metadata`` needs METADATA alone."""
_UNREACHABLE = ("Failed to fetch", "Failed to download", "client error (Connect)", "dns error", "timed out")


class DependenciesUnreachable(Exception):
    """The package registry does not answer, or there is no installer."""


class BundlingFailed(Exception):
    """The named interpreter or the lock is wrong. The message says how."""


def _has_runtimes_version(interpreter: str | Path) -> bool:
    check = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{RUNTIME}')"
    try:
        done = subprocess.run([interpreter, "-I", "-c", check], capture_output=True, check=False, timeout=30)  # noqa: S603 - a Python found here or named by the operator
    except OSError:
        return False
    return done.returncode == 0


@cache
def find_interpreter() -> Path | None:
    """Return an interpreter of the runtime's version on this machine, None where there is none.

    Raises ``BundlingFailed`` if the environment names one of another version.
    """
    if named := os.environ.get(INTERPRETER_SETTING):
        if not _has_runtimes_version(named):
            raise BundlingFailed(f"{INTERPRETER_SETTING}: {named} is not a working Python {RUNTIME}")
        return Path(named)
    name, home = f"python{RUNTIME}", Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv")).glob(f"versions/{RUNTIME}*/bin/{name}")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python"))
    candidates = (sys.executable, shutil.which(name), *pyenv, *uv.glob(f"cpython-{RUNTIME}*/bin/{name}"))
    return next((Path(each) for each in candidates if each and _has_runtimes_version(each)), None)


def compile_folder(folder: Path, *, interpreter: Path, shown_as: str) -> None:
    """Compile every module under ``folder``; tracebacks show ``shown_as`` in its place.

    The bytecode is valid at any file date: Lambda dates files 1980, and bytecode checked by date is ignored.
    It depends only on the sources, ``shown_as`` and the interpreter's minor version.
    """
    compiler = [str(interpreter), "-I", "-m", "compileall", "-q", "-j", "1"]
    options = ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", shown_as, str(folder)]
    subprocess.run([*compiler, *options], check=True, cwd=folder)  # noqa: S603 - the interpreter that was found


def find_installer() -> str:
    """Return ``uv``: of GREENROOM_UV, this environment, ``make install`` or the path.

    Raises ``DependenciesUnreachable``.
    """
    own = f"{Path(sys.executable).parent}:{Path(__file__).parents[1]}/.venv/uv/bin"
    path = f"{own}:{os.environ.get('PATH', os.defpath)}"
    found = os.environ.get("GREENROOM_UV") or shutil.which("uv", path=path)
    if found is None:
        raise DependenciesUnreachable("uv is missing: `make install` brings it, or set GREENROOM_UV")
    return found


def locked(lock: Path) -> dict[str, str]:
    """Return the entries of a lock with their hashes, by distribution."""
    return {entry.partition("==")[0]: entry for entry in re.split(r"\n(?=\w)", lock.read_text("utf-8"))}


def install(requirements: str, target: Path, *, platform: str | None = PLATFORM) -> None:
    """Install wheels into ``target``, for this machine where there is no ``platform``.

    Raises ``DependenciesUnreachable`` and ``BundlingFailed``.
    """
    target.mkdir(parents=True, exist_ok=True)
    command = [
        *(find_installer(), "pip", "install", "--quiet", "--no-progress", "--target", str(target)),
        *("--python", sys.executable, "--python-version", RUNTIME),
        *(("--python-platform", platform) if platform else ()),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", "-"),
    ]
    outcome = subprocess.run(  # noqa: S603 - in a folder of the project uv would look for its environment
        command, check=False, input=requirements, capture_output=True, text=True, cwd=target
    )
    if outcome.returncode == 0:
        return
    reason = outcome.stderr.strip()
    if any(sign in reason for sign in _UNREACHABLE) and "Hash mismatch" not in reason:
        raise DependenciesUnreachable(reason.splitlines()[0].removeprefix("error: "))
    raise BundlingFailed(reason)


def prune(tree: Path) -> None:
    """Remove from an installed tree what no program reads, and botocore's data of services not called."""
    services = [each for each in tree.glob("botocore/data/*") if each.is_dir() and each.name not in SERVICES]
    for path in (*(each for pattern in _PRUNED for each in tree.glob(pattern)), *services):
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def build_layers(lock: Path, target: Path, interpreter: Path | None, platform: str | None = PLATFORM) -> None:
    """Fill ``target`` from the lock, one folder a layer: two builds are equal to the byte, on any machine.

    Without an ``interpreter`` there is no bytecode. Raises as ``install`` does.
    """
    entries = locked(lock)
    for layer, names in DISTRIBUTIONS.items():
        tree = target / layer / "python"
        install("\n".join(entries[name] for name in names), tree, platform=platform)
        prune(tree)
        if interpreter is not None:
            compile_folder(tree, interpreter=interpreter, shown_as="/opt/python")


def cached_layers(lock: Path, cache: Path, interpreter: Path | None) -> Path:
    """Return a folder with the built layers, from ``cache`` where they were built before.

    Its name is a hash of what decides its content: the lock, the recipe, and whether there is bytecode.
    """
    recipe = b"".join(part.read_bytes() for part in (lock, *RECIPE)) + bytes(bool(interpreter))
    folder = cache / f"layers-{hashlib.sha256(recipe).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as building:
        new = Path(building, "layers")
        build_layers(lock, new, interpreter)
        try:
            new.rename(folder)
        except OSError:  # Another process may have built the same meanwhile.
            if not folder.is_dir():
                raise
    return folder
