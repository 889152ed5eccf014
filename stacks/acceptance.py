"""How a finding of the template checks is accepted: on one construct, with its reason in the report."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from stacks.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One finding on one construct of a stage's stack; ``{stage}`` in the rule is the stage's name."""

    rule: str
    part: str
    """The stack's name without the stage: ``data``, ``api``, …"""
    path: str
    reason: str
    where: Callable[[Stage], bool] = lambda _: True
    """In which stages there is such a finding."""


def logical_id(path: str) -> str:
    """Return what a template calls the resource of a construct: some findings name it so."""
    parts = (*path.split("/"), "Resource")
    digest = hashlib.md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()
    return "".join(parts[:-1]) + digest[:8].upper()


def acknowledge(stack: cdk.Stack, accepted: Accepted, stage: str) -> None:
    """Tell the checks what is accepted; raise for a path that leads nowhere."""
    construct: Construct = stack
    for part in accepted.path.replace("{stage}", stage).split("/"):
        child = construct.node.find_child(part)
        if not isinstance(child, Construct):
            raise TypeError(f"{accepted.path} is no construct")
        construct = child
    rule = accepted.rule.replace("{stage}", stage)
    # With the plugin's name before it: the report then lists what was accepted, and why.
    plugin = "AwsSolutions" if rule.startswith("AwsSolutions-") else "CloudFormation-Validate"
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"{plugin}::{rule}", reason=accepted.reason)
    )
