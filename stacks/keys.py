"""What must stay secret in a stage: keys that sign tokens, keys that encrypt data, and three secrets."""

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.stages import Stage

# All that administrators need, named: a wildcard would also let every later operation in.
_ADMINISTRATION = (
    *("CancelKeyDeletion", "CreateAlias", "DeleteAlias", "DescribeKey", "DisableKey", "EnableKey"),
    *("GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyPolicies"),
    *("ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource"),
    *("UpdateAlias", "UpdateKeyDescription"),
)
_ROTATION = ("EnableKeyRotation", "DisableKeyRotation", "ListKeyRotations", "RotateKeyOnDemand")
_SIGNING = ("GetPublicKey", "Sign", "Verify")
# A service encrypts in somebody's name, and by a grant of its own where nobody calls.
_ENCRYPTION = (
    *("CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    *("ReEncryptFrom", "ReEncryptTo", "RetireGrant", "RevokeGrant"),
)


def _left_to_identity_policies(*operations: str) -> iam.PolicyDocument:
    """Return a key's policy that lets the account's identity policies decide, about these operations."""
    account = iam.PolicyStatement(
        sid="IdentityPoliciesOfTheAccount",
        principals=[iam.AccountRootPrincipal()],
        actions=[f"kms:{operation}" for operation in (*_ADMINISTRATION, *operations)],
        resources=["*"],  # In a key's policy this is the key itself; it cannot name its own ARN.
    )
    return iam.PolicyDocument(statements=[account])


class TokenKey(kms.Key):
    """A P-256 key that signs access tokens. Its private half never leaves KMS.

    Its policy hands the decision to the account's identity policies: a role may sign if its own says so.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, name: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Signs the access tokens of Greenroom, stage {stage.name}: key {name}",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            policy=_left_to_identity_policies(*_SIGNING),
            pending_window=cdk.Duration.days(30 if stage.keeps_data else 7),
            removal_policy=_removal(stage),
        )


class DataKey(kms.Key):
    """A key that encrypts one class of data at rest, with new material each year.

    A role needs a permission for it beside that for the data: see ``stacks/permissions.py``.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, name: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Encrypts {name} of Greenroom, stage {stage.name}",
            enable_key_rotation=True,
            policy=_left_to_identity_policies(*_ROTATION, *_ENCRYPTION),
            # Who loses the key loses the data, backups included: a month to notice.
            pending_window=cdk.Duration.days(30 if stage.keeps_data else 7),
            removal_policy=_removal(stage),
        )


def cursor_secret(scope: Construct, construct_id: str, *, stage: Stage) -> secretsmanager.Secret:
    """Make the secret that signs list cursors: random text that nobody needs to know."""
    return secretsmanager.Secret(
        scope,
        construct_id,
        description=f"Signs the list cursors of Greenroom, stage {stage.name}",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            password_length=64, exclude_punctuation=True
        ),
        removal_policy=_removal(stage),
    )


def payment_secret(scope: Construct, construct_id: str, *, stage: Stage) -> secretsmanager.Secret:
    """Make the place of the payment provider's credentials, ``{"api_key", "webhook_secret"}``.

    An operator fills it in. Until then the webhook's secret is random, so that nobody can sign an event,
    and the API key is refused by the provider. Changing this template would generate the value anew.
    """
    return secretsmanager.Secret(
        scope,
        construct_id,
        description=f"The payment provider's credentials, Greenroom, stage {stage.name}: to be filled in",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps({"api_key": "to-be-filled-in"}),
            generate_string_key="webhook_secret",
            password_length=48,
            exclude_punctuation=True,
        ),
        removal_policy=_removal(stage),
    )


def monitoring_secret(scope: Construct, construct_id: str, *, stage: Stage) -> secretsmanager.Secret:
    """Make the token by which scrapers read metrics and details of health: random letters and digits.

    The functions tell it from an access token by its alphabet. See docs/runbooks/monitoring-token.md.
    """
    return secretsmanager.Secret(
        scope,
        construct_id,
        description=f"The token of what watches Greenroom, stage {stage.name}",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            password_length=64, exclude_punctuation=True
        ),
        removal_policy=_removal(stage),
    )


def _removal(stage: Stage) -> cdk.RemovalPolicy:
    return cdk.RemovalPolicy.RETAIN if stage.keeps_data else cdk.RemovalPolicy.DESTROY
