"""docs/invariants.md: every invariant is held by tests that exist, and the races are those that are run."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "invariants.md").read_text("utf-8")


def test_every_invariant_names_tests_that_exist() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")][2:]
    numbers = re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)

    assert numbers == [str(number) for number in range(1, 12)]
    for row in rows:
        assert re.search(r"`tests/[\w/]+\.py`", row), row


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"`((?:tests|local)/[\w/]+\.py)`", TEXT):
        assert (ROOT / name).is_file(), name
    for link in re.findall(r"]\(([^)]+)\)", TEXT):
        assert (ROOT / "docs" / link).is_file(), link
