"""The whole app: every stage's stacks, from settings, the OpenAPI document and the code."""

import json
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.account import AccountStack
from stacks.acknowledged import acknowledge_account, acknowledge_stage
from stacks.api import ApiStack
from stacks.assets import Assets, Shortcoming
from stacks.data import DataStack
from stacks.delivery import ENVIRONMENTS, NOT_CHOSEN, DeliveryStack
from stacks.observability.stack import ObservabilityStack
from stacks.openapi import DOCUMENT, Document, read_document
from stacks.stages import Stage, all_stages

ROOT = Path(__file__).resolve().parent.parent


def _version(app: cdk.App) -> str:
    """Return what is being deployed: what a pipeline says, or the project's version."""
    given = app.node.try_get_context("version")
    if given:
        return str(given)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _report(stacks: Iterable[cdk.Stack], stage: Stage, assets: Assets) -> None:
    """Note on the stacks why they should not be deployed. The CDK's CLI refuses to deploy past an error."""
    lacking = list(assets.shortcomings)
    if not stage.site.chosen:
        text = f"no mail can be sent from {stage.site.mail_domain}: choose a domain in cdk.json"
        lacking.append(Shortcoming("mail-domain", text, works=True))
    if stage.strict and not stage.site.alarm_emails:
        text = "nobody hears of the alarms: name alarm_emails in cdk.json"
        lacking.append(Shortcoming("alarms", text, works=True))
    for notes in map(cdk.Annotations.of, stacks):
        for lack in lacking:
            if stage.strict or not lack.works:
                notes.add_error(lack.text)
            else:
                notes.add_warning_v2(f"greenroom:{lack.code}", lack.text)


def _add_stage(app: cdk.App, stage: Stage, *, document: Document, assets: Assets) -> None:
    name = f"greenroom-{stage.name}"
    data = DataStack(app, f"{name}-data", stage=stage)
    api = ApiStack(
        app,
        f"{name}-api",
        stage=stage,
        data=data,
        document=document,
        assets=assets,
        version=_version(app),
    )
    observability = ObservabilityStack(
        app, f"{name}-observability", stage=stage, data=data, document=document
    )
    # Its filters read the logs of the functions.
    observability.add_stack_dependency(api)
    for stack in (data, api, observability):
        cdk.Tags.of(stack).add("project", "greenroom")
        cdk.Tags.of(stack).add("stage", stage.name)
    _report((data, api, observability), stage, assets)
    acknowledge_stage({"data": data, "api": api, "observability": observability}, stage, document)


def assemble(*, outdir: Path, document: Path = DOCUMENT, context: Mapping[str, Any] | None = None) -> cdk.App:
    """Return the app with every stage, ready to ``synth()`` into ``outdir``.

    Settings are the context of cdk.json, then ``context``, then what the CDK's CLI was given:
    ``stage`` (the developer's own, also GREENROOM_STAGE), ``sites``, ``repository``, ``version``, and
    ``dependencies: "omit"`` to leave their layer empty.
    """
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        outdir=str(outdir),
        context={**settings, **(context or {})},
        analytics_reporting=False,
        # They name folders of this machine, and no two runs have the same.
        stack_traces=False,
    )
    personal = app.node.try_get_context("stage") or os.environ.get("GREENROOM_STAGE")
    stages = all_stages(app.node.try_get_context("sites") or {}, personal)
    assets = Assets(ROOT, with_dependencies=app.node.try_get_context("dependencies") != "omit")
    for lack in assets.shortcomings:
        sys.stderr.write(f"warning: {lack.text}; stages that must not be deployed so are marked\n")
    found = read_document(document)
    acknowledge_account(AccountStack(app, "greenroom-account"))
    repository = str(app.node.try_get_context("repository") or NOT_CHOSEN)
    for name in ENVIRONMENTS:
        DeliveryStack(app, f"greenroom-delivery-{name}", stage=name, repository=repository)
    for stage in stages:
        _add_stage(app, stage, document=found, assets=assets)
    return app
