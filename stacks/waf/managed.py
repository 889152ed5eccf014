"""The rule groups that AWS keeps: addresses of ill repute, and inputs that no honest client sends."""

from dataclasses import dataclass

from aws_cdk import aws_wafv2 as wafv2

from stacks.stages import ManagedRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedGroup:
    """One group of AWS; ``counted`` are its rules that never block, whatever the stage says."""

    name: str
    group: str
    counted: tuple[str, ...] = ()


# The list of anonymising addresses (VPNs, hosting providers) is left out: customers use them.
GROUPS = (
    ManagedGroup(name="reputation", group="AWSManagedRulesAmazonIpReputationList"),
    ManagedGroup(name="known_bad_inputs", group="AWSManagedRulesKnownBadInputsRuleSet"),
    ManagedGroup(
        name="common",
        group="AWSManagedRulesCommonRuleSet",
        # It stops at 8 KB, the API takes 256 KiB and answers more with 413 itself.
        counted=("SizeRestrictions_BODY",),
    ),
)
"""In the order of evaluation, the cheapest first."""


def statement(group: ManagedGroup) -> wafv2.CfnWebACL.StatementProperty:
    """Return the reference to a group, always in the version that AWS recommends."""
    overrides = [
        wafv2.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in group.counted
    ]
    return wafv2.CfnWebACL.StatementProperty(
        managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS", name=group.group, rule_action_overrides=overrides or None
        )
    )


def override(mode: ManagedRules) -> wafv2.CfnWebACL.OverrideActionProperty:
    """Return what becomes of a group's own actions: all only counted, or left as they are."""
    if mode == "count":
        return wafv2.CfnWebACL.OverrideActionProperty(count={})
    return wafv2.CfnWebACL.OverrideActionProperty(none={})
