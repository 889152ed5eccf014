"""The archive: every log of a stage that asks, in lines, private, ever colder, and gone in the end."""

from pathlib import Path

import pytest

from tests.infra.observability.observed import stack
from tests.infra.once import made_once
from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

BUCKET = "<LogArchive.Arn>"


def _with_staging(outdir: Path) -> None:
    from stacks.assembly import assemble

    sites = {"staging": {"archive_logs": True}}
    assemble(outdir=outdir, context={"dependencies": "omit", "sites": sites}).synth()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return the stages with an archive for staging."""
    return Assembly(made_once(tmp_path_factory, "archived", _with_staging))


def test_only_production_and_who_asks_has_an_archive(assembly: Assembly, asked: Assembly) -> None:
    def archived(found: Assembly) -> set[str]:
        return {name for name in found.names() if "LogArchive" in found.resources(name, "S3::Bucket")}

    assert archived(assembly) == {"greenroom-prod-data"}
    assert archived(asked) == {"greenroom-prod-data", "greenroom-staging-data"}
    assert asked.resources(stack("dev"), "KinesisFirehose::DeliveryStream") == {}


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_every_log_group_flows_into_a_stream_of_its_own(asked: Assembly, stage: str) -> None:
    groups = {
        group["Properties"]["LogGroupName"]
        for group in asked.resources(f"greenroom-{stage}-api", "Logs::LogGroup").values()
    }
    subscriptions = asked.resources(stack(stage), "Logs::SubscriptionFilter").values()
    streams = asked.resources(stack(stage), "KinesisFirehose::DeliveryStream")

    assert {found["Properties"]["LogGroupName"] for found in subscriptions} == groups
    fed = {asked.text(found["Properties"]["DestinationArn"]) for found in subscriptions}
    assert fed == {f"<{name}.Arn>" for name in streams}
    for found in subscriptions:
        assert found["Properties"]["FilterPattern"] == ""
        assert asked.text(found["Properties"]["RoleArn"]) == "<ArchiveSend.Arn>"


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_objects_are_compressed_lines_under_their_log_and_date(asked: Assembly, stage: str) -> None:
    for resource in asked.resources(stack(stage), "KinesisFirehose::DeliveryStream").values():
        properties = resource["Properties"]
        log = properties["DeliveryStreamName"].removeprefix(f"greenroom-{stage}-")
        target = properties["ExtendedS3DestinationConfiguration"]
        assert target["Prefix"] == f"{log}/!{{timestamp:yyyy/MM/dd}}/"
        assert target["ErrorOutputPrefix"].startswith(f"errors/{log}/!{{firehose:error-output-type}}/")
        assert target["CompressionFormat"] == "GZIP"
        steps = [step["Type"] for step in target["ProcessingConfiguration"]["Processors"]]
        # Decompressed first, or objects would be compressed twice and hold lines within documents.
        assert steps == ["Decompression", "CloudWatchLogProcessing", "AppendDelimiterToRecord"]
        assert target["ProcessingConfiguration"]["Enabled"] is True
        assert asked.text(target["BucketARN"]) == BUCKET
        assert asked.text(target["RoleARN"]) == "<ArchiveDeliver.Arn>"
        assert properties["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


def test_each_role_of_the_archive_holds_exactly_its_calls(asked: Assembly) -> None:
    assert asked.role_statements(stack("prod"), "ArchiveDeliver") == {
        f"{BUCKET}/*": {"s3:PutObject", "s3:AbortMultipartUpload"},
        BUCKET: {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
    }
    sent = asked.role_statements(stack("prod"), "ArchiveSend")
    streams = asked.resources(stack("prod"), "KinesisFirehose::DeliveryStream").values()
    assert set(sent) == {
        "arn:<AWS::Partition>:firehose:<AWS::Region>:<AWS::AccountId>:deliverystream/"
        + stream["Properties"]["DeliveryStreamName"]
        for stream in streams
    }
    assert all(calls == {"firehose:PutRecord", "firehose:PutRecordBatch"} for calls in sent.values())


def test_each_role_of_the_archive_is_taken_only_by_its_service_for_this_stage(asked: Assembly) -> None:
    roles = asked.resources(stack("prod"), "IAM::Role")

    assert set(roles) == {"ArchiveDeliver", "ArchiveSend"}
    taken = {}
    for name, role in roles.items():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        sources = trust["Condition"]["ArnLike"]["aws:SourceArn"]
        for source in sources if isinstance(sources, list) else [sources]:
            assert "greenroom-prod" in asked.text(source) or "/greenroom/prod/" in asked.text(source)
        taken[name] = trust["Principal"]["Service"]
    assert taken == {"ArchiveDeliver": "firehose.amazonaws.com", "ArchiveSend": "logs.amazonaws.com"}


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_the_bucket_is_private_versioned_encrypted_and_stays(asked: Assembly, stage: str) -> None:
    data = f"greenroom-{stage}-data"
    resource = asked.resources(data, "S3::Bucket")["LogArchive"]
    bucket = resource["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    policy = asked.resources(data, "S3::BucketPolicy")["LogArchivePolicy"]
    denied = policy["Properties"]["PolicyDocument"]["Statement"]
    conditions = [found["Condition"] for found in denied if found["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


@pytest.mark.parametrize(
    ("stage", "tiers", "gone"),
    [("prod", {"GLACIER_IR": 30, "DEEP_ARCHIVE": 365}, 1095), ("staging", {"GLACIER_IR": 30}, 120)],
)
def test_objects_get_colder_and_expire_by_stage(
    asked: Assembly, stage: str, tiers: dict[str, int], gone: int
) -> None:
    bucket = asked.resources(f"greenroom-{stage}-data", "S3::Bucket")["LogArchive"]["Properties"]

    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert {move["StorageClass"]: move["TransitionInDays"] for move in rule["Transitions"]} == tiers
    assert rule["ExpirationInDays"] == gone
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    # A tier is paid for at least so long.
    assert gone - 30 >= 90
    assert "DEEP_ARCHIVE" not in tiers or gone - tiers["DEEP_ARCHIVE"] >= 180
