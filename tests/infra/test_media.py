"""Files: the bucket that they are in, and the one way by which the world sees some of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")


def _bucket(assembly: Assembly, stage: str) -> Mapping[str, Any]:
    return assembly.resources(f"greenroom-{stage}-data", "S3::Bucket")["Media"]


def _distribution(assembly: Assembly, stage: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = assembly.one(f"greenroom-{stage}-data", "CloudFront::Distribution")
    configuration: Mapping[str, Any] = found["DistributionConfig"]
    return configuration


def _told(assembly: Assembly, stage: str, function: str, name: str) -> str:
    functions = assembly.resources(f"greenroom-{stage}-api", "Lambda::Function")
    variables = functions[f"{function}Function"]["Properties"]["Environment"]["Variables"]
    return assembly.text(variables[name])


@pytest.mark.parametrize("stage", STAGES)
def test_the_bucket_is_private_versioned_and_encrypted(assembly: Assembly, stage: str) -> None:
    bucket = _bucket(assembly, stage)["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_bucket_is_reached_over_tls_alone_and_read_by_the_distribution_alone(
    assembly: Assembly, stage: str
) -> None:
    policy = assembly.resources(f"greenroom-{stage}-data", "S3::BucketPolicy")["MediaPolicy"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]

    denied = [statement["Condition"] for statement in statements if statement["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied
    (allowed,) = (statement for statement in statements if statement["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    # What is in quarantine is served to nobody.
    assert assembly.text(allowed["Resource"]) == "<Media.Arn>/media/*"
    source = assembly.text(allowed["Condition"]["StringEquals"]["AWS:SourceArn"])
    assert source.endswith("::<AWS::AccountId>:distribution/<CdnDistribution>")


@pytest.mark.parametrize("stage", STAGES)
def test_uploads_that_nobody_published_are_gone_in_a_day_and_old_versions_in_a_month(
    assembly: Assembly, stage: str
) -> None:
    rules = {
        rule["Id"]: rule for rule in _bucket(assembly, stage)["Properties"]["LifecycleConfiguration"]["Rules"]
    }

    assert rules["quarantine"]["Prefix"] == "quarantine/"
    assert rules["quarantine"]["ExpirationInDays"] == 1
    assert rules["quarantine"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "Prefix" not in rules["replaced"]
    assert "ExpirationInDays" not in rules["replaced"]
    assert rules["replaced"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}


def test_pages_of_the_stages_origins_may_post_and_no_others(assembly: Assembly, chosen: Assembly) -> None:
    (rule,) = _bucket(chosen, "prod")["Properties"]["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedMethods"] == ["POST"]
    assert rule["AllowedOrigins"] == ["https://booking.test"]
    assert "CorsConfiguration" not in _bucket(assembly, "prod")["Properties"]


def test_productions_files_outlive_their_stack(assembly: Assembly) -> None:
    assert {stage: _bucket(assembly, stage)["DeletionPolicy"] for stage in STAGES} == {
        "dev": "Delete",
        "alice": "Delete",
        "staging": "Delete",
        "prod": "Retain",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_distribution_only_shows_and_signs_what_it_asks_the_bucket_for(
    assembly: Assembly, stage: str
) -> None:
    distribution = _distribution(assembly, stage)

    behaviour = distribution["DefaultCacheBehavior"]
    assert "CacheBehaviors" not in distribution
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"]
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert distribution["HttpVersion"] == "http2and3"
    (origin,) = distribution["Origins"]
    assert assembly.text(origin["DomainName"]) == "<Media.RegionalDomainName>"
    assert assembly.text(origin["OriginAccessControlId"]) == "<CdnAccess.Id>"
    control = assembly.one(f"greenroom-{stage}-data", "CloudFront::OriginAccessControl")
    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"


@pytest.mark.parametrize("stage", STAGES)
def test_a_published_file_cannot_run_be_framed_or_be_taken_for_another_kind(
    assembly: Assembly, stage: str
) -> None:
    stack = f"greenroom-{stage}-data"
    policy = assembly.one(stack, "CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    used = _distribution(assembly, stage)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]

    assert assembly.text(used) == "<CdnHeaders>"
    security = policy["SecurityHeadersConfig"]
    assert {settings["Override"] for settings in security.values()} == {True}
    content = security["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'none'"} == set(content)
    assert "ContentTypeOptions" in security
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31_536_000
    custom = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    assert custom == {
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=31536000, immutable",
    }


def test_the_distribution_has_a_name_of_its_own_where_the_operator_has_one(
    assembly: Assembly, chosen: Assembly
) -> None:
    own = _distribution(chosen, "prod")

    assert own["Aliases"] == ["media.booking.test"]
    assert own["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert own["ViewerCertificate"]["SslSupportMethod"] == "sni-only"
    assert "Aliases" not in _distribution(assembly, "prod")


def test_functions_are_told_where_published_files_are(assembly: Assembly, chosen: Assembly) -> None:
    assert _told(assembly, "prod", "Health", "CDN_URL") == "https://<CdnDistribution.DomainName>"
    assert _told(chosen, "prod", "Health", "CDN_URL") == "https://media.booking.test"
