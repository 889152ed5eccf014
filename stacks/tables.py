"""The four tables of a stage."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks.keys import DataKey
from stacks.stages import Stage


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


class Tables(Construct):
    """On-demand tables with the keys ``pk`` and ``sk``, restorable to any second, ``limits`` excepted.

    In a stage with keys of its own each class of data is under one: accounts, engagements, the catalogue.
    Counters are under DynamoDB's own, as is everything in other stages: they are made anew by use, and the
    busiest table should not depend on one more service. See docs/decisions/0018-keys-and-backups.md.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.keys: dict[str, DataKey] = {}
        """The key of each table that has one of ours, by the table's name."""
        bookings = self._table(
            "bookings", time_to_live_attribute="ttl", stream=dynamodb.StreamViewType.NEW_IMAGE
        )
        by_start = dynamodb.ProjectionType.ALL
        self._index(bookings, "by_buyer", "buyer_id", "starts_at", by_start)
        self._index(bookings, "by_agent", "agent_id", "starts_at", by_start)
        self._index(bookings, "by_due", "due_shard", "due_at", dynamodb.ProjectionType.KEYS_ONLY)
        self.identity = self._serving("identity", self._table("identity", time_to_live_attribute="ttl"))
        self.catalog = self._serving("catalog", self._table("catalog"))
        self.bookings = self._serving("bookings", bookings)
        # Counters and the liveness of sessions: rebuilt by use, and far too busy to be kept.
        self.limits = self._table("limits", durable=False, time_to_live_attribute="ttl")

    @property
    def durable(self) -> tuple[dynamodb.ITable, ...]:
        """The tables whose content cannot be made anew."""
        return self.identity, self.catalog, self.bookings

    def _table(self, name: str, *, durable: bool = True, **settings: Any) -> dynamodb.Table:
        kept = self._stage.keeps_data
        if durable and self._stage.own_keys:
            self.keys[name] = DataKey(self, f"Key{name.capitalize()}", stage=self._stage, name=name)
            settings["encryption_key"] = self.keys[name]
        recovery = dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True, recovery_period_in_days=self._stage.recovery_days
        )
        return dynamodb.Table(
            self,
            name.capitalize(),
            partition_key=_key("pk"),
            sort_key=_key("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=(
                dynamodb.TableEncryption.CUSTOMER_MANAGED
                if name in self.keys
                else dynamodb.TableEncryption.DEFAULT
            ),
            point_in_time_recovery_specification=recovery if durable else None,
            deletion_protection=kept,
            removal_policy=cdk.RemovalPolicy.RETAIN if kept else cdk.RemovalPolicy.DESTROY,
            **settings,
        )

    def _serving(self, name: str, own: dynamodb.Table) -> dynamodb.ITable:
        """Return the table that functions use: the stage's own, or one that was restored in its place."""
        restored = self._stage.site.restored.get(name)
        if restored is None:
            return own
        stack = cdk.Stack.of(self)
        # The stack of the functions still imports these while this one is deployed.
        for attribute in filter(None, (own.table_arn, own.table_name, own.table_stream_arn)):
            stack.export_value(attribute)
        arn = stack.format_arn(service="dynamodb", resource="table", resource_name=restored)
        stream = f"{arn}/stream/{self._stage.site.restored_stream}" if own.table_stream_arn else None
        return dynamodb.Table.from_table_attributes(
            self, f"Restored{name.capitalize()}", table_arn=arn, table_stream_arn=stream
        )

    @staticmethod
    def _index(
        table: dynamodb.Table, name: str, partition: str, sort: str, projection: dynamodb.ProjectionType
    ) -> None:
        table.add_global_secondary_index(
            index_name=name,
            partition_key=_key(partition),
            sort_key=_key(sort),
            projection_type=projection,
        )
