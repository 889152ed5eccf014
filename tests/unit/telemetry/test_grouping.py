"""Which errors are one fault: the type, the code, and the line of our function, wherever else it moves."""

import json
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError

from greenroom.refusals import NotFound
from greenroom.telemetry.frames import in_app, module_path
from greenroom.telemetry.grouping import code_of, fingerprint

ROOT = Path(__file__).resolve().parents[3]
SOURCE = """
def look(value):
    if value == 1:
        raise ValueError(value)
    raise ValueError(value)

def ask(callback, value):
    callback(value)
"""


def module(name: str, source: str = SOURCE) -> Any:
    """Make a module as if it stood in a file of that name."""
    made = ModuleType(name)
    code: CodeType = compile(source, f"/opt/python/{name}.py", "exec")
    exec(code, made.__dict__)  # noqa: S102 - the test's own source
    return made


def caught(call: Any, *arguments: Any) -> Exception:
    try:
        call(*arguments)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_change_elsewhere_in_the_file_does_not_make_a_fault_look_new() -> None:
    before, after = module("greenroom.x"), module("greenroom.x", "\n\nA = 1\n" + SOURCE)

    assert fingerprint(caught(before.look, 2)) == fingerprint(caught(after.look, 3))


def test_two_lines_of_one_function_are_two_faults() -> None:
    own = module("greenroom.x")

    assert fingerprint(caught(own.look, 1)) != fingerprint(caught(own.look, 2))


def test_a_fault_in_a_library_is_placed_where_we_called_it() -> None:
    own, library = module("greenroom.x"), module("library")

    place = fingerprint(caught(own.ask, library.look, 1))[-1]

    assert place == "greenroom.x:ask+1"


def test_an_error_of_a_library_alone_has_its_own_place_and_one_never_raised_has_none() -> None:
    assert fingerprint(caught(module("library").look, 1))[-1] == "library:look+2"
    assert fingerprint(ValueError()) == ("builtins.ValueError", "", "nowhere")


@pytest.mark.parametrize(
    ("name", "path", "own"),
    [
        ("greenroom.storage.tables", "/opt/python/greenroom/storage/tables.py", True),
        ("functions.auth.main", "/home/a/functions/auth/main.py", True),
        ("auth.main", "/var/task/auth/main.py", True),
        ("greenroomish", "/opt/python/greenroomish.py", False),
        ("botocore.client", "/opt/python/botocore/client.py", False),
    ],
)
def test_our_frames_are_told_from_others_also_as_they_are_deployed(
    monkeypatch: pytest.MonkeyPatch, name: str, path: str, own: bool
) -> None:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")

    assert in_app(name, path) is own


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/opt/python/greenroom/storage/tables.py", "greenroom/storage/tables.py"),
        ("/var/task/auth/main.py", "auth/main.py"),
        ("/opt/python/botocore/client.py", "botocore/client.py"),
        (f"{ROOT}/layers/greenroom/storage/tables.py", "greenroom/storage/tables.py"),
        (f"{ROOT}/functions/auth/main.py", "functions/auth/main.py"),
        (botocore.client.__file__, "botocore/client.py"),
        (json.decoder.__file__, "json/decoder.py"),
        ("/elsewhere/a.py", "/elsewhere/a.py"),
        ("<string>", "<string>"),
    ],
)
def test_a_files_path_is_that_of_its_module_as_it_is_deployed_and_on_one_machine(
    path: str, shown: str
) -> None:
    assert module_path(path) == shown


class Odd(Exception):
    code = "for ada@example.com"


class Numbered(Exception):
    code = 7


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound(), "not_found"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetItem"), "AccessDenied"),
        (ClientError({}, "GetItem"), ""),
        (Odd(), ""),
        (Numbered(), ""),
        (ValueError(), ""),
    ],
)
def test_a_code_is_a_word_or_nothing(error: Exception, code: str) -> None:
    assert code_of(error) == code
