"""From an alarm to a person: CloudWatch may publish, and use the key; nobody may without TLS."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.observability.observed import stack
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")


@pytest.mark.parametrize("stage", STAGES)
def test_both_topics_are_encrypted_by_a_key_that_cloudwatch_may_use(assembly: Assembly, stage: str) -> None:
    topics = assembly.resources(stack(stage), "SNS::Topic")

    assert {assembly.text(topic["Properties"]["KmsMasterKeyId"]) for topic in topics.values()} == {
        "<TopicsKey.Arn>"
    }
    key = assembly.one(stack(stage), "KMS::Key")
    assert key["EnableKeyRotation"] is True
    (statement,) = (
        found
        for found in key["KeyPolicy"]["Statement"]
        if found["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    )
    assert statement["Effect"] == "Allow"
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert _own_account(statement)


def _own_account(statement: Any) -> bool:
    return bool(statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}})


@pytest.mark.parametrize("stage", STAGES)
def test_alarms_of_this_stage_may_publish_and_nobody_without_tls(assembly: Assembly, stage: str) -> None:
    policies = assembly.resources(stack(stage), "SNS::TopicPolicy")

    told = {assembly.text(policy["Properties"]["Topics"][0]) for policy in policies.values()}
    assert told == {"<TopicsPages>", "<TopicsTickets>"}
    for policy in policies.values():
        denied, allowed = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "sns:Publish")
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert (allowed["Effect"], allowed["Action"]) == ("Allow", "sns:Publish")
        assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert _own_account(allowed)
        assert assembly.text(allowed["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(
            f":alarm:greenroom-{stage}-*"
        )


@pytest.mark.parametrize("stage", STAGES)
def test_without_addresses_nobody_is_subscribed(assembly: Assembly, stage: str) -> None:
    assert assembly.resources(stack(stage), "SNS::Subscription") == {}


def test_the_addresses_of_a_site_hear_of_pages_and_tickets(tmp_path: Path) -> None:
    from stacks.assembly import assemble

    site = {"alarm_emails": ["a@ops.test", "b@ops.test"], "runbooks_url": "https://code.test/runbooks/"}
    assemble(outdir=tmp_path, context={"dependencies": "omit", "sites": {"dev": site}}).synth()

    found = Assembly(tmp_path)
    subscriptions = [
        subscription["Properties"]
        for subscription in found.resources(stack("dev"), "SNS::Subscription").values()
    ]
    assert {(found.text(one["TopicArn"]), one["Protocol"], one["Endpoint"]) for one in subscriptions} == {
        (topic, "email", address)
        for topic in ("<TopicsPages>", "<TopicsTickets>")
        for address in site["alarm_emails"]
    }
    for alarm in found.resources(stack("dev"), "CloudWatch::Alarm").values():
        link = alarm["Properties"]["AlarmDescription"].partition("Runbook: ")[2]
        assert link.startswith("https://code.test/runbooks/")
        assert "//" not in link.removeprefix("https://")
