"""The smoke function: CodeDeploy asks it before a new version gets its first call.

Called by hand with anything else, it tries all versions of its release out and tells which of them failed:
``aws lambda invoke --function-name greenroom-staging-smoke --payload '{}' /dev/stdout``.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from botocore.config import Config

from greenroom.smoke.asking import Unexpected
from greenroom.smoke.hook import CodeDeploy, answer_hook
from greenroom.smoke.versions import Lambda, Version, try_out
from greenroom.storage.clients import session
from greenroom.telemetry import errors
from greenroom.telemetry.worker import Worker

from .settings import SmokeSettings

_CALL_SECONDS = 20
"""For one answer of a version that starts cold. A version that needs longer is not good."""
_REPORT_SECONDS = 10
"""Kept for telling CodeDeploy."""


class OutOfTime(Unexpected):
    """The time-out is too near for one more question."""


# A call is not repeated: a version that fails once is turned down.
_ONCE = Config(
    connect_timeout=2, read_timeout=_CALL_SECONDS, retries={"mode": "standard", "total_max_attempts": 1}
)
_TELL = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


@cache
def _lambda() -> Lambda:
    client: Lambda = session().client("lambda", config=_ONCE)
    return client


@cache
def _codedeploy() -> CodeDeploy:
    client: CodeDeploy = session().client("codedeploy", config=_TELL)
    return client


@cache
def _settings() -> SmokeSettings:
    settings = SmokeSettings.read()
    errors.configure(settings)
    return settings


def in_time(context: Any) -> None:
    """Raise ``OutOfTime`` unless there is time for one more call and for the report."""
    if context.get_remaining_time_in_millis() < 1000 * (_CALL_SECONDS + _REPORT_SECONDS):
        raise OutOfTime("no time is left for the rest")


def check(function: str, watch: Callable[[], None]) -> None:
    """Try the function's version of this release out; raise ``Unexpected``."""
    arn = _settings().smoke_versions.get(function)
    if arn is None:
        raise Unexpected(f"this release has no version of {function}")
    try_out(function, Version(_lambda(), arn, watch))


def check_group(group: str, watch: Callable[[], None]) -> None:
    """Try out what a deployment group deploys: it is called as Lambda calls the function."""
    check(group.removeprefix(f"greenroom-{_settings().stage}-"), watch)


def serve(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer CodeDeploy, or whoever asks about all versions."""
    watch = partial(in_time, context)
    if "DeploymentId" in event:
        return {"status": answer_hook(event, _codedeploy(), check=lambda group: check_group(group, watch))}
    failed: dict[str, str] = {}
    for function in _settings().smoke_versions:
        try:
            check(function, watch)
        except Unexpected as wrong:
            failed[function] = str(wrong)
    return {"failed": failed, "tried": sorted(_settings().smoke_versions)}


handler = Worker("smoke", serve, prepare=_codedeploy)
