"""The stateless stack: the functions, the API and its firewall before them, and what runs the workers."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.assets import Assets
from stacks.canaries import Canaries, group_arn
from stacks.data import DataStack
from stacks.domain import OwnDomain
from stacks.environment import function_settings, stage_settings
from stacks.function import ServiceFunction
from stacks.functions import PLANS, RELEASED, FunctionPlan, Target
from stacks.layers import DISTRIBUTIONS
from stacks.openapi import Document
from stacks.partners import PartnerApi
from stacks.permissions import key_statements, plan_statements, target_arns
from stacks.release import Release
from stacks.rest_api import RestApi
from stacks.stages import Stage
from stacks.waf.acl import WebAcl
from stacks.workers import feed_outbox, run_each_minute


class ApiStack(cdk.Stack):
    """Everything of a stage that holds no data: it can be thrown away and deployed anew."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        data: DataStack,
        document: Document,
        assets: Assets,
        version: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Greenroom, stage {stage.name}: functions and API",
            termination_protection=stage.keeps_data,
            analytics_reporting=False,
        )
        self.rest_api = RestApi(self, "Gateway", stage=stage)
        arns = target_arns(self, stage, data)
        settings = stage_settings(
            stage, data, public_url=stage.site.own_url or self.rest_api.url, version=version
        )
        self._stage, self._assets, self._data = stage, assets, data
        self._dependencies = {
            layer: self._layer(f"{layer.capitalize()}Dependencies", assets.dependencies(layer))
            for layer in DISTRIBUTIONS
        }
        self._shared = self._layer("Shared", assets.shared())
        self.releases = {
            plan.name: Release(
                self,
                f"{plan.name.capitalize()}Release",
                name=plan.name,
                stage=stage,
                function=self._function(plan, settings, arns),
            )
            for plan in RELEASED
        }
        self._try_out(settings, arns)
        live = {name: release.alias for name, release in self.releases.items()}
        self.rest_api.add_routes(
            document, {plan.name: live[plan.name] for plan in RELEASED if plan.behind_gateway}
        )
        stage_arn = self.rest_api.api.deployment_stage.stage_arn
        firewall = WebAcl(self, "Firewall", stage=stage, document=document, stage_arn=stage_arn)
        domain = self._domain(stage)
        if stage.site.partners:
            partners = PartnerApi(self, "Partners", stage=stage, document=document)
            partners.add_routes(partners.document, {"catalog": live["catalog"]})
            partners.give_keys()
            firewall.protect("PartnersAssociation", partners.api.deployment_stage.stage_arn)
            if domain:
                domain.lead("PartnersMapping", partners.api, path="partners")
        (stream_arn,), (queue_arn,) = arns[Target.BOOKING_STREAM], arns[Target.UNDELIVERED]
        feed_outbox(
            self,
            "BookingEvents",
            function=live["outbox"],
            stream_arn=stream_arn,
            queue_arn=queue_arn,
        )
        run_each_minute(self, "Sweep", function=live["sweeper"])

    def _try_out(self, settings: Mapping[str, str], arns: Mapping[Target, Sequence[str]]) -> None:
        """Make the function that tries the versions out and, where the stage has canaries, let it decide."""
        stage, (plan,) = self._stage, (plan for plan in PLANS if plan not in RELEASED)
        versions = {name: release.version.function_arn for name, release in self.releases.items()}
        smoke = self._function(
            plan,
            {**settings, "SMOKE_VERSIONS": ",".join(f"{name}={arn}" for name, arn in versions.items())},
            {
                **arns,
                Target.VERSIONS: list(versions.values()),
                Target.CANARIES: [group_arn(self, stage, name) for name in versions] if stage.canary else [],
            },
        )
        if stage.canary:
            Canaries(self, "Canaries", stage=stage, releases=self.releases, smoke=smoke)

    def _function(
        self, plan: FunctionPlan, settings: Mapping[str, str], arns: Mapping[Target, Sequence[str]]
    ) -> lambda_.Function:
        return ServiceFunction(
            self,
            plan.name.capitalize(),
            plan=plan,
            stage=self._stage,
            code=self._assets.function(plan.name),
            layers=[*(self._dependencies[layer] for layer in plan.layers), self._shared],
            environment=function_settings(plan, settings),
            statements=[*plan_statements(plan, arns), *key_statements(self, plan, self._data)],
        ).function

    def _domain(self, stage: Stage) -> OwnDomain | None:
        site = stage.site
        if not (site.domain and site.certificate_arn):
            return None
        domain = OwnDomain(self, "Domain", domain=site.domain, certificate_arn=site.certificate_arn)
        domain.lead("Mapping", self.rest_api.api)
        return domain

    def _layer(self, construct_id: str, code: lambda_.Code) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            construct_id,
            code=code,
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )
