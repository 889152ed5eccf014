"""An API for partners: the catalogue's public reads, each call by a key that is metered, cached if wished.

A key is no proof of who calls, and nothing is told for it that is not public. It says whose quota a call
counts against: see docs/decisions/0021-edge.md.
"""

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.openapi import Document, Operation
from stacks.rest_api import ACCESS_LOG_FIELDS, RestApi
from stacks.stages import Stage

_KEY = "x-api-key"
# What answers also depend on, or repeat.
_HEADERS = ("Origin", "X-Correlation-Id")
# The smallest there is, in GB; answers are a few kilobytes and seconds old.
_CACHE_SIZE = "0.5"


def partner_reads(document: Document) -> Document:
    """Return what partners may call: what the catalogue tells everybody, and nothing else."""
    reads = (one for one in document.operations if one.public_read and one.function == "catalog")
    return replace(document, operations=tuple(reads))


class PartnerApi(RestApi):
    """The partners' API of a stage."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, document: Document) -> None:
        self.document = partner_reads(document)
        self._cached = stage.site.cache_for_partners
        cache = (
            {
                "cache_cluster_enabled": True,
                "cache_cluster_size": _CACHE_SIZE,
                "caching_enabled": False,
                "method_options": {
                    f"{operation.path}/{operation.method}": self._caching(stage)
                    for operation in self.document.operations
                },
            }
            if self._cached
            else {}
        )
        super().__init__(
            scope,
            construct_id,
            stage=stage,
            part="partners",
            # The key's id, which is no secret; never the key.
            log_fields={**ACCESS_LOG_FIELDS, "key_id": "$context.identity.apiKeyId"},
            **cache,
        )

    def give_keys(self) -> None:
        """Make each partner's key, which AWS chooses and no template shows, and the plan they are under."""
        stage = self._stage
        plan = self.api.add_usage_plan(
            "Plan",
            name=f"greenroom-{stage.name}-partners",
            description="What each partner may ask of the catalogue",
            throttle=apigateway.ThrottleSettings(
                rate_limit=stage.partner_requests_per_second,
                burst_limit=2 * stage.partner_requests_per_second,
            ),
            quota=apigateway.QuotaSettings(
                limit=stage.partner_requests_per_day, period=apigateway.Period.DAY
            ),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)],
        )
        for partner in stage.site.partners:
            name = f"greenroom-{stage.name}-{partner}"
            key = apigateway.ApiKey(self, f"Key-{partner}", api_key_name=name)
            plan.add_api_key(key)
            cdk.CfnOutput(
                self, f"KeyId-{partner}", value=key.key_id, description=f"Id of the key of {partner}"
            )

    def _caching(self, stage: Stage) -> apigateway.MethodDeploymentOptions:
        # A method with settings of its own has none of its stage's.
        return apigateway.MethodDeploymentOptions(
            caching_enabled=True,
            cache_data_encrypted=True,
            cache_ttl=cdk.Duration.seconds(stage.partner_cache_seconds),
            throttling_rate_limit=stage.requests_per_second,
            throttling_burst_limit=stage.burst,
            metrics_enabled=False,
            data_trace_enabled=False,
        )

    def _add_method(
        self, resource: apigateway.Resource, method: str, uri: str, operation: Operation | None
    ) -> None:
        told = self._cache_key(operation) if self._cached and operation else ()
        resource.add_method(
            method,
            self._integration(uri, cache_key_parameters=list(told)) if told else self._integration(uri),
            api_key_required=True,
            request_parameters=dict.fromkeys(told, False) or None,
        )

    @staticmethod
    def _cache_key(operation: Operation) -> tuple[str, ...]:
        """Return all that an answer depends on, and the partner's key.

        The gateway keeps any answer, refusals too, for whoever asks by the same parameters. What the key
        does not tell apart (a parameter that does not exist, a body) must not reach anybody else.
        """
        places = {"path": "path", "query": "querystring", "header": "header"}
        declared = (f"{places[place]}.{name}" for name, place in operation.parameters)
        added = (f"header.{name}" for name in (*_HEADERS, _KEY))
        return tuple(dict.fromkeys(f"method.request.{parameter}" for parameter in (*declared, *added)))
