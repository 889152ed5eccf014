"""Memory as Lambda measures it, read out of its report of each invocation."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.observability.sources import MAX_MEMORY, memory_namespace
from stacks.stages import Stage

# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
REPORTS = '{ $.type = "platform.report" }'
USED = "$.record.metrics.maxMemoryUsedMB"


def measure_memory(scope: Construct, *, stage: Stage, function: str) -> None:
    """Make a metric of what the invocations of a function used at most, in MB.

    The functions measure themselves too, but not the one that is killed: its report is all there is of it.
    """
    logs.CfnMetricFilter(
        scope,
        f"{function.capitalize()}Memory",
        log_group_name=f"/greenroom/{stage.name}/{function}",
        filter_pattern=REPORTS,
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace=memory_namespace(stage.name, function),
                metric_name=MAX_MEMORY,
                metric_value=USED,
                unit="Megabytes",
            )
        ],
    )
