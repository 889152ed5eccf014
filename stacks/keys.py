"""What must stay secret in a stage: the keys that sign tokens, and three secrets."""

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
_USE = ("GetPublicKey", "Sign", "Verify")


class TokenKey(kms.Key):
    """A P-256 key that signs access tokens. Its private half never leaves KMS.

    Its policy hands the decision to the account's identity policies: a role may sign if its own says so.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, name: str) -> None:
        account = iam.PolicyStatement(
            sid="IdentityPoliciesOfTheAccount",
            principals=[iam.AccountRootPrincipal()],
            actions=[f"kms:{operation}" for operation in (*_ADMINISTRATION, *_USE)],
            resources=["*"],  # In a key's policy this is the key itself; it cannot name its own ARN.
        )
        super().__init__(
            scope,
            construct_id,
            description=f"Signs the access tokens of Greenroom, stage {stage.name}: key {name}",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            policy=iam.PolicyDocument(statements=[account]),
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
