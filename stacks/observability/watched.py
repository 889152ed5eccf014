"""What of a stage is watched: the names by which CloudWatch knows its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from greenroom.telemetry.catalogue import Metric
from stacks.functions import PLANS, FunctionPlan, Target
from stacks.observability.sources import Term, of_aws, ours
from stacks.openapi import Document
from stacks.stages import Stage

_TABLES = {
    Target.IDENTITY: "identity",
    Target.CATALOG: "catalog",
    Target.BOOKINGS: "bookings",
    Target.LIMITS: "limits",
}
_INDEXES = frozenset({Target.BY_BUYER, Target.BY_AGENT, Target.BY_DUE})
# What is permitted by item, and called as a whole.
_IN_TRANSACTIONS = frozenset({"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A stage and what its parts are called; tables and the queue are named by their own stack."""

    stage: Stage
    document: Document
    region: str
    tables: Mapping[str, str]
    """The tables' names by what they hold: ``identity``, ``catalog``, ``bookings``, ``limits``."""
    undelivered: str
    """The name of the queue of events that could not be announced."""

    @property
    def functions(self) -> Sequence[FunctionPlan]:
        """Every function of the stage."""
        return PLANS

    @property
    def answering(self) -> Sequence[str]:
        """The functions behind the gateway."""
        return tuple(plan.name for plan in PLANS if plan.behind_gateway)

    def full_name(self, function: str) -> str:
        """Return what Lambda calls a function."""
        return f"greenroom-{self.stage.name}-{function}"

    def ours(self, metric: Metric, statistic: str, **dimensions: str) -> Term:
        """Return one of the stage's own metrics."""
        return ours(self.stage.name, metric, statistic, **dimensions)

    def of_function(self, function: str, name: str, statistic: str) -> Term:
        """Return one of Lambda's metrics of a function."""
        return of_aws(f"AWS/Lambda:{name}", statistic, FunctionName=self.full_name(function))

    def of_gateway(self, name: str, statistic: str) -> Term:
        """Return one of the gateway's metrics of the stage."""
        api = f"greenroom-{self.stage.name}"
        return of_aws(f"AWS/ApiGateway:{name}", statistic, ApiName=api, Stage=self.stage.name)

    def of_firewall(self, name: str, rule: str = "ALL") -> Term:
        """Return how many requests the firewall let through, blocked or counted, by all rules or by one."""
        acl = f"greenroom-{self.stage.name}"
        metric = rule if rule == "ALL" else f"{acl}-{rule}"
        return of_aws(f"AWS/WAFV2:{name}", "Sum", WebACL=acl, Region=self.region, Rule=metric)

    def of_table(self, table: str, name: str, statistic: str, operation: str | None = None) -> Term:
        """Return one of DynamoDB's metrics of a table, by operation where it is one of those."""
        by = {"Operation": operation} if operation else {}
        return of_aws(f"AWS/DynamoDB:{name}", statistic, TableName=self.tables[table], **by)

    def of_queue(self) -> Term:
        """Return how many events wait that could not be announced."""
        name = "AWS/SQS:ApproximateNumberOfMessagesVisible"
        return of_aws(name, "Maximum", QueueName=self.undelivered)


def operations(table: str) -> tuple[str, ...]:
    """Return the operations that functions call on a table, as DynamoDB names them in its metrics."""
    found = set()
    for plan in PLANS:
        for target, calls in plan.calls.items():
            if _TABLES.get(target) == table or (table == "bookings" and target in _INDEXES):
                found |= {call.removeprefix("dynamodb:") for call in calls}
    if found & _IN_TRANSACTIONS:
        found.add("TransactWriteItems")
    return tuple(sorted(found - {"ConditionCheckItem"}))
