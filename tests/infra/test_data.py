"""The stateful stack: tables, the token key, secrets and the queue of undelivered events."""

import json
from typing import Any

import pytest

from local.tables import TABLES, Index, Table
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

HELD = ("DynamoDB::Table", "KMS::Key", "SecretsManager::Secret", "SQS::Queue")


def _tables(assembly: Assembly, stage: str) -> dict[str, dict[str, Any]]:
    found = assembly.resources(f"greenroom-{stage}-data", "DynamoDB::Table")
    return {name.removeprefix("Tables").lower(): dict(table["Properties"]) for name, table in found.items()}


def _keys(properties: dict[str, Any]) -> tuple[str, str]:
    assert [key["KeyType"] for key in properties["KeySchema"]] == ["HASH", "RANGE"]
    partition, sort = (key["AttributeName"] for key in properties["KeySchema"])
    return partition, sort


def _as_declared(name: str, properties: dict[str, Any]) -> Table:
    assert _keys(properties) == ("pk", "sk")
    assert {attribute["AttributeType"] for attribute in properties["AttributeDefinitions"]} == {"S"}
    expiry = properties.get("TimeToLiveSpecification")
    assert expiry in (None, {"AttributeName": "ttl", "Enabled": True})
    stream = properties.get("StreamSpecification")
    assert stream in (None, {"StreamViewType": "NEW_IMAGE"})
    indexes = tuple(
        Index(index["IndexName"], *_keys(index), index["Projection"]["ProjectionType"])
        for index in properties.get("GlobalSecondaryIndexes", [])
    )
    return Table(name, expiring=expiry is not None, streamed=stream is not None, indexes=indexes)


@pytest.mark.parametrize("stage", STAGES)
def test_the_tables_are_those_of_the_local_system(assembly: Assembly, stage: str) -> None:
    deployed = {_as_declared(name, table) for name, table in _tables(assembly, stage).items()}

    assert deployed == set(TABLES)


@pytest.mark.parametrize("stage", STAGES)
def test_tables_are_billed_by_use(assembly: Assembly, stage: str) -> None:
    for table in _tables(assembly, stage).values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_each_class_of_data_is_encrypted_under_a_key_of_its_own(assembly: Assembly, stage: str) -> None:
    used = {
        name: assembly.text(table["SSESpecification"]["KMSMasterKeyId"])
        for name, table in _tables(assembly, stage).items()
        if table["SSESpecification"]["SSEEnabled"]
    }

    # What the counters hold is made anew by use: DynamoDB's own key is enough there.
    assert used == {
        "identity": "<TablesKeyIdentity.Arn>",
        "catalog": "<TablesKeyCatalog.Arn>",
        "bookings": "<TablesKeyBookings.Arn>",
    }


@pytest.mark.parametrize("stage", ["dev", "alice"])
def test_a_developers_stage_has_no_keys_to_pay_for(assembly: Assembly, stage: str) -> None:
    assert set(assembly.resources(f"greenroom-{stage}-data", "KMS::Key")) == {"TokenKey1"}
    # Off means DynamoDB's own key: no table is ever unencrypted.
    assert not any(table["SSESpecification"]["SSEEnabled"] for table in _tables(assembly, stage).values())


@pytest.mark.parametrize(("stage", "days"), [("staging", 7), ("prod", 30)])
def test_keys_of_data_rotate_and_leave_their_use_to_the_roles(
    assembly: Assembly, stage: str, days: int
) -> None:
    keys = assembly.resources(f"greenroom-{stage}-data", "KMS::Key")
    del keys["TokenKey1"]

    assert len(keys) >= 3
    for key in keys.values():
        properties = key["Properties"]
        assert properties["EnableKeyRotation"] is True
        assert properties["PendingWindowInDays"] == days
        assert properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        (statement,) = properties["KeyPolicy"]["Statement"]
        assert assembly.text(statement["Principal"]["AWS"]).endswith(":iam::<AWS::AccountId>:root")
        assert {"kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"} <= set(statement["Action"])


@pytest.mark.parametrize(("stage", "days"), [("dev", 7), ("alice", 7), ("staging", 35), ("prod", 35)])
def test_every_table_but_the_counters_can_be_restored(assembly: Assembly, stage: str, days: int) -> None:
    recovery = {
        name: table.get("PointInTimeRecoverySpecification")
        for name, table in _tables(assembly, stage).items()
    }

    on = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
    assert recovery == {"identity": on, "catalog": on, "bookings": on, "limits": None}


def test_what_production_holds_outlives_its_stack_and_refuses_deletion(assembly: Assembly) -> None:
    for kind in HELD:
        for resource in assembly.resources("greenroom-prod-data", kind).values():
            assert resource["DeletionPolicy"] == "Retain"
            assert resource["UpdateReplacePolicy"] == "Retain"
    assert all(table["DeletionProtectionEnabled"] for table in _tables(assembly, "prod").values())


@pytest.mark.parametrize("stage", ["dev", "staging", "alice"])
def test_other_stages_leave_nothing_behind(assembly: Assembly, stage: str) -> None:
    for kind in HELD:
        for resource in assembly.resources(f"greenroom-{stage}-data", kind).values():
            assert resource["DeletionPolicy"] == "Delete"
    assert not any(table["DeletionProtectionEnabled"] for table in _tables(assembly, stage).values())


@pytest.mark.parametrize("stage", STAGES)
def test_tokens_are_signed_by_a_p256_key_whose_use_the_roles_decide(assembly: Assembly, stage: str) -> None:
    key = assembly.resources(f"greenroom-{stage}-data", "KMS::Key")["TokenKey1"]["Properties"]

    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    (statement,) = key["KeyPolicy"]["Statement"]
    assert assembly.text(statement["Principal"]["AWS"]).endswith(":iam::<AWS::AccountId>:root")
    assert {"kms:Sign", "kms:GetPublicKey", "kms:PutKeyPolicy"} <= set(statement["Action"])


@pytest.mark.parametrize("stage", STAGES)
def test_secrets_are_made_in_the_account_and_stand_in_no_template(assembly: Assembly, stage: str) -> None:
    secrets = assembly.resources(f"greenroom-{stage}-data", "SecretsManager::Secret")

    assert set(secrets) == {"CursorSecret", "MonitoringSecret", "PaymentSecret"}
    for secret in secrets.values():
        assert "SecretString" not in secret["Properties"]
    payment = secrets["PaymentSecret"]["Properties"]["GenerateSecretString"]
    assert set(json.loads(payment["SecretStringTemplate"])) == {"api_key"}
    # Until an operator fills it in, nobody can know what signs the provider's messages.
    assert payment["GenerateStringKey"] == "webhook_secret"
    assert payment["PasswordLength"] >= 32
    cursors = secrets["CursorSecret"]["Properties"]["GenerateSecretString"]
    assert cursors["PasswordLength"] >= 32
    monitoring = secrets["MonitoringSecret"]["Properties"]["GenerateSecretString"]
    # Letters and digits alone: by its alphabet it is told from an access token.
    assert (monitoring["PasswordLength"], monitoring["ExcludePunctuation"]) == (64, True)


@pytest.mark.parametrize("stage", STAGES)
def test_undelivered_events_are_kept_14_days_encrypted_and_taken_only_over_tls(
    assembly: Assembly, stage: str
) -> None:
    stack = f"greenroom-{stage}-data"

    queue = assembly.one(stack, "SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    (statement,) = assembly.one(stack, "SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
