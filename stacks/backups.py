"""Backups that outlive the tables: a vault of its own, filled each night and each month."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.keys import DataKey
from stacks.stages import Stage

_DAILY, _MONTHLY = cdk.Duration.days(35), cdk.Duration.days(365)


class Backups(Construct):
    """Daily backups of the tables for 35 days and monthly ones for a year, under a key of their own.

    Point-in-time recovery ends with its table; a vault does not, and nobody whom its lock does not let can
    delete from it sooner. The role that fills it is for these tables and no others.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        tables: Sequence[dynamodb.ITable],
        table_keys: Sequence[DataKey],
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = DataKey(self, "Key", stage=stage, name="backups")
        self._vault = backup.BackupVault(
            self,
            "Vault",
            encryption_key=self._key,
            # What is in it is not to be deleted by whoever may delete the stack.
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lock_configuration=backup.LockConfiguration(
                min_retention=_DAILY,
                max_retention=_MONTHLY,
                # Without days it is governance: who may administer the vault may lift it. With them nobody
                # can, AWS included, once they have passed.
                changeable_for=cdk.Duration.days(3) if stage.site.lock_backups else None,
            ),
        )
        plan = backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=f"greenroom-{stage.name}",
            backup_plan_rules=[self._daily(), self._monthly()],
        )
        plan.add_selection(
            "Tables",
            resources=[backup.BackupResource.from_dynamo_db_table(table) for table in tables],
            role=self._role(tables, table_keys).without_policy_updates(),
            disable_default_backup_policy=True,
        )

    def _daily(self) -> backup.BackupPlanRule:
        return backup.BackupPlanRule(
            rule_name="daily",
            backup_vault=self._vault,
            schedule_expression=events.Schedule.cron(hour="3", minute="0"),
            start_window=cdk.Duration.hours(1),
            completion_window=cdk.Duration.hours(8),
            delete_after=_DAILY,
        )

    def _monthly(self) -> backup.BackupPlanRule:
        return backup.BackupPlanRule(
            rule_name="monthly",
            backup_vault=self._vault,
            schedule_expression=events.Schedule.cron(day="1", hour="5", minute="0"),
            start_window=cdk.Duration.hours(1),
            completion_window=cdk.Duration.hours(8),
            delete_after=_MONTHLY,
        )

    def _role(self, tables: Sequence[dynamodb.ITable], table_keys: Sequence[DataKey]) -> iam.Role:
        """Return the role: of AWS's own policy for backups the part about tables, on these alone."""
        stack = cdk.Stack.of(self)
        arns = [table.table_arn for table in tables]
        keys = [key.key_arn for key in (*table_keys, self._key)]
        via_dynamodb = {"StringEquals": {"kms:ViaService": f"dynamodb.{stack.region}.amazonaws.com"}}
        statements = [
            iam.PolicyStatement(
                actions=[
                    *("dynamodb:CreateBackup", "dynamodb:DescribeTable"),
                    *("dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"),
                ],
                resources=arns,
            ),
            iam.PolicyStatement(
                actions=["dynamodb:DeleteBackup", "dynamodb:DescribeBackup"],
                resources=[f"{arn}/backup/*" for arn in arns],
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=keys, conditions=via_dynamodb
            ),
            iam.PolicyStatement(actions=["kms:DescribeKey"], resources=keys),
            iam.PolicyStatement(
                actions=["kms:CreateGrant"],
                resources=keys,
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
            iam.PolicyStatement(
                actions=["backup:DescribeBackupVault", "backup:CopyIntoBackupVault"],
                resources=[self._vault.backup_vault_arn],
            ),
        ]
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "backup.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
            inline_policies={"backup": iam.PolicyDocument(statements=statements)},
        )
