"""Log groups: one for each writer, kept as long as the stage says."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.stages import LogDays, Stage

_RETENTION: dict[LogDays, logs.RetentionDays] = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, construct_id: str, *, stage: Stage, name: str) -> logs.LogGroup:
    """Make the log group ``/greenroom/<stage>/<name>``."""
    return named_log_group(scope, construct_id, stage=stage, name=f"/greenroom/{stage.name}/{name}")


def named_log_group(scope: Construct, construct_id: str, *, stage: Stage, name: str) -> logs.LogGroup:
    """Make a log group of just that name, for a writer that demands one."""
    # A group with a fixed name that outlived a failed first deployment would stop the second one.
    kept = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=_RETENTION[stage.log_days],
        removal_policy=kept if stage.keeps_data else cdk.RemovalPolicy.DESTROY,
    )
