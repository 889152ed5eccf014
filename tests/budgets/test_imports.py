"""Imports within functions: which are left, and what each saves a start.

Every other import is at the top of its module, and ruff (PLC0415) refuses a new one.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.test_init import SETTINGS

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a start of ``function`` does not load: ``module`` and, with it, at least so many others."""

    function: str
    module: str
    library: str
    modules: int


CALENDAR = Saved("bookings", "greenroom.messaging.calendar_files", "icalendar", 80)
PASSKEYS = Saved("auth", "webauthn.helpers.cose", "webauthn", 75)
REDIS = Saved("catalog", "greenroom.cache.shared", "redis", 90)
BOTO3 = Saved("bookings", "boto3.session", "boto3", 150)
SENTRY = Saved("bookings", "greenroom.telemetry.sentry", "sentry_sdk", 100)

LEFT = {
    # One route of many needs it.
    ("functions/bookings/routes.py", "greenroom.messaging"): CALENDAR,
    # Logins by passkey are few.
    ("layers/greenroom/identity/ceremonies.py", "webauthn.helpers.cose"): PASSKEYS,
    ("layers/greenroom/identity/ceremonies.py", "webauthn"): PASSKEYS,
    # CACHE_URL decides.
    ("layers/greenroom/cache/choice.py", ".shared"): REDIS,
    # Services that no request of most functions calls.
    ("layers/greenroom/storage/clients.py", "boto3.session"): BOTO3,
    ("layers/greenroom/storage/clients.py", "botocore.config"): BOTO3,
    # The first report needs it, prewarmed sandboxes load it in init, and without a DSN it is not needed.
    ("layers/greenroom/telemetry/errors.py", "."): SENTRY,
}

MEASURE = """
import importlib, json, sys, time
function, module, library = sys.argv[1:]
importlib.import_module(f"functions.{function}.main")
before, started = set(sys.modules), time.perf_counter()
importlib.import_module(module)
seconds = time.perf_counter() - started
found = {"loaded": library in before, "modules": len(set(sys.modules) - before), "seconds": seconds}
json.dump(found, sys.stderr)
"""


def _within_functions(path: Path) -> Iterator[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)):
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield "." * node.level + (node.module or "")


def test_no_other_import_is_within_a_function() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for folder in ("layers/greenroom", "functions")
        for path in (ROOT / folder).rglob("*.py")
        for name in _within_functions(path)
    }

    assert found == LEFT.keys()


@pytest.mark.parametrize("saved", [CALENDAR, PASSKEYS, REDIS, BOTO3, SENTRY], ids=lambda saved: saved.library)
def test_a_start_does_not_load_what_few_of_its_requests_need(saved: Saved) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", MEASURE, saved.function, saved.module, saved.library],
        env={
            **SETTINGS,
            "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(outcome.stderr)
    print(
        f"{saved.library}: {found['modules']} modules, {1000 * found['seconds']:.0f} ms in {saved.function}"
    )

    assert not found["loaded"]
    assert found["modules"] >= saved.modules


def test_one_place_alone_reads_how_lambda_started_the_sandbox() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for folder in ("layers/greenroom", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if "AWS_LAMBDA_INITIALIZATION_TYPE" in path.read_text()
    ]

    assert readers == ["layers/greenroom/telemetry/lifecycle.py"]
    assert (ROOT / readers[0]).read_text().count("AWS_LAMBDA_INITIALIZATION_TYPE") == 1
