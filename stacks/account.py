"""What an account has once in a region, however many stages live there."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct


class AccountStack(cdk.Stack):
    """The role under which API Gateway writes access logs. Deploy it before the first stage.

    Were it a part of each stage, the last one deployed would win and the first one removed would take
    it from all. For the same reason it stays when this stack is removed.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Greenroom: settings of the account and region",
            analytics_reporting=False,
        )
        role = iam.Role(
            self,
            "GatewayLogs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                # The gateway accepts no role with less.
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        setting = apigateway.CfnAccount(self, "Gateway", cloud_watch_role_arn=role.role_arn)
        setting.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
