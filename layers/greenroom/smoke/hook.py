"""The answer to CodeDeploy, which asks before a version gets its first call: shall it, or not?"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from greenroom.telemetry.faults import report_fault

from .asking import Unexpected

Status = Literal["Succeeded", "Failed"]


class CodeDeploy(Protocol):
    """What is used of CodeDeploy's client."""

    def get_deployment(self, *, deploymentId: str) -> Mapping[str, Any]:  # noqa: N803
        """Return what is known of a deployment."""

    def put_lifecycle_event_hook_execution_status(
        self,
        *,
        deploymentId: str,  # noqa: N803
        lifecycleEventHookExecutionId: str,  # noqa: N803
        status: Status,
    ) -> Mapping[str, Any]:
        """Tell how a hook ended."""


def answer_hook(event: Mapping[str, str], codedeploy: CodeDeploy, *, check: Callable[[str], None]) -> Status:
    """Check what is being deployed and tell CodeDeploy; return what it was told.

    It is told whatever happens: without a word it would wait for an hour. Only what it does not take is
    raised. ``check`` is given the name of the deployment group.
    """
    deployment = event["DeploymentId"]
    status: Status = "Failed"
    try:
        told = codedeploy.get_deployment(deploymentId=deployment)
        check(told["deploymentInfo"]["deploymentGroupName"])
        status = "Succeeded"
    except Unexpected as wrong:
        report_fault("a new version was turned down", wrong, reason=str(wrong))
    except Exception as error:  # whatever it was, nobody knows that the version is good
        report_fault("a new version could not be tried out", error)
    finally:
        codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment,
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )
    return status
