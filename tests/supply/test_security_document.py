"""SECURITY.md: what it says is shown by a test is shown by one that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_TEST = re.compile(r"`((?:unit|service|infra|e2e|supply|security)/[\w/]+\.py)`")


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


def test_every_requirement_of_identity_is_answered_by_a_test_or_says_why_not() -> None:
    text = (ROOT / "docs" / "security" / "asvs-identity.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+)[^|]*\|([^|]*)\|([^|]*)\|$", text, re.MULTILINE)

    assert len(rows) > 60
    for number, answer, shown in rows:
        tests = _TEST.findall(shown)
        assert tests or "not applicable" in answer or "OpenAPI" in shown, number
        assert all((ROOT / "tests" / test).is_file() for test in tests), number
    for link in re.findall(r"]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / "docs" / "security" / link).is_file(), link


LISTS = sorted((ROOT / "docs" / "security").glob("a*-*.md"))
# Of ASVS 5.0, level 1 and 2: how many requirements each section of these chapters has.
ASKED = {
    section: int(many)
    for section, _, many in (
        pair.partition("=")
        for pair in """
            8.1=2 8.2=3 8.3=1 8.4=1
            11.1=2 11.2=3 11.3=3 11.4=4 11.5=1 11.6=1
            12.1=3 12.2=2 12.3=4
            13.1=1 13.2=5 13.3=2 13.4=5
            14.1=2 14.2=4 14.3=3
            16.1=1 16.2=5 16.3=4 16.4=3 16.5=3
        """.split()
    )
}


def test_every_test_that_a_list_names_exists() -> None:
    assert LISTS
    for file in LISTS:
        named = _TEST.findall(file.read_text("utf-8"))
        assert named
        assert [test for test in named if not (ROOT / "tests" / test).is_file()] == [], file.name


def test_every_requirement_of_access_is_answered_by_a_test_or_a_reason() -> None:
    text = (ROOT / "docs" / "security" / "asvs-access.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \|.*\| ([^|]+) \|$", text, re.MULTILINE)

    answered = {number: shown for number, _, shown in rows}
    assert answered.keys() == {f"{section}.{n + 1}" for section, many in ASKED.items() for n in range(many)}
    for number, shown in answered.items():
        assert _TEST.search(shown) or re.match(r"(not applicable|open): \w", shown), number


def test_each_of_the_ten_is_attacked_by_a_file_of_its_own() -> None:
    text = (ROOT / "docs" / "security" / "api-top-10.md").read_text("utf-8")

    for number in range(1, 11):
        (row,) = re.findall(rf"^\| \*\*API{number}\*\* .*$", text, re.MULTILINE)
        assert f"`security/test_api{number}_" in row
    files = {file.name for file in (ROOT / "tests" / "security").glob("test_*.py")}
    assert {name for name in files if f"`security/{name}`" not in text} == set()
