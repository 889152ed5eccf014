"""What is loaded or built when it is used is then what it always was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOOK = """
import sys
from greenroom.deferred import defer
defer("email.mime")
defer("email.mime.text")
{use}
print("email.mime.text" in sys.modules, "email.mime.nonmultipart" in sys.modules)
"""
WAITED_FOR = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}


def _printed(program: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", "layers:."),
            **environment,
        },
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("use", ["", "from email.mime import text"])
def test_it_is_not_loaded_by_being_imported_out_of_its_package(use: str) -> None:
    assert _printed(LOOK.format(use=use), **WAITED_FOR) == "True False"


@pytest.mark.parametrize(
    "use",
    [
        "from email.mime import text; text.MIMEText('a')",
        "from email.mime.text import MIMEText; MIMEText('a')",
        "import email.mime.text; email.mime.text.MIMEText('a')",
    ],
)
def test_it_is_loaded_by_being_used(use: str) -> None:
    assert _printed(LOOK.format(use=use), **WAITED_FOR) == "True True"


@pytest.mark.parametrize("kind", ["", "provisioned-concurrency", "snap-start"])
def test_where_nobody_waits_for_the_start_nothing_is_deferred(kind: str) -> None:
    use = "from email.mime import text"

    assert _printed(LOOK.format(use=use), AWS_LAMBDA_INITIALIZATION_TYPE=kind) == "True True"


@pytest.mark.parametrize("name", ["email.nothing", "no_such_package.at_all"])
def test_what_is_not_there_is_no_matter(name: str) -> None:
    program = (
        f"from greenroom.deferred import defer; defer({name!r}); import sys; print({name!r} in sys.modules)"
    )

    assert _printed(program, **WAITED_FOR) == "False"


SHAPES = """
from greenroom.bookings.shapes import BookingRequest
before = BookingRequest.__pydantic_complete__
wish = '{"offering_id": "o", "start": "2027-03-05T18:00:00Z", "time_zone": "UTC"}'
made = BookingRequest.model_validate_json(wish)
print(before, BookingRequest.__pydantic_complete__, made.time_zone)
"""


@pytest.mark.parametrize(
    ("kind", "at_once"),
    [("on-demand", False), ("provisioned-concurrency", True), ("snap-start", True), ("", True)],
)
def test_shapes_wait_for_their_use_where_a_request_waits_for_the_start(kind: str, at_once: bool) -> None:
    printed = _printed(SHAPES, AWS_LAMBDA_INITIALIZATION_TYPE=kind)

    assert printed == f"{at_once} True UTC"
