"""Bytecode that Lambda accepts: compiled by the runtime's own minor version, valid at any file date.

Code is deployed with its files dated 1980, so bytecode that is checked by date would never be used
and every cold start would compile everything anew. Bytecode of another minor version is ignored where there
are sources, and refused where there are none.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

RUNTIME = "3.13"
SETTING = "GREENROOM_RUNTIME_PYTHON"
"""The environment variable that names the interpreter where it is not found by itself."""


class WrongInterpreter(Exception):
    """The interpreter that was asked for does not run, or is not of the runtime's version."""


def _version(interpreter: str) -> str | None:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(  # noqa: S603 - the operator named it
            [interpreter, "-I", "-c", question], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    yield sys.executable
    if found := shutil.which(f"python{RUNTIME}", path=environment.get("PATH", os.defpath)):
        yield found
    home = Path(environment.get("HOME", "/nonexistent"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    managed = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for folder in (*pyenv.glob(f"{RUNTIME}*"), *managed.glob(f"cpython-{RUNTIME}*")):
        yield str(folder / "bin" / f"python{RUNTIME}")


def find_interpreter(environment: Mapping[str, str]) -> Path | None:
    """Return an interpreter of the runtime's version on this machine, None where there is none.

    Raises ``WrongInterpreter`` if the environment names one that is not.
    """
    if named := environment.get(SETTING):
        if _version(named) != RUNTIME:
            raise WrongInterpreter(f"{SETTING}: {named} is not a working Python {RUNTIME}")
        return Path(named)
    return next((Path(found) for found in _candidates(environment) if _version(found) == RUNTIME), None)


@cache
def this_machines_interpreter() -> Path | None:
    """Return what ``find_interpreter`` finds for this process, looked for once."""
    return find_interpreter(os.environ)


def compile_folder(folder: Path, *, interpreter: Path, shown_as: str) -> None:
    """Compile every module under ``folder``; tracebacks will show ``shown_as`` in its place.

    The result depends on nothing but the sources, ``shown_as`` and the interpreter's minor version. It knows
    lines and not columns, which no log line and no report shows: a twentieth less.
    """
    _compile(folder, interpreter, shown_as)


def compile_and_drop_sources(folder: Path, *, interpreter: Path, shown_as: str) -> None:
    """Compile as ``compile_folder`` does, and leave the bytecode alone, each where its source was.

    Tracebacks still have files, lines and functions, but not a line's text.
    """
    _compile(folder, interpreter, shown_as, "-b")
    for source in sorted(folder.rglob("*.py")):
        if source.with_suffix(".pyc").is_file():
            source.unlink()


def _compile(folder: Path, interpreter: Path, shown_as: str, *options: str) -> None:
    subprocess.run(  # noqa: S603 - the interpreter that was found
        [
            *(str(interpreter), "-I", "-X", "no_debug_ranges", "-m", "compileall", "-q", "-j", "1"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", shown_as),
            *(*options, str(folder)),
        ],
        check=True,
        cwd=folder,
    )
