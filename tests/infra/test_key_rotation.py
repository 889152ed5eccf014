"""Rotating the token key: while two are named, both are made, known to and usable by the functions."""

from pathlib import Path

import pytest

from tests.infra.once import made_once
from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

NEW, OLD = "<TokenKey2.Arn>", "<TokenKey1.Arn>"


def _synthesise(outdir: Path) -> None:
    from stacks.assembly import assemble

    sites = {"prod": {"token_keys": ["2", "1"]}}
    assemble(outdir=outdir, context={"dependencies": "omit", "sites": sites}).synth()


@pytest.fixture(scope="module")
def rotating(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return the app with production between two keys."""
    return Assembly(made_once(tmp_path_factory, "rotating", _synthesise))


def test_the_first_key_signs_and_the_other_is_still_accepted(rotating: Assembly) -> None:
    for name in ("Auth", "Bookings", "Payments", "Health"):
        function = rotating.resources("greenroom-prod-api", "Lambda::Function")[f"{name}Function"]
        told = function["Properties"]["Environment"]["Variables"]["TOKEN_KEY_IDS"]
        assert rotating.text(told) == f"{NEW},{OLD}"


def test_both_keys_may_be_used_as_one_alone_could(rotating: Assembly) -> None:
    for role, operations in {
        "AuthRole": {"kms:Sign", "kms:GetPublicKey"},
        "BookingsRole": {"kms:GetPublicKey"},
        "PaymentsRole": {"kms:GetPublicKey"},
        "HealthRole": {"kms:GetPublicKey"},
    }.items():
        held = rotating.role_statements("greenroom-prod-api", role)
        assert held[NEW] == held[OLD] == operations


def test_a_second_key_leaves_the_first_one_as_it_was(rotating: Assembly, assembly: Assembly) -> None:
    before = assembly.template("greenroom-prod-data")["Resources"]
    after = rotating.template("greenroom-prod-data")["Resources"]

    added = after.keys() - before.keys()
    assert [after[name]["Type"] for name in added] == ["AWS::KMS::Key"]
    keys = [name for name, resource in before.items() if resource["Type"] == "AWS::KMS::Key"]
    assert keys
    assert all(after[name] == before[name] for name in keys)
