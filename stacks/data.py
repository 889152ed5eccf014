"""The stateful stack: what must survive when everything else is deployed anew."""

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.archive_bucket import archive_bucket
from stacks.backups import Backups
from stacks.cdn import Cdn
from stacks.keys import TokenKey, cursor_secret, monitoring_secret, payment_secret
from stacks.media_bucket import media_bucket
from stacks.stages import Stage
from stacks.tables import Tables


class DataStack(cdk.Stack):
    """Tables and their backups, keys, secrets, files, archived logs, the queue of unannounced events."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Greenroom, stage {stage.name}: data",
            termination_protection=stage.keeps_data,
            analytics_reporting=False,
        )
        self.tables = Tables(self, "Tables", stage=stage)
        if stage.keeps_data:
            Backups(
                self,
                "Backups",
                stage=stage,
                tables=self.tables.durable,
                table_keys=list(self.tables.keys.values()),
            )
        self.token_keys = [
            TokenKey(self, f"TokenKey{name.capitalize()}", stage=stage, name=name)
            for name in stage.site.token_keys
        ]
        self.cursor_secret = cursor_secret(self, "CursorSecret", stage=stage)
        self.payment_secret = payment_secret(self, "PaymentSecret", stage=stage)
        self.monitoring_secret = monitoring_secret(self, "MonitoringSecret", stage=stage)
        self.undelivered = sqs.Queue(
            self,
            "UndeliveredEvents",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.RETAIN if stage.keeps_data else cdk.RemovalPolicy.DESTROY,
        )
        self.media = media_bucket(self, "Media", stage=stage)
        self.cdn = Cdn(self, "Cdn", site=stage.site, bucket=self.media)
        self.archive = archive_bucket(self, "LogArchive", stage=stage) if stage.archive_days else None
        cdk.CfnOutput(
            self,
            "PaymentSecretArn",
            value=self.payment_secret.secret_arn,
            description="Fill in the payment provider's api_key and webhook_secret here",
        )
        cdk.CfnOutput(
            self,
            "MonitoringSecretArn",
            value=self.monitoring_secret.secret_arn,
            description="The token of scrapers: see docs/monitoring.md",
        )
        cdk.CfnOutput(
            self,
            "CdnTarget",
            value=self.cdn.target,
            description="Where the record of cdn_domain has to lead, if there is one",
        )
