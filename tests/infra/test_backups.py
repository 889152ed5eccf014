"""Backups: of which tables, for how long, and who can take them away."""

from typing import Any

import pytest

from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

PROD = "greenroom-prod-data"
TABLES = {"<TablesIdentity.Arn>", "<TablesCatalog.Arn>", "<TablesBookings.Arn>"}


def _rules(assembly: Assembly) -> dict[str, dict[str, Any]]:
    plan = assembly.one(PROD, "Backup::BackupPlan")["BackupPlan"]
    return {rule["RuleName"]: rule for rule in plan["BackupPlanRule"]}


def test_only_production_is_backed_up(assembly: Assembly) -> None:
    having = {name for name in assembly.names() if assembly.resources(name, "Backup::BackupPlan")}

    assert having == {PROD}


def test_backups_are_made_daily_for_35_days_and_monthly_for_a_year(assembly: Assembly) -> None:
    rules = _rules(assembly)

    kept = {
        name: (rule["ScheduleExpression"], rule["Lifecycle"]["DeleteAfterDays"])
        for name, rule in rules.items()
    }
    assert kept == {"daily": ("cron(0 3 * * ? *)", 35), "monthly": ("cron(0 5 1 * ? *)", 365)}
    for rule in rules.values():
        vault, _ = rule["TargetBackupVault"]["Fn::GetAtt"]
        assert vault.startswith("BackupsVault")


def test_every_table_that_cannot_be_made_anew_is_backed_up(assembly: Assembly) -> None:
    selection = assembly.one(PROD, "Backup::BackupSelection")["BackupSelection"]

    assert {assembly.text(arn) for arn in selection["Resources"]} == TABLES
    assert assembly.text(selection["IamRoleArn"]) == "<BackupsRole.Arn>"


def test_the_vault_stays_has_its_own_key_and_keeps_what_it_holds(assembly: Assembly) -> None:
    (vault,) = assembly.resources(PROD, "Backup::BackupVault").values()

    assert (vault["DeletionPolicy"], vault["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert assembly.text(vault["Properties"]["EncryptionKeyArn"]) == "<BackupsKey.Arn>"
    # Without a date after which nobody can change it: whoever administers the vault may.
    assert vault["Properties"]["LockConfiguration"] == {"MinRetentionDays": 35, "MaxRetentionDays": 365}


def test_backups_fit_the_lock(assembly: Assembly) -> None:
    lock = assembly.one(PROD, "Backup::BackupVault")["LockConfiguration"]

    for rule in _rules(assembly).values():
        kept = rule["Lifecycle"]["DeleteAfterDays"]
        assert lock["MinRetentionDays"] <= kept <= lock["MaxRetentionDays"]


def test_an_operator_can_have_a_lock_that_nobody_takes_off(chosen: Assembly) -> None:
    assert chosen.one(PROD, "Backup::BackupVault")["LockConfiguration"]["ChangeableForDays"] == 3


def test_the_role_for_backups_reaches_these_tables_their_keys_and_its_vault(assembly: Assembly) -> None:
    role = assembly.resources(PROD, "IAM::Role")["BackupsRole"]["Properties"]
    statements = [s for s in assembly.statements(PROD) if s.place == "BackupsRole" and s.resources]
    keys = {f"<{key}.Arn>" for key in assembly.resources(PROD, "KMS::Key") if key != "TokenKey1"}

    assert "ManagedPolicyArns" not in role
    assert assembly.resources(PROD, "IAM::Policy") == {}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    reached = {resource for statement in statements for resource in statement.resources}
    assert reached == TABLES | {f"{arn}/backup/*" for arn in TABLES} | keys | {
        "<BackupsVault.BackupVaultArn>"
    }
    held = {action for statement in statements for action in statement.actions}
    assert not {action for action in held if action.startswith("dynamodb:") and "Item" in action}
    assert {"dynamodb:StartAwsBackupJob", "kms:CreateGrant", "kms:GenerateDataKey"} <= held
