"""Saved queries of CloudWatch Logs Insights: what an operator would otherwise type at night."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.observability.writers import all_logs, function_logs
from stacks.stages import Stage


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the logs that it looks through: ``functions`` for all of theirs, or names of those."""

    text: str
    logs: tuple[str, ...] = ("functions",)


QUERIES: Mapping[str, Query] = {
    "combined": Query(
        """fields @timestamp, level, category, service, message, route, status, duration_ms, request_id
| filter ispresent(category)
| sort @timestamp desc
| limit 200"""
    ),
    # The errors that were answered, the ones that were not expected, and invocations that ended in neither.
    "error": Query(
        """fields @timestamp, service, category, message, route, status, code, error, request_id, @message
| filter level in ["ERROR", "CRITICAL"] or record.status in ["error", "timeout"]
| sort @timestamp desc
| limit 200"""
    ),
    "access": Query(
        """fields @timestamp, method, route, status, duration_ms, integration_ms, source_ip, error
| filter ispresent(method) and ispresent(status)
| sort @timestamp desc
| limit 200""",
        logs=("api",),
    ),
    "database": Query(
        """fields @timestamp, operation, table, duration_ms, read_units, write_units, error, request_id
| filter category = "database"
| sort duration_ms desc
| limit 200"""
    ),
    "security": Query(
        """fields @timestamp, severity, event, service, user_id, principal_id, route, request_id
| filter category = "security"
| sort @timestamp desc
| limit 200"""
    ),
    "auth": Query(
        """fields @timestamp, severity, event, user_id, principal_id, request_id
| filter category = "auth" or (category = "security" and event like /^(authn|authz|user)_/)
| sort @timestamp desc
| limit 200"""
    ),
    # What a request did for the business stands in its own line; only what no request did has a line.
    "business": Query(
        """fields @timestamp, coalesce(business, event) as happened, booking_id, payment_id, request_id
| filter category = "business" or ispresent(business)
| sort @timestamp desc
| limit 200"""
    ),
    "slow requests": Query(
        """fields @timestamp, request_id, method, route, status, duration_ms, table_ms, table_calls
| filter category = "request" and duration_ms >= 1000
| sort duration_ms desc
| limit 100"""
    ),
    "slow routes": Query(
        """filter category = "request"
| stats count() as requests, pct(duration_ms, 50) as p50, pct(duration_ms, 95) as p95, \
avg(table_ms) as tables by service, route
| sort p95 desc"""
    ),
    # Whoever calls may choose a correlation id; a request id is the gateway's.
    "one request": Query(
        """fields @timestamp, service, category, message, route, status, event, error, @message
| filter correlation_id = "PUT-THE-ID-HERE" or request_id = "PUT-THE-ID-HERE"
| sort @timestamp asc
| limit 500""",
        logs=("functions", "api"),
    ),
    "firewall": Query(
        """filter ispresent(terminatingRuleId)
| stats count() as requests by action, terminatingRuleId, httpRequest.clientIp, httpRequest.uri
| sort requests desc
| limit 100""",
        logs=("firewall",),
    ),
}
"""By the name under which it is saved."""


def save_queries(scope: Construct, *, stage: Stage) -> None:
    """Save the queries, in a folder of the stage."""
    for name, query in QUERIES.items():
        groups = [
            group
            for log in query.logs
            for group in (function_logs(stage).values() if log == "functions" else [all_logs(stage)[log]])
        ]
        logs.CfnQueryDefinition(
            scope,
            "".join(part.capitalize() for part in name.split()) + "Query",
            name=f"greenroom/{stage.name}/{name}",
            query_string=query.text,
            log_group_names=groups,
        )
