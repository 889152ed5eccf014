"""SECURITY.md: what it says is shown by a test is shown by one that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_TEST = re.compile(r"`((?:unit|service|infra|e2e|supply)/[\w/]+\.py)`")


def _cases() -> Iterator[tuple[str, str]]:
    """Yield each abuse case that is said to be answered, with the last cell of its row."""
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    answered = text.partition("## Abuse cases")[2].partition("## Not covered yet")[0]
    for line in answered.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] not in {"abuse", "---"}:
            yield cells[0], cells[-1]


def test_every_answered_abuse_case_names_tests_that_exist() -> None:
    cases = dict(_cases())

    assert len(cases) > 30
    for case, shown in cases.items():
        named = _TEST.findall(shown)
        assert named, f"{case}: no test"
        for test in named:
            assert (ROOT / "tests" / test).is_file(), f"{case}: {test}"


def test_every_test_that_the_requirements_lead_to_exists() -> None:
    text = (ROOT / "docs" / "security" / "asvs-input.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]

    assert len(rows) > 35
    for row in rows:
        where, shown = (cell.strip() for cell in row.strip("|").split("|")[2:])
        named = _TEST.findall(shown)
        assert all((ROOT / "tests" / test).is_file() for test in named), row
        # What has no test is not applicable, is nothing that could be tested, or is somebody else's.
        assert named or re.search(r"not applicable|^none|the gateway's", where), row


def test_every_document_that_it_leads_to_exists() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")

    links = re.findall(r"]\((?!https?:)([^)#]+)\)", text)
    assert links
    assert all((ROOT / link).is_file() for link in links)
