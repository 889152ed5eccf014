"""The web ACL: all rules in their order, before one stage of the API."""

from collections.abc import Iterator

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.openapi import Document
from stacks.stages import Stage
from stacks.waf import managed, records, refusals
from stacks.waf.paths import requests_of
from stacks.waf.rates import Rate, grouped

INSPECTED = "KB_64"
"""How much of a body WAF reads: the most it can, of the 256 KiB that the API takes. The default is 16 KB.
What lies beyond is let through unread, and validated in the functions like everything else."""


class WebAcl(Construct):
    """The firewall before the gateway's stage ``stage_arn``.

    Its rules' metrics are named ``greenroom-<stage>-<rule>``.

    Capacity, of the 1,500 units that a web ACL has for its price: 925 for the managed groups, 2 for each
    rate, and at most 12 for each method and 23 for each pattern of paths that narrows it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        document: Document,
        stage_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = f"greenroom-{stage.name}"
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            name=self._name,
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            # Rates come first: what a managed group would refuse counts as well.
            rules=[*self._rates(stage, document), *self._managed(stage, first=100)],
            custom_response_bodies=dict(refusals.bodies()),
            association_config=wafv2.CfnWebACL.AssociationConfigProperty(
                request_body={
                    "API_GATEWAY": wafv2.CfnWebACL.RequestBodyAssociatedResourceTypeConfigProperty(
                        default_size_inspection_limit=INSPECTED
                    )
                }
            ),
            data_protection_config=records.protection(),
            visibility_config=_measured(self._name),
        )
        self._arn = acl.attr_arn
        self.protect("Association", stage_arn)
        records.record(self, stage=stage, acl=acl)

    def protect(self, construct_id: str, stage_arn: str) -> None:
        """Stand before one more stage of an API: what comes to either counts together."""
        wafv2.CfnWebACLAssociation(self, construct_id, resource_arn=stage_arn, web_acl_arn=self._arn)

    def _rates(self, stage: Stage, document: Document) -> Iterator[wafv2.CfnWebACL.RuleProperty]:
        everything = ("floods", Rate(stage.flood_per_minute, 60), None)
        groups = (
            (limit, rate, requests_of(operations)) for limit, rate, operations in grouped(document.operations)
        )
        for priority, (name, rate, requests) in enumerate((everything, *groups)):
            answer = refusals.too_many(document.headers, retry_after=rate.seconds)
            yield wafv2.CfnWebACL.RuleProperty(
                name=name,
                priority=priority,
                statement=wafv2.CfnWebACL.StatementProperty(
                    rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                        # Where the connection comes from: no header that a client sends changes it.
                        aggregate_key_type="IP",
                        limit=rate.requests,
                        evaluation_window_sec=rate.seconds,
                        scope_down_statement=requests,
                    )
                ),
                action=wafv2.CfnWebACL.RuleActionProperty(
                    block=wafv2.CfnWebACL.BlockActionProperty(custom_response=answer)
                ),
                visibility_config=_measured(f"{self._name}-{name}"),
            )

    def _managed(self, stage: Stage, *, first: int) -> Iterator[wafv2.CfnWebACL.RuleProperty]:
        for priority, group in enumerate(managed.GROUPS, start=first):
            yield wafv2.CfnWebACL.RuleProperty(
                name=group.name,
                priority=priority,
                statement=managed.statement(group),
                override_action=managed.override(stage.managed_rules),
                visibility_config=_measured(f"{self._name}-{group.name}"),
            )


def _measured(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    # Samples would show whole requests to everyone who may read the web ACL; the log has what is needed.
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )
