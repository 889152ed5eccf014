"""The bucket of uploaded and published files: data, so it is of the stateful stack."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.stages import Stage

QUARANTINE, PUBLISHED = "quarantine/", "media/"
"""Uploads arrive under the one and nobody reads them there; what was checked is copied under the other."""


def media_bucket(scope: Construct, construct_id: str, *, stage: Stage) -> s3.Bucket:
    """Make the bucket: private, versioned, over TLS alone; pages of the stage's origins may post to it.

    It is encrypted under S3's own key: what it holds is public or gone within a day, and a key of ours would
    have to let the content network in.
    """
    days = cdk.Duration.days
    return s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        cors=[_posting(stage)] if stage.site.origins else None,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="quarantine",
                prefix=QUARANTINE,
                expiration=days(1),
                noncurrent_version_expiration=days(1),
            ),
            s3.LifecycleRule(
                id="replaced",
                # What was overwritten or deleted can be had back for a month.
                noncurrent_version_expiration=days(30),
                expired_object_delete_marker=True,
                abort_incomplete_multipart_upload_after=days(1),
            ),
        ],
        removal_policy=cdk.RemovalPolicy.RETAIN if stage.keeps_data else cdk.RemovalPolicy.DESTROY,
    )


def _posting(stage: Stage) -> s3.CorsRule:
    """Let pages of the stage's origins post a form, as a signed policy allows, and read what came of it."""
    return s3.CorsRule(
        allowed_methods=[s3.HttpMethods.POST],
        allowed_origins=list(stage.site.origins),
        allowed_headers=["Content-Type"],
        exposed_headers=["ETag"],
        max_age=600,
    )
