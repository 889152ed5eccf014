"""Bytecode for the runtime: from the right interpreter, valid at any date, the same wherever it is made."""

import marshal
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from stacks.bytecode import (
    RUNTIME,
    SETTING,
    WrongInterpreter,
    compile_and_drop_sources,
    compile_folder,
    find_interpreter,
)

THIS = Path(sys.executable)
IN_1980 = 315_532_800
SOURCE = (
    "LIMITS = frozenset({'a', 'b', 'c', 'd'})\n\ndef limit(name: str) -> bool:\n    return name in LIMITS\n"
)


def _program(path: Path, *, says: str, status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _this_interpreter_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.bytecode.sys.executable", "/nonexistent/python")


def test_the_runtimes_interpreter_is_found_on_the_path(tmp_path: Path) -> None:
    found = _program(tmp_path / f"python{RUNTIME}", says=RUNTIME)

    assert find_interpreter({"PATH": str(tmp_path)}) == found


def test_an_interpreter_that_does_not_run_is_passed_over_for_one_that_does(tmp_path: Path) -> None:
    _program(tmp_path / "shims" / f"python{RUNTIME}", says="not installed", status=127)
    versions = tmp_path / "pyenv" / "versions"
    real = _program(versions / f"{RUNTIME}.9" / "bin" / f"python{RUNTIME}", says=RUNTIME)

    environment = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find_interpreter(environment) == real


def test_where_there_is_none_that_is_said(tmp_path: Path) -> None:
    _program(tmp_path / f"python{RUNTIME}", says="3.12")

    assert find_interpreter({"PATH": str(tmp_path), "HOME": str(tmp_path)}) is None


def test_an_interpreter_asked_for_by_name_must_be_the_right_one(tmp_path: Path) -> None:
    right = _program(tmp_path / "right", says=RUNTIME)
    wrong = _program(tmp_path / "wrong", says="3.12")

    assert find_interpreter({SETTING: str(right)}) == right
    for named in (wrong, tmp_path / "missing"):
        with pytest.raises(WrongInterpreter, match=named.name):
            find_interpreter({SETTING: str(named)})


Compile = Callable[..., None]
either_way = pytest.mark.parametrize("compiles", [compile_folder, compile_and_drop_sources])


def _compiled(folder: Path, compiles: Compile) -> dict[str, bytes]:
    (folder / "package").mkdir(parents=True)
    for name in ("__init__.py", "rules.py"):
        (folder / "package" / name).write_text(SOURCE)
    compiles(folder, interpreter=THIS, shown_as="/var/task")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pyc")}


@either_way
def test_bytecode_is_the_same_wherever_and_whenever_it_is_made(compiles: Compile, tmp_path: Path) -> None:
    first = _compiled(tmp_path / "a", compiles)

    assert len(first) == 2
    assert _compiled(tmp_path / "much" / "deeper" / "b", compiles) == first


@either_way
def test_bytecode_is_valid_without_its_sources_date_and_names_the_place_it_runs_at(
    compiles: Compile, tmp_path: Path
) -> None:
    unchecked_hash = 0b01

    for content in _compiled(tmp_path, compiles).values():
        assert int.from_bytes(content[4:8], "little") == unchecked_hash
        assert b"/var/task/package/" in content
        assert str(tmp_path).encode() not in content


@either_way
def test_bytecode_knows_lines_and_spares_columns(compiles: Compile, tmp_path: Path) -> None:
    for content in _compiled(tmp_path, compiles).values():
        code: CodeType = marshal.loads(content[16:])  # noqa: S302 - compiled above

        assert {line for _, _, line in code.co_lines()} >= {1, 3}
        assert {column for _, _, column, _ in code.co_positions()} == {None}


def test_bytecode_takes_the_place_of_sources_and_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text("{}")
    _compiled(tmp_path, compile_and_drop_sources)

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"package/__init__.pyc", "package/rules.pyc", "rules.json"}


def test_sources_that_are_to_stay_are_still_there(tmp_path: Path) -> None:
    _compiled(tmp_path, compile_folder)

    assert {path.name for path in tmp_path.rglob("*.py")} == {"__init__.py", "rules.py"}


NOTHING_IS_COMPILED = """
import importlib._bootstrap_external as loading

def refuse(*_, **__):
    raise SystemExit("compiled anew")

loading.SourceLoader.source_to_code = refuse
import package.rules
print(package.rules.limit("a"))
"""


def _deployed(folder: Path, zipped: Path) -> Path:
    """Return a folder as Lambda makes it of a zip whose entries are dated 1980: nobody may write there."""
    with zipfile.ZipFile(zipped, "w") as target:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            target.writestr(zipfile.ZipInfo(file.relative_to(folder).as_posix()), file.read_bytes())
    unzipped = zipped.with_suffix("")
    with zipfile.ZipFile(zipped) as source:
        assert {entry.date_time[0] for entry in source.infolist()} == {1980}
        source.extractall(unzipped)
    for path in (*unzipped.rglob("*"), unzipped):
        os.utime(path, (IN_1980, IN_1980))
        path.chmod(0o555 if path.is_dir() else 0o444)
    return unzipped


def _loaded(folder: Path) -> str:
    done = subprocess.run(
        [str(THIS), "-c", NOTHING_IS_COMPILED],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


@either_way
def test_deployed_code_is_loaded_as_it_was_compiled(compiles: Compile, tmp_path: Path) -> None:
    _compiled(tmp_path / "made", compiles)

    assert _loaded(_deployed(tmp_path / "made", tmp_path / "code.zip")) == "True"


def test_code_without_such_bytecode_would_be_compiled_at_each_start(tmp_path: Path) -> None:
    for path in list(_compiled(tmp_path / "made", compile_folder)):
        (tmp_path / "made" / path).unlink()

    assert _loaded(_deployed(tmp_path / "made", tmp_path / "code.zip")) == "compiled anew"
