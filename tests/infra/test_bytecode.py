"""Bytecode for the runtime: from the right interpreter, valid at any date, the same wherever it is made."""

import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import CodeType

import pytest

from stacks.bundling import INTERPRETER_SETTING, RUNTIME, BundlingFailed, compile_folder, find_interpreter

THIS = Path(sys.executable)
IN_1980 = 315_532_800
SOURCE = (
    "LIMITS = frozenset({'a', 'b', 'c', 'd'})\n\ndef limit(name: str) -> bool:\n    return name in LIMITS\n"
)


def _program(path: Path, *, status: int = 0) -> Path:
    """Write a program that passes for the runtime's Python if its status is 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.bundling.sys.executable", "/nonexistent/python")
    for name in (INTERPRETER_SETTING, "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))


def _found() -> Path | None:
    return find_interpreter.__wrapped__()


def test_the_runtimes_interpreter_is_found_on_the_path(tmp_path: Path) -> None:
    interpreter = _program(tmp_path / "bin" / f"python{RUNTIME}")

    assert _found() == interpreter


@pytest.mark.parametrize(
    ("setting", "folder"),
    [("PYENV_ROOT", f"versions/{RUNTIME}.9"), ("UV_PYTHON_INSTALL_DIR", f"cpython-{RUNTIME}.9-linux")],
)
def test_an_interpreter_that_does_not_run_is_passed_over_for_one_that_does(
    setting: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "bin" / f"python{RUNTIME}", status=127)
    interpreter = _program(tmp_path / "managed" / folder / "bin" / f"python{RUNTIME}")
    monkeypatch.setenv(setting, str(tmp_path / "managed"))

    assert _found() == interpreter


def test_without_an_interpreter_of_the_runtimes_version_none_is_found(tmp_path: Path) -> None:
    _program(tmp_path / "bin" / f"python{RUNTIME}", status=1)

    assert _found() is None


@pytest.mark.parametrize(("version", "accepted"), [(sys.version_info[:2], True), ((2, 7), False)])
def test_an_interpreter_is_judged_by_its_own_version(
    version: tuple[int, int], accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacks.bundling.RUNTIME", "{}.{}".format(*version))
    monkeypatch.setattr("stacks.bundling.sys.executable", str(THIS))

    assert (_found() == THIS) is accepted


def test_an_interpreter_asked_for_by_name_must_be_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = _program(tmp_path / "right")
    wrong = _program(tmp_path / "wrong", status=1)

    monkeypatch.setenv(INTERPRETER_SETTING, str(right))
    assert _found() == right
    for named in (wrong, tmp_path / "missing"):
        monkeypatch.setenv(INTERPRETER_SETTING, str(named))
        with pytest.raises(BundlingFailed, match=named.name):
            _found()


def _compiled(folder: Path) -> dict[str, bytes]:
    (folder / "package").mkdir(parents=True)
    for name in ("__init__.py", "rules.py"):
        (folder / "package" / name).write_text(SOURCE)
    compile_folder(folder, interpreter=THIS, shown_as="/var/task")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pyc")}


def test_bytecode_is_the_same_wherever_and_whenever_it_is_made(tmp_path: Path) -> None:
    first = _compiled(tmp_path / "a")

    assert len(first) == 2
    assert _compiled(tmp_path / "much" / "deeper" / "b") == first


def test_bytecode_is_valid_without_its_sources_date_and_names_the_place_it_runs_at(tmp_path: Path) -> None:
    unchecked_hash = 0b01

    for content in _compiled(tmp_path).values():
        assert int.from_bytes(content[4:8], "little") == unchecked_hash
        assert b"/var/task/package/" in content
        assert str(tmp_path).encode() not in content


def test_bytecode_knows_lines_and_columns(tmp_path: Path) -> None:
    for content in _compiled(tmp_path).values():
        code: CodeType = marshal.loads(content[16:])  # noqa: S302 - compiled above

        assert {line for _, _, line in code.co_lines()} >= {1, 3}
        assert len({column for _, _, column, _ in code.co_positions()} - {None}) > 1


def test_sources_stay_beside_their_bytecode(tmp_path: Path) -> None:
    _compiled(tmp_path)

    assert {path.name for path in tmp_path.rglob("*.py")} == {"__init__.py", "rules.py"}


NOTHING_IS_COMPILED = """
import importlib._bootstrap_external as loading

def refuse(*_, **__):
    raise SystemExit("compiled again")

loading.SourceLoader.source_to_code = refuse
import package.rules
print(package.rules.limit("a"))
"""


def _deployed(folder: Path, zipped: Path) -> Path:
    """Return a read-only folder, as Lambda extracts it from a zip whose entries are dated 1980."""
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


def test_deployed_code_is_loaded_as_it_was_compiled(tmp_path: Path) -> None:
    _compiled(tmp_path / "made")

    assert _loaded(_deployed(tmp_path / "made", tmp_path / "code.zip")) == "True"


def test_code_without_such_bytecode_would_be_compiled_at_each_start(tmp_path: Path) -> None:
    for path in list(_compiled(tmp_path / "made")):
        (tmp_path / "made" / path).unlink()

    assert _loaded(_deployed(tmp_path / "made", tmp_path / "code.zip")) == "compiled again"
