"""The log groups of a stage: who writes where."""

from collections.abc import Mapping

from stacks.functions import PLANS
from stacks.stages import Stage


def function_logs(stage: Stage) -> Mapping[str, str]:
    """Return the names of the functions' log groups by function."""
    return {plan.name: f"/greenroom/{stage.name}/{plan.name}" for plan in PLANS}


def all_logs(stage: Stage) -> Mapping[str, str]:
    """Return the names of all log groups: by function, ``api`` and ``partners`` of the gateway, WAF's."""
    return {
        **function_logs(stage),
        "api": f"/greenroom/{stage.name}/api",
        **({"partners": f"/greenroom/{stage.name}/partners"} if stage.site.partners else {}),
        "firewall": f"aws-waf-logs-greenroom-{stage.name}",
    }
