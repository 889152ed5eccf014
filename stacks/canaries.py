"""A release as CodeDeploy makes it: tried out, then for a tenth of the calls, then for all, or taken back."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.functions import RELEASED
from stacks.observability.alarms.canary import canary
from stacks.observability.alarms.resources import Alarms
from stacks.release import Release
from stacks.stages import Stage


def application_name(stage: Stage) -> str:
    """Return what CodeDeploy calls a stage."""
    return f"greenroom-{stage.name}"


def group_name(stage: Stage, function: str) -> str:
    """Return what CodeDeploy calls the deployments of a function: as Lambda calls the function."""
    return f"greenroom-{stage.name}-{function}"


def group_arn(stack: cdk.Stack, stage: Stage, function: str) -> str:
    """Return the ARN of a function's deployment group."""
    return stack.format_arn(
        service="codedeploy",
        resource="deploymentgroup",
        resource_name=f"{application_name(stage)}/{group_name(stage, function)}",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


class Canaries(Construct):
    """A deployment group for each function: CloudFormation moves an alias through it, and waits."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        releases: Mapping[str, Release],
        smoke: lambda_.Function,
    ) -> None:
        super().__init__(scope, construct_id)
        application = codedeploy.LambdaApplication(
            self, "Application", application_name=application_name(stage)
        )
        plans = {plan.name: plan for plan in RELEASED}
        role = self._role(stage, releases, smoke)
        for name, release in releases.items():
            judged = canary(stage, plans[name], release.version.version)
            alarms = Alarms(self, f"{name.capitalize()}Alarms", stage=stage, alarms=[judged], topics={})
            group = codedeploy.LambdaDeploymentGroup(
                self,
                name.capitalize(),
                application=application,
                deployment_group_name=group_name(stage, name),
                alias=release.alias,
                deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
                pre_hook=smoke,
                role=role.without_policy_updates(),
                alarms=[
                    cloudwatch.Alarm.from_alarm_name(
                        self, f"{name.capitalize()}Raised", f"greenroom-{stage.name}-{judged.name}"
                    )
                ],
                auto_rollback=codedeploy.AutoRollbackConfig(
                    failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
                ),
            )
            group.node.add_dependency(alarms)
            # What judges the new version must already look at it when its first call comes.
            release.alias.node.add_dependency(alarms, group, smoke)

    def _role(self, stage: Stage, releases: Mapping[str, Release], smoke: lambda_.Function) -> iam.Role:
        """Return CodeDeploy's role: it moves these aliases, calls the hook, and reads alarms.

        AWS's own policy for it would let it move any alias of the account.
        """
        functions = [release.version.lambda_.function_arn for release in releases.values()]
        statement = iam.PolicyStatement
        return iam.Role(
            self,
            "Role",
            # Not for a deployment of somebody else's that names this role.
            assumed_by=iam.ServicePrincipal(
                "codedeploy.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {
                        "aws:SourceArn": [group_arn(cdk.Stack.of(self), stage, name) for name in releases]
                    },
                },
            ),
            inline_policies={
                "calls": iam.PolicyDocument(
                    statements=[
                        statement(
                            actions=["lambda:GetAlias", "lambda:UpdateAlias"],
                            resources=[arn for function in functions for arn in (function, f"{function}:*")],
                        ),
                        statement(
                            actions=["lambda:GetProvisionedConcurrencyConfig"],
                            resources=[f"{function}:*" for function in functions],
                        ),
                        statement(actions=["lambda:InvokeFunction"], resources=[smoke.function_arn]),
                        # It asks by name, but the operation may be refused for anything less than all.
                        statement(actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
                    ]
                )
            },
        )
