"""The way from an empty account to a booking, as written down: each step names what there is."""

import json
import re
import subprocess
from pathlib import Path

from greenroom.identity import command

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = (ROOT / "docs" / "deploying.md").read_text("utf-8")
DATA = (ROOT / "stacks" / "data.py").read_text("utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)

ROSTER = {"/v1/celebrities/{}/offerings", "/v1/celebrities/{}/schedule"}
"""What agents keep their rosters by."""


def test_its_targets_are_there() -> None:
    makefiles = "".join((ROOT / name).read_text("utf-8") for name in ("Makefile", ".ci/release.mk"))

    named = set(re.findall(r"^make ([a-z-]+)", GUIDE, re.MULTILINE))
    assert named == {"cdk", "build", "deploy"}
    for target in named | {"check"}:
        assert re.search(rf"^{target}:", makefiles, re.MULTILINE), target


def test_its_routes_are_there() -> None:
    document = json.loads((ROOT / "functions" / "health" / "site" / "openapi.json").read_text("utf-8"))
    known = {re.sub(r"{\w+}", "{}", path) for path in document["paths"]}

    named = {
        re.sub(r"\$\w+", "{}", path).rstrip("/") for path in re.findall(r"\$API_URL(/v1/[\w/$-]+)", GUIDE)
    }
    assert "/v1/bookings/{}/payments" in named
    assert named <= known | ROSTER


def test_its_commands_are_a_shells() -> None:
    assert len(BLOCKS) >= 6
    for block in BLOCKS:
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def test_its_outputs_and_stacks_are_there() -> None:
    for output in re.findall(r"stack (\w+)\)", GUIDE):
        assert f'"{output}"' in DATA
    assembly = (ROOT / "stacks" / "assembly.py").read_text("utf-8")
    for stack in ("greenroom-account", "greenroom-delivery-"):
        assert stack in GUIDE
        assert stack in assembly


def test_its_commands_of_the_operator_are_there() -> None:
    source = Path(command.__file__).read_text("utf-8")

    named = set(re.findall(r"^operator ([a-z-]+)", GUIDE, re.MULTILINE))
    assert named == {"create-user"}
    assert all(f'"{name}"' in source for name in named)


def test_its_settings_of_a_site_are_those_that_stages_know() -> None:
    from stacks.stages import Site

    for setting in ("mail_domain", "alarm_emails", "origins", "webauthn_rp_id", "public_url"):
        assert f"`{setting}`" in GUIDE
        assert setting in Site.__dataclass_fields__


def test_every_file_that_a_document_leads_to_is_there() -> None:
    for name in ("deploying.md", "costs.md", "decisions/0020-gates-and-pipeline.md"):
        document = ROOT / "docs" / name
        for target in re.findall(r"\]\((?!http)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{name}: {target}"
