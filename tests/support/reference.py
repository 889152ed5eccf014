"""The UI of the API reference, for tests that need it."""

import os

import pytest

from stacks.reference_ui import FOLDER, ReferenceUnreachable, fetch_reference


def bundle() -> str:
    """Return the name of the UI's script; where it cannot be fetched skip the test, but fail it in CI."""
    try:
        fetch_reference()
    except ReferenceUnreachable as unreachable:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the UI of /docs must be tested in CI: {unreachable}")
        pytest.skip(f"the UI of /docs is not tested: {unreachable}")
    (script,) = FOLDER.glob("*.js.gz")
    return script.stem
