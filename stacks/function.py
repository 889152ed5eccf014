"""One Lambda function with what belongs to it alone: its role and its log group."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.functions import FunctionPlan
from stacks.logs import log_group
from stacks.sizes import AWAITED, SnapStart
from stacks.stages import Stage


def _trace() -> iam.PolicyStatement:
    # X-Ray knows no resources: what may send traces may send them for anything.
    return iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"])


def _kept(stage: Stage) -> cdk.RemovalPolicy:
    """Say what becomes of a version that another one has followed.

    Where canaries fly, it stays, so that one can go back to it. It costs nothing: only SnapStart charges for
    versions. A version whose own deployment failed goes, or Lambda would not publish the same code again.
    """
    return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if stage.canary else cdk.RemovalPolicy.DESTROY


class ServiceFunction(Construct):
    """A function on the runtime that all share; its role holds the given statements and its own log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        plan: FunctionPlan,
        stage: Stage,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        log = log_group(self, "Log", stage=stage, name=plan.name)
        restored = plan.name in AWAITED and isinstance(stage.warm_start, SnapStart)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=f"greenroom-{stage.name}-{plan.name}",
            description=f"Greenroom, stage {stage.name}: {plan.name}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"{plan.name}.main.handler",
            code=code,
            layers=list(layers),
            memory_size=stage.memory[plan.name],
            timeout=cdk.Duration.seconds(plan.seconds),
            reserved_concurrent_executions=stage.reserved.get(plan.name),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if restored else None,
            current_version_options=lambda_.VersionOptions(removal_policy=_kept(stage)),
            environment=dict(environment),
            log_group=log,
            # The platform's reports, from which memory is read, are JSON only if all lines are; ours pass as
            # they are. Which of ours are written is LOG_LEVEL's to say: by default Lambda drops DEBUG.
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.INFO,
            application_log_level_v2=lambda_.ApplicationLogLevel.DEBUG,
            tracing=lambda_.Tracing.ACTIVE if stage.tracing else lambda_.Tracing.DISABLED,
            # Nothing that this function is handed to later may widen its role.
            role=self._role(
                log, [*statements, *([_trace()] if stage.tracing else [])]
            ).without_policy_updates(),
        )

    def _role(self, log: logs.LogGroup, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        write_log = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
        )
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"calls": iam.PolicyDocument(statements=[write_log, *statements])},
        )
