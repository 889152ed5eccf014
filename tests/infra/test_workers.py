"""What runs the outbox and the sweeper."""

import json

import pytest

from tests.infra.templates import STAGES, Assembly, readable

pytestmark = pytest.mark.xdist_group("infra")


@pytest.mark.parametrize("stage", STAGES)
def test_the_outbox_is_fed_every_booking_event_and_nothing_else(assembly: Assembly, stage: str) -> None:
    mapping = assembly.one(f"greenroom-{stage}-api", "Lambda::EventSourceMapping")

    assert assembly.text(mapping["EventSourceArn"]) == "<TablesBookings.StreamArn>"
    assert assembly.text(mapping["FunctionName"]) == "<OutboxReleaseLive>"
    (only,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"kind": {"S": ["event"]}}},
    }
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


@pytest.mark.parametrize("stage", STAGES)
def test_an_event_that_cannot_be_announced_is_set_apart_and_noted(assembly: Assembly, stage: str) -> None:
    mapping = assembly.one(f"greenroom-{stage}-api", "Lambda::EventSourceMapping")

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 10 <= mapping["MaximumRetryAttempts"] <= 100
    # Within the stream's own 24 hours, so that nothing falls off its end unnoticed.
    assert 60 * 60 <= mapping["MaximumRecordAgeInSeconds"] < 24 * 60 * 60
    assert mapping["ParallelizationFactor"] > 1
    noted = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert assembly.text(noted) == "<UndeliveredEvents.Arn>"


@pytest.mark.parametrize("stage", STAGES)
def test_the_sweeper_runs_each_minute_and_by_its_schedule_alone(assembly: Assembly, stage: str) -> None:
    stack = f"greenroom-{stage}-api"
    rule = assembly.one(stack, "Events::Rule")

    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["State"] == "ENABLED"
    (target,) = rule["Targets"]
    assert assembly.text(target["Arn"]) == "<SweeperReleaseLive>"
    (permission,) = (
        found["Properties"]
        for found in assembly.resources(stack, "Lambda::Permission").values()
        if found["Properties"]["Principal"] == "events.amazonaws.com"
    )
    assert assembly.text(permission["FunctionName"]) == "<SweeperReleaseLive>"
    assert assembly.text(permission["SourceArn"]) == "<Sweep.Arn>"


@pytest.mark.parametrize("stage", STAGES)
def test_a_failed_sweep_is_left_to_the_next_minute(assembly: Assembly, stage: str) -> None:
    stack = f"greenroom-{stage}-api"

    (target,) = assembly.one(stack, "Events::Rule")["Targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
    ((_, resource),) = assembly.resources(stack, "Lambda::EventInvokeConfig").items()
    retries = resource["Properties"]
    assert assembly.text(retries["FunctionName"]) == "<SweeperFunction>"
    assert retries["Qualifier"] == "live"
    assert "SweeperReleaseLive" in set(map(readable, resource["DependsOn"]))
    assert retries["MaximumRetryAttempts"] == 0
