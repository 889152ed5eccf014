"""The four tables of a stage."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks.stages import Stage


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


class Tables(Construct):
    """On-demand tables with the keys ``pk`` and ``sk``, restorable to any second, ``limits`` excepted.

    They are encrypted under the account's own key for DynamoDB: every use is in the audit trail and
    no role needs a permission for it. A key of ours would add a way to lose the data and a permission to
    each role, for a revocation that taking the role away gives too; it can replace this one in place, once
    backups go to another account.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.identity = self._table("identity", time_to_live_attribute="ttl")
        self.catalog = self._table("catalog")
        self.bookings = self._table(
            "bookings", time_to_live_attribute="ttl", stream=dynamodb.StreamViewType.NEW_IMAGE
        )
        self._index("by_buyer", "buyer_id", "starts_at", dynamodb.ProjectionType.ALL)
        self._index("by_agent", "agent_id", "starts_at", dynamodb.ProjectionType.ALL)
        self._index("by_due", "due_shard", "due_at", dynamodb.ProjectionType.KEYS_ONLY)
        # Counters and the liveness of sessions: rebuilt by use, and far too busy to be kept.
        self.limits = self._table("limits", restorable=False, time_to_live_attribute="ttl")

    def _table(self, name: str, *, restorable: bool = True, **settings: Any) -> dynamodb.Table:
        kept = self._stage.keeps_data
        recovery = dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True, recovery_period_in_days=self._stage.recovery_days
        )
        return dynamodb.Table(
            self,
            name.capitalize(),
            partition_key=_key("pk"),
            sort_key=_key("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=recovery if restorable else None,
            deletion_protection=kept,
            removal_policy=cdk.RemovalPolicy.RETAIN if kept else cdk.RemovalPolicy.DESTROY,
            **settings,
        )

    def _index(self, name: str, partition: str, sort: str, projection: dynamodb.ProjectionType) -> None:
        self.bookings.add_global_secondary_index(
            index_name=name,
            partition_key=_key(partition),
            sort_key=_key(sort),
            projection_type=projection,
        )
