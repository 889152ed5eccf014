"""What takes a release back: the new version alone, while it shares the calls with the one before."""

from collections.abc import Iterable

from greenroom.telemetry import catalogue
from stacks.functions import FunctionPlan
from stacks.observability.alarms.alarm import Alarm, Composite, Severity
from stacks.observability.sources import of_aws, ours
from stacks.release import ALIAS
from stacks.stages import Stage

_RUNBOOK = "rollback.md#the-newest-version-fails"
_OR_ANSWERED = ", or answered 5xx three times in a minute"


def canary(stage: Stage, plan: FunctionPlan, version: str) -> Alarm:
    """Return the alarm on one version of a function, by which CodeDeploy takes it back.

    Lambda counts crashes by the version that ran, for calls by an alias. An error that was answered is none
    to it; those the functions count by version themselves.
    """
    name = f"greenroom-{stage.name}-{plan.name}"
    crashed = of_aws(
        "AWS/Lambda:Errors by version",
        "Sum",
        FunctionName=name,
        Resource=f"{name}:{ALIAS}",
        ExecutedVersion=version,
    )
    answered = ours(stage.name, catalogue.SERVER_ERRORS, "Sum", service=plan.name, version=version)
    answers = plan.behind_gateway
    return Alarm(
        name=f"canary-{plan.name}",
        severity=Severity.PART,
        means=f"The newest version of {plan.name} crashed{_OR_ANSWERED if answers else ''}. While it shares "
        "the calls with the one before, CodeDeploy takes it back.",
        look="the deployment in CodeDeploy, then the saved query 'error'.",
        runbook=_RUNBOOK,
        terms={"crashed": crashed, **({"answered": answered} if answers else {})},
        expression="IF(FILL(crashed, 0) >= 1 OR FILL(answered, 0) >= 3, 1, 0)" if answers else None,
        threshold=1,
        period=60,
        # Five minutes are all there is, and CloudWatch is a minute or two late.
        points=(1, 1),
    )


def release(functions: Iterable[str]) -> Composite:
    """Return the alarm that tells people of any of them; those are raised in the stack of the functions."""
    return Composite(
        name="canary",
        severity=Severity.TICKET,
        means=f"The newest version of a function crashed{_OR_ANSWERED}. While it shares the calls with the "
        "one before, CodeDeploy takes it back.",
        look="the deployments in CodeDeploy: taken back? Then the saved query 'error'.",
        runbook=_RUNBOOK,
        parts=tuple(f"canary-{function}" for function in functions),
        joined="OR",
    )
