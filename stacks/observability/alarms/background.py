"""What goes on behind the answers: events, mails, deadlines, payments, the archive."""

from collections.abc import Iterator, Mapping

from greenroom.telemetry import catalogue
from stacks.observability.alarms.alarm import MOST_TERMS, Alarm, Missing, Severity
from stacks.observability.sources import of_aws
from stacks.observability.watched import Watched


def events(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on the way from an event to its mail."""
    yield Alarm(
        name="stream-age",
        severity=Severity.TICKET,
        means="Booking events wait five minutes or more for the outbox: it fails, or is too slow.",
        look="saved query 'error', function outbox.",
        runbook="delivery.md#events-wait",
        terms={"age": watched.of_function("outbox", "IteratorAge", "Maximum")},
        threshold=5 * 60 * 1000,
        unit="ms",
        period=60,
        points=(3, 5),
    )
    yield Alarm(
        name="dead-letter",
        severity=Severity.TICKET,
        means="A booking event was given up after six hours of tries: somebody was not told.",
        look="the queue of undelivered events: its message names the shard and the sequence numbers.",
        runbook="delivery.md#an-event-was-given-up",
        terms={"waiting": watched.of_queue()},
        threshold=1,
        period=300,
        points=(1, 1),
        # The queue falls silent six hours after its last call, with the message still in it.
        missing=Missing.UNCHANGED,
    )
    yield Alarm(
        name="outbox-age",
        severity=Severity.TICKET,
        means="Mails go out five minutes or more after what they tell of.",
        look="dashboard business, 'Mails': are they late, or failing too?",
        runbook="delivery.md#mails-are-late",
        terms={"age": watched.ours(catalogue.OUTBOX_AGE, "p95")},
        threshold=5 * 60,
        unit="s",
        period=300,
        points=(2, 3),
    )
    yield Alarm(
        name="mail-failures",
        severity=Severity.TICKET,
        means="The mail service does not take mails. They are tried again for six hours.",
        look="saved query 'business', event mail_failed: which error?",
        runbook="delivery.md#mails-fail",
        terms={"failures": watched.ours(catalogue.MAIL_FAILURES, "Sum")},
        threshold=5,
        period=300,
        points=(2, 3),
    )


def workers(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on what no request runs."""
    for plan in watched.functions:
        if not plan.behind_gateway:
            yield Alarm(
                name=f"worker-errors-{plan.name}",
                severity=Severity.TICKET,
                means=f"The worker {plan.name} fails again and again: it raised, ran out of time or memory.",
                look=f"saved query 'error', function {plan.name}.",
                runbook="errors.md#a-worker-fails",
                terms={"errors": watched.of_function(plan.name, "Errors", "Sum")},
                threshold=1,
                period=60,
                points=(3, 5),
            )
    yield Alarm(
        name="sweep-lag",
        severity=Severity.TICKET,
        means="Deadlines are written down five minutes or more after they passed: people learn it late.",
        look="saved query 'error', function sweeper: 'expiry put off'?",
        runbook="delivery.md#deadlines-are-written-late",
        terms={"lag": watched.ours(catalogue.SWEEP_LAG, "Maximum")},
        threshold=5 * 60,
        unit="s",
        period=300,
        points=(2, 3),
    )
    yield Alarm(
        name="sweeper-silent",
        severity=Severity.TICKET,
        means="The sweeper, which runs each minute, has not run for five.",
        look="its schedule in EventBridge: is the rule enabled? Then 'Throttles'.",
        runbook="delivery.md#the-sweeper-does-not-run",
        terms={"runs": watched.of_function("sweeper", "Invocations", "Sum")},
        comparison="LessThanThreshold",
        threshold=1,
        period=60,
        points=(5, 5),
        missing=Missing.BAD,
    )


def payments(watched: Watched) -> Iterator[Alarm]:
    """Yield the alarms on the payment provider."""
    yield Alarm(
        name="provider-errors",
        severity=Severity.TICKET,
        means="The payment provider fails a fifth of its calls or more: people cannot pay.",
        look="the provider's status page, then the saved query 'error', function payments.",
        runbook="payments.md#the-provider-fails",
        terms={
            "errors": watched.ours(catalogue.PROVIDER_ERRORS, "Sum"),
            "calls": watched.ours(catalogue.PROVIDER_LATENCY, "SampleCount"),
        },
        expression="IF(calls >= 5, 100 * FILL(errors, 0) / calls, 0)",
        threshold=20,
        unit="%",
        period=300,
        points=(2, 3),
    )
    yield Alarm(
        name="provider-latency",
        severity=Severity.TICKET,
        means="One call of the payment provider in twenty takes five seconds or more.",
        look="the provider's status page; dashboard operations, 'Payment provider'.",
        runbook="payments.md#the-provider-is-slow",
        terms={"p95": watched.ours(catalogue.PROVIDER_LATENCY, "p95")},
        threshold=5000,
        unit="ms",
        period=300,
        points=(2, 3),
    )


def archive(streams: Mapping[str, str]) -> Iterator[Alarm]:
    """Yield the alarms on logs that do not reach their archive; ``streams`` are Firehose's, by their log.

    One alarm looks at as many as one expression may have.
    """
    names = list(streams)
    for number, first in enumerate(range(0, len(names), MOST_TERMS)):
        part = {name: streams[name] for name in names[first : first + MOST_TERMS]}
        yield _late(part, f"archive-late-{number + 1}" if number else "archive-late")


def _late(streams: Mapping[str, str], alarm_name: str) -> Alarm:
    ages = {
        name: of_aws("AWS/Firehose:DeliveryToS3.DataFreshness", "Maximum", DeliveryStreamName=stream)
        for name, stream in streams.items()
    }
    return Alarm(
        name=alarm_name,
        severity=Severity.TICKET,
        means="Logs wait an hour or more for their archive. After a day Firehose drops them; their groups "
        "still have them.",
        look="Firehose, the freshness of each stream; objects under errors/ in the bucket.",
        runbook="archive.md#the-archive-falls-behind",
        terms=ages,
        expression=f"MAX([{', '.join(f'FILL({name}, 0)' for name in ages)}])" if len(ages) > 1 else None,
        threshold=60 * 60,
        unit="s",
        period=300,
        points=(3, 3),
    )
