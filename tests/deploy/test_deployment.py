"""The dev stage, deployed by CloudFormation into an emulator: used through its API Gateway, and destroyed."""

from pathlib import Path

import pytest

from local.deploy.remains import remains
from local.deploy.stacks import Stacks
from local.resources import client, queue
from tests.infra.templates import Assembly
from tests.support.client import Client
from tests.support.emulator import RunningEmulator
from tests.support.journey import main_job, negotiation
from tests.support.system import launch, running_system

pytestmark = pytest.mark.xdist_group("deploy")


def test_the_main_job_is_done_through_the_deployed_gateway_and_nothing_is_left_behind(
    assembly: Assembly, tmp_path: Path
) -> None:
    synthesised = ("--synthesised", str(assembly.folder))
    with (
        running_system(tmp_path / "data", *synthesised, module="local.deploy") as deployed,
        Client(deployed) as speaker,
    ):
        buyer = speaker.new_buyer()
        main_job(speaker, buyer)
        negotiation(speaker, buyer, deployed.log_in("agent"))
        assert speaker.http.post("/v1/auth/logout", headers=buyer).status_code == 204
        assert speaker.http.get("/v1/me", headers=buyer).status_code == 401

    assert deployed.launched.wait() == 0, deployed.launched.output()
    assert "Nothing is left of it." in deployed.launched.output()
    assert "Traceback" not in deployed.launched.output()


def test_what_is_left_over_is_seen(emulator: RunningEmulator) -> None:
    before = remains(emulator.url)
    url = queue(emulator.url, "left-over")
    key = client("kms", emulator.url).create_key()["KeyMetadata"]["KeyId"]
    settings = {
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = client("cloudfront", emulator.url).create_origin_access_control(
        OriginAccessControlConfig={"Name": "left-over", **settings}
    )
    access = made["OriginAccessControl"]["Id"]

    assert remains(emulator.url) - before == {f"sqs {url}", f"kms {key}", f"cloudfront {access}"}

    client("cloudfront", emulator.url).delete_origin_access_control(Id=access, IfMatch=made["ETag"])
    client("sqs", emulator.url).delete_queue(QueueUrl=url)
    client("kms", emulator.url).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert remains(emulator.url) == before


def test_logs_of_calls_that_outlive_the_stacks_go_with_them(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks, logs = Stacks(emulator.url, "ended"), client("logs", emulator.url)
    stacks.bootstrap()
    logs.create_log_group(logGroupName="before")
    monkeypatch.setattr(Stacks, "_gone", lambda _, stack: logs.create_log_group(logGroupName=stack))

    stacks.destroy()

    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["before"]
    logs.delete_log_group(logGroupName="before")


def test_a_stack_that_cannot_be_made_is_named_with_the_reason(assembly: Assembly, tmp_path: Path) -> None:
    synthesised = tmp_path / "synthesised"
    synthesised.mkdir()
    for file in assembly.folder.glob("greenroom-dev-data.*.json"):
        text = file.read_text("utf-8").replace('AWS::SQS::Queue"', 'AWS::Made::Up"')
        (synthesised / file.name).write_text(text, "utf-8")

    launched = launch(tmp_path / "data", "--synthesised", str(synthesised), module="local.deploy")

    assert launched.wait() == 1
    assert "greenroom-dev-data was not made" in launched.output()
    assert "AWS::Made::Up" in launched.output()
