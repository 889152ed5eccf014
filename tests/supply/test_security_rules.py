"""The linter's security rules (S, those of bandit): on everywhere, and waived by line with a reason."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("app.py", "functions", "layers", "local", "stacks")

# The bracket is there so that this line is no waiver itself.
_WAIVER = re.compile(r"[#] noqa(?P<codes>:[A-Z0-9, ]+)?(?P<reason>.*)$")


def _lint() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"][
        "lint"
    ]
    return settings


def _is_security(code: str) -> bool:
    return re.fullmatch(r"S\d*", code) is not None


def _sources() -> Iterator[Path]:
    for place in (*CODE, "tests"):
        path = ROOT / place
        yield from [path] if path.is_file() else path.rglob("*.py")


def test_the_security_rules_are_on_and_none_is_waived_for_the_whole_project() -> None:
    lint = _lint()

    assert "S" in lint["select"]
    assert not [code for code in lint["ignore"] if _is_security(code)]


def test_code_that_is_no_test_has_no_security_rule_waived_by_file() -> None:
    waived = {
        pattern: [code for code in codes if _is_security(code)]
        for pattern, codes in _lint()["per-file-ignores"].items()
    }

    for pattern, codes in waived.items():
        assert not codes or pattern.startswith("tests/"), pattern
    # Asserting, made-up passwords, and processes where processes are what is tested.
    assert waived["tests/**"] == ["S101", "S105", "S106"]
    assert {code for codes in waived.values() for code in codes} == {"S101", "S105", "S106", "S603", "S607"}


def test_every_line_that_waives_a_security_rule_names_it_and_says_why() -> None:
    for path in _sources():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            waiver = _WAIVER.search(line)
            if waiver is None:
                continue
            place = f"{path.relative_to(ROOT)}:{number}"
            assert waiver["codes"], f"{place} waives every rule"
            if any(map(_is_security, re.findall(r"[A-Z]+\d+", waiver["codes"]))):
                assert re.match(r" ?- \S", waiver["reason"]), (
                    f"{place} waives a security rule without a reason"
                )
