"""Runbooks: every alarm leads to a section that there is, and every section is some alarm's."""

import re
from pathlib import Path

import pytest

from tests.infra.observability.observed import alarms, composites
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "runbooks"


def _links(assembly: Assembly, stage: str) -> dict[str, tuple[str, str]]:
    """Return each alarm's runbook: its file and its anchor."""
    found = {**alarms(assembly, stage), **composites(assembly, stage)}
    links = {}
    for name, alarm in found.items():
        link = alarm["AlarmDescription"].partition(" Runbook: ")[2]
        assert len(alarm["AlarmDescription"]) <= 1024
        path, _, anchor = link.partition("#")
        assert path.startswith("docs/runbooks/"), name
        links[name] = (path.removeprefix("docs/runbooks/"), anchor)
    return links


def _sections(text: str) -> dict[str, str]:
    """Return the text of each section by the anchor that a forge makes of its heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    headings = [re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in parts[1::2]]
    assert len(set(headings)) == len(headings)
    return dict(zip(headings, parts[2::2], strict=True))


@pytest.mark.parametrize("stage", STAGES)
def test_every_alarm_leads_to_a_section_that_there_is(assembly: Assembly, stage: str) -> None:
    for name, (file, anchor) in _links(assembly, stage).items():
        assert (FOLDER / file).is_file(), name
        assert anchor in _sections((FOLDER / file).read_text()), f"{name}: {file} has no #{anchor}"


def test_every_section_is_some_alarms_and_says_cause_first_look_and_action(assembly: Assembly) -> None:
    linked = set(_links(assembly, "prod").values())

    for file in {file for file, _ in linked}:
        for anchor, text in _sections((FOLDER / file).read_text()).items():
            assert (file, anchor) in linked, f"{file}#{anchor} belongs to no alarm"
            for part in ("**Cause.**", "**First look.**", "**Action.**"):
                assert part in text, f"{file}#{anchor} has no {part}"


def test_a_runbook_of_alarms_that_are_gone_is_gone_too(assembly: Assembly) -> None:
    linked = {file for file, _ in _links(assembly, "prod").values()}

    of_alarms = {path.name for path in FOLDER.glob("*.md") if "**First look.**" in path.read_text()}
    assert of_alarms == linked


def test_what_a_runbook_refers_to_is_there() -> None:
    for path in FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert (FOLDER / target).exists(), f"{path.name}: {target}"
