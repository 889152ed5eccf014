"""The table of alarms: all that a stage has, in the order of who needs them first."""

from collections.abc import Mapping

from stacks.functions import RELEASED
from stacks.observability.alarms import abuse, answers, background, canary, capacity
from stacks.observability.alarms.alarm import AnyAlarm
from stacks.observability.watched import Watched


def all_alarms(watched: Watched, archived: Mapping[str, str]) -> tuple[AnyAlarm, ...]:
    """Return every alarm of a stage; ``archived`` are the streams of its archive by log, empty for none."""
    return (
        answers.hurt(),
        *answers.errors(watched),
        *answers.latency(watched),
        *answers.budget(watched),
        *capacity.functions(watched),
        *capacity.tables(watched),
        capacity.keys(watched),
        *abuse.security(watched),
        *abuse.defences(watched),
        *background.events(watched),
        *background.workers(watched),
        *background.payments(watched),
        *([canary.release(plan.name for plan in RELEASED)] if watched.stage.canary else []),
        *background.archive(archived),
    )
