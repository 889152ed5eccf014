"""The stack of what watches a stage. It holds nothing that the stage needs to serve, and can come and go."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.data import DataStack
from stacks.observability.alarms.alarm import Alarm, Composite, Severity
from stacks.observability.alarms.resources import Alarms
from stacks.observability.alarms.table import all_alarms
from stacks.observability.archive import Archive
from stacks.observability.dashboards import business, resources, safety, traffic
from stacks.observability.dashboards.widgets import Row, body
from stacks.observability.insights import save_queries
from stacks.observability.memory import measure_memory
from stacks.observability.topics import Topics
from stacks.observability.watched import Watched
from stacks.observability.writers import all_logs
from stacks.openapi import Document
from stacks.stages import Stage


class ObservabilityStack(cdk.Stack):
    """Alarms and their topics, dashboards, saved queries, and the way of the logs into their archive."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, data: DataStack, document: Document
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Greenroom, stage {stage.name}: alarms, dashboards, archive of logs",
            termination_protection=stage.keeps_data,
            analytics_reporting=False,
        )
        self._stage = stage
        watched = Watched(
            stage=stage,
            document=document,
            region=self.region,
            tables={
                "identity": data.tables.identity.table_name,
                "catalog": data.tables.catalog.table_name,
                "bookings": data.tables.bookings.table_name,
                "limits": data.tables.limits.table_name,
            },
            undelivered=data.undelivered.queue_name,
        )
        for plan in watched.functions:
            measure_memory(self, stage=stage, function=plan.name)
        save_queries(self, stage=stage)
        table = all_alarms(watched, self._archive(data))
        alarms = Alarms(
            self, "Alarms", stage=stage, alarms=table, topics=Topics(self, "Topics", stage=stage).arns
        )
        statuses = [
            alarms.arns[alarm.name]
            for severity in (Severity.PAGE, Severity.TICKET)
            for alarm in sorted(table, key=lambda found: not isinstance(found, Composite))
            if alarm.severity is severity
        ]
        drawn = {alarm.name: alarm for alarm in table if isinstance(alarm, Alarm)}
        self._dashboard("business", business.rows(watched), drawn)
        self._dashboard(
            "operations",
            (*traffic.rows(watched, statuses), *resources.rows(watched), *safety.rows(watched)),
            drawn,
        )

    def _archive(self, data: DataStack) -> dict[str, str]:
        if data.archive is None:
            return {}
        archive = Archive(
            self,
            "Archive",
            name=f"greenroom-{self._stage.name}",
            bucket=data.archive,
            groups=all_logs(self._stage),
        )
        return dict(archive.streams)

    def _dashboard(self, name: str, rows: Sequence[Row], alarms: dict[str, Alarm]) -> None:
        cloudwatch.CfnDashboard(
            self,
            f"{name.capitalize()}Dashboard",
            dashboard_name=f"greenroom-{self._stage.name}-{name}",
            dashboard_body=self.to_json_string(body(rows, alarms, region=self.region)),
        )
