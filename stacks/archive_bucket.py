"""The bucket of archived logs: data, so it is of the stateful stack."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.stages import Stage

# A tier is paid for at least so long, and a move costs as much as months of keeping.
_COLD_AFTER, _FROZEN_AFTER = 30, 365
_FROZEN_AT_LEAST = 180


def archive_bucket(scope: Construct, construct_id: str, *, stage: Stage) -> s3.Bucket:
    """Make the bucket: for ``stage.archive_days``, ever colder, private, versioned, over TLS alone.

    It outlives its stack in every stage: to take a stage down must not take its records along.
    """
    days = cdk.Duration.days
    transitions = [
        s3.Transition(
            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=days(_COLD_AFTER)
        )
    ]
    if stage.archive_days >= _FROZEN_AFTER + _FROZEN_AT_LEAST:
        transitions.append(
            s3.Transition(storage_class=s3.StorageClass.DEEP_ARCHIVE, transition_after=days(_FROZEN_AFTER))
        )
    return s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="colder",
                transitions=transitions,
                expiration=days(stage.archive_days),
                # What was overwritten or deleted can be had back for a month.
                noncurrent_version_expiration=days(30),
                abort_incomplete_multipart_upload_after=days(7),
            )
        ],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
