"""A REST API: its resources and methods are those of the OpenAPI document, and no others."""

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.gateway_responses import add_gateway_responses
from stacks.logs import log_group
from stacks.openapi import Document, InvalidDocument, Operation
from stacks.stages import Stage
from stacks.tls import TLS

# Without the path as it was asked for and without the query: both can hold what a user typed.
ACCESS_LOG_FIELDS: Mapping[str, str] = {
    "request_id": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "response_bytes": "$context.responseLength",
    "duration_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_status": "$context.integrationStatus",
    "error": "$context.error.responseType",
    "source_ip": "$context.identity.sourceIp",
}


class RestApi(Construct):
    """The API without routes; ``add_routes`` gives it them, once there are functions that answer.

    ``part`` names one that stands beside the stage's own; ``options`` are of its gateway stage, beside those
    that every one has.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        part: str | None = None,
        log_fields: Mapping[str, str] = ACCESS_LOG_FIELDS,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name="-".join(filter(None, ("greenroom", stage.name, part))),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # With a name of its own it answers under no other.
            disable_execute_api_endpoint=stage.site.domain is not None,
            # Bodies reach the functions as the bytes that were sent, as text the gateway would mend them.
            binary_media_types=["*/*"],
            # The role for logs is one per account and region, see AccountStack.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=stage.name,
                throttling_rate_limit=stage.requests_per_second,
                throttling_burst_limit=stage.burst,
                # By method each would be charged as one of ours; ours tell routes apart already.
                metrics_enabled=False,
                tracing_enabled=stage.tracing,
                access_log_destination=apigateway.LogGroupLogDestination(
                    log_group(self, "AccessLog", stage=stage, name=part or "api")
                ),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(dict(log_fields))),
                **options,
            ),
        )

        self._demand_current_tls()

    @property
    def url(self) -> str:
        """The gateway's own address of the API, without a slash at the end.

        Put together from the API's id, not taken from its stage: the functions that are told it would
        otherwise wait for the stage, which waits for them.
        """
        stack = cdk.Stack.of(self)
        host = f"{self.api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}"
        return f"https://{host}/{self._stage.name}"

    def add_routes(self, document: Document, functions: Mapping[str, lambda_.IFunction]) -> None:
        """Make the document's resources and methods; raise ``InvalidDocument`` for an unknown function.

        Each resource also has ``ANY``: a preflight or a method that it lacks goes to the function of its
        first operation, which answers it as it answers on any other host (204, or 405 with ``Allow``).
        """
        for operation in document.operations:
            if operation.function not in functions:
                raise InvalidDocument(
                    f"{operation.method} {operation.path}: no function {operation.function!r}"
                )
        uris = {name: self._allow(name, function) for name, function in functions.items()}
        for path, operations in document.resources().items():
            resource = self.api.root.resource_for_path(path)
            for operation in operations:
                self._add_method(resource, operation.method, uris[operation.function], operation)
            self._add_method(resource, "ANY", uris[operations[0].function], None)
        add_gateway_responses(self.api, document.headers)

    def _demand_current_tls(self) -> None:
        # The construct has no property for it; without one the gateway's own address takes TLS 1.0.
        resource = self.api.node.default_child
        if not isinstance(resource, apigateway.CfnRestApi):
            raise TypeError("the API's resource is not the one that has a security policy")
        resource.security_policy = TLS
        # Refuses requests whose host is not the one of the TLS handshake.
        resource.endpoint_access_mode = "STRICT"

    def _add_method(
        self,
        resource: apigateway.Resource,
        method: str,
        uri: str,
        operation: Operation | None,  # noqa: ARG002 - None for whatever the document does not list
    ) -> None:
        resource.add_method(method, self._integration(uri))

    def _allow(self, name: str, function: lambda_.IFunction) -> str:
        """Let the API invoke a function, and return the address to do so."""
        # One permission a function: its policy has room for some fifty statements, less than a function
        # may have routes one day.
        lambda_.CfnPermission(
            self,
            f"Invoke{name.capitalize()}",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal=iam.ServicePrincipal("apigateway.amazonaws.com").service,
            source_arn=self.api.arn_for_execute_api(stage=self._stage.name),
        )
        stack = cdk.Stack.of(self)
        invocation = f"path/2015-03-31/functions/{function.function_arn}/invocations"
        return f"arn:{stack.partition}:apigateway:{stack.region}:lambda:{invocation}"

    @staticmethod
    def _integration(uri: str, **options: Any) -> apigateway.Integration:
        return apigateway.Integration(
            type=apigateway.IntegrationType.AWS_PROXY,
            integration_http_method="POST",
            uri=uri,
            options=apigateway.IntegrationOptions(**options) if options else None,
        )
