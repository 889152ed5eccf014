"""The API under a name of its own."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.tls import TLS


class OwnDomain(Construct):
    """A domain that leads to the stage's APIs, with nothing of the stage in its paths.

    The record that leads to it is the operator's: to find the zone would need a look-up in an account. The
    outputs say what to put into it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, domain: str, certificate_arn: str) -> None:
        super().__init__(scope, construct_id)
        name = apigateway.CfnDomainName(
            self,
            "Name",
            domain_name=domain,
            regional_certificate_arn=certificate_arn,
            endpoint_configuration=apigateway.CfnDomainName.EndpointConfigurationProperty(types=["REGIONAL"]),
            security_policy=TLS,
            # Refuses requests whose host is not the one of the TLS handshake.
            endpoint_access_mode="STRICT",
        )
        self._name = name.ref
        for output, value in (
            ("Target", name.attr_regional_domain_name),
            ("TargetZone", name.attr_regional_hosted_zone_id),
        ):
            cdk.CfnOutput(self, output, value=value, description=f"Where the record of {domain} has to lead")

    def lead(self, construct_id: str, api: apigateway.RestApi, *, path: str | None = None) -> None:
        """Let the domain, or one path of it, lead to an API. What it is called by does not show the path."""
        apigateway.CfnBasePathMapping(
            self,
            construct_id,
            domain_name=self._name,
            rest_api_id=api.rest_api_id,
            stage=api.deployment_stage.stage_name,
            base_path=path,
        )
