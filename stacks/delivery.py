"""What lets the pipeline deploy: GitHub's word on which job runs, and a role for it. No keys are kept."""

import re

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.stages import InvalidStage

_ISSUER = "token.actions.githubusercontent.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9.-]{1,39}/[A-Za-z0-9._-]{1,100}")
NOT_CHOSEN = "owner.example/greenroom"
"""What cdk.json says until somebody chooses: GitHub has no owner with a dot, so nobody can be it."""

ENVIRONMENTS = {"staging": "staging", "prod": "production"}
"""The pipeline's environment by stage, as .github/workflows name them."""


class DeliveryStack(cdk.Stack):
    """The role that deploys one stage, for the account that the stage is in.

    Only a job of the repository that runs in the stage's environment can take it, so an approval that the
    environment demands stands before it. It may take the roles of the CDK's bootstrap and nothing else. Those
    are of the whole account: only accounts of their own keep staging's role from deploying prod.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: str, repository: str) -> None:
        """Raise ``InvalidStage`` for a repository that is not ``owner/name``."""
        if not _REPOSITORY.fullmatch(repository):
            raise InvalidStage(f"repository {repository!r} is not of the form owner/name")
        super().__init__(
            scope,
            construct_id,
            description=f"Greenroom, stage {stage}: what its pipeline may do",
            analytics_reporting=False,
        )
        if repository == NOT_CHOSEN:
            cdk.Annotations.of(self).add_error("name the repository that deploys in cdk.json")
        role = iam.Role(
            self,
            "Deploy",
            role_name=f"greenroom-deploy-{stage}",
            description=f"Taken by {repository} in its environment {ENVIRONMENTS[stage]}",
            assumed_by=iam.FederatedPrincipal(
                self._provider(),
                {
                    "StringEquals": {
                        f"{_ISSUER}:aud": "sts.amazonaws.com",
                        f"{_ISSUER}:sub": f"repo:{repository}:environment:{ENVIRONMENTS[stage]}",
                    }
                },
                "sts:AssumeRoleWithWebIdentity",
            ),
            inline_policies={"bootstrap": iam.PolicyDocument(statements=[self._bootstrap()])},
            max_session_duration=cdk.Duration.hours(1),
        )
        cdk.CfnOutput(self, "Role", value=role.role_arn, description="DEPLOY_ROLE of the environment")

    def _provider(self) -> str:
        """Return the ARN of GitHub's provider, of which an account has one: made here unless it has it."""
        known = cdk.CfnParameter(
            self,
            "ExistingProvider",
            default="",
            description="The ARN of the account's provider for GitHub's tokens; empty to make it",
        )
        missing = cdk.CfnCondition(
            self, "NoProvider", expression=cdk.Fn.condition_equals(known.value_as_string, "")
        )
        provider = iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{_ISSUER}", client_id_list=["sts.amazonaws.com"]
        )
        provider.cfn_options.condition = missing
        # Another stack's role may trust it meanwhile.
        provider.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return cdk.Token.as_string(
            cdk.Fn.condition_if(missing.logical_id, provider.attr_arn, known.value_as_string)
        )

    def _bootstrap(self) -> iam.PolicyStatement:
        """Return the right to take the roles that deploy stacks and publish assets; nothing is looked up."""
        qualifier = cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER
        return iam.PolicyStatement(
            actions=["sts:AssumeRole"],
            resources=[
                self.format_arn(
                    service="iam",
                    region="",
                    resource="role",
                    resource_name=f"cdk-{qualifier}-{purpose}-role-{self.account}-{self.region}",
                )
                for purpose in ("deploy", "file-publishing")
            ],
        )
