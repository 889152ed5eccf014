"""Who hears of alarms: a topic for what gets somebody up, one for what can wait, under a key of their own."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.observability.alarms.alarm import Severity
from stacks.stages import Stage

_CLOUDWATCH = "cloudwatch.amazonaws.com"
# All that administrators need, named: a wildcard would also let every later operation in.
_ADMINISTRATION = (
    *("CancelKeyDeletion", "DescribeKey", "DisableKey", "DisableKeyRotation", "EnableKey"),
    *("EnableKeyRotation", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyPolicies"),
    *("ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource"),
    "UpdateKeyDescription",
)
_USE = ("Decrypt", "GenerateDataKey")


class Topics(Construct):
    """The topics, encrypted by a key that lets CloudWatch publish.

    Under the account's own key for SNS, whose policy nobody can change, CloudWatch could not: alarms would go
    off and nobody would ever hear of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._key = self._make_key()
        self.arns: Mapping[Severity, str] = {
            Severity.PAGE: self._topic("Pages", "pages", "somebody gets up").topic_arn,
            Severity.TICKET: self._topic("Tickets", "tickets", "can wait for the morning").topic_arn,
        }

    def _make_key(self) -> kms.Key:
        account = iam.PolicyStatement(
            sid="IdentityPoliciesOfTheAccount",
            principals=[iam.AccountRootPrincipal()],
            actions=[f"kms:{operation}" for operation in (*_ADMINISTRATION, *_USE)],
            resources=["*"],  # In a key's policy this is the key itself; it cannot name its own ARN.
        )
        alarms = iam.PolicyStatement(
            sid="AlarmsOfThisAccount",
            principals=[iam.ServicePrincipal(_CLOUDWATCH)],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
        return kms.Key(
            self,
            "Key",
            description=f"Encrypts the alarms of Greenroom, stage {self._stage.name}, on their way",
            policy=iam.PolicyDocument(statements=[account, alarms]),
            enable_key_rotation=True,
            # Nothing is kept under it: a message that is delivered is gone.
            pending_window=cdk.Duration.days(7),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _topic(self, construct_id: str, name: str, purpose: str) -> sns.Topic:
        topic = sns.Topic(
            self,
            construct_id,
            topic_name=f"greenroom-{self._stage.name}-{name}",
            display_name=f"Greenroom {self._stage.name}: {purpose}",
            master_key=self._key,
            enforce_ssl=True,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisStage",
                principals=[iam.ServicePrincipal(_CLOUDWATCH)],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": self._alarms()},
                },
            )
        )
        for number, address in enumerate(self._stage.site.alarm_emails, start=1):
            sns.Subscription(
                self,
                f"{construct_id}Mail{number}",
                topic=topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=address,
            )
        return topic

    def _alarms(self) -> str:
        return cdk.Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"greenroom-{self._stage.name}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
