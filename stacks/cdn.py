"""The content network before the published files, and nothing before the others."""

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.media_bucket import PUBLISHED
from stacks.stages import Site

_YEAR = cdk.Duration.days(365)
# A file that somebody uploaded is looked at, never run: whatever a browser takes it for.
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Cdn(Construct):
    """A distribution that alone may read the published files. It stands with them: its name is in addresses.

    No access log: it would say who looked at whom, and of public files nothing else of worth. No firewall:
    there is no code behind it to protect, and it is charged by the request.
    """

    def __init__(self, scope: Construct, construct_id: str, *, site: Site, bucket: s3.Bucket) -> None:
        super().__init__(scope, construct_id)
        control = cloudfront.S3OriginAccessControl(
            self, "Access", signing=cloudfront.Signing.SIGV4_ALWAYS, description="Reads the published files"
        )
        domain, certificate = site.cdn_domain, site.cdn_certificate_arn
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Published files of Greenroom",
            default_behavior=cloudfront.BehaviorOptions(
                # Not the construct that also writes the bucket's policy: that one opens the whole bucket.
                origin=origins.S3BucketOrigin.with_bucket_defaults(
                    bucket, origin_access_control_id=control.origin_access_control_id
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=self._headers(),
                compress=True,
            ),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            # Without a domain of its own the network's name has a certificate and a policy that AWS sets.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            domain_names=[domain] if domain else None,
            certificate=(
                acm.Certificate.from_certificate_arn(self, "Certificate", certificate)
                if certificate
                else None
            ),
        )
        self._let_read(bucket, distribution)
        self.url = f"https://{domain or distribution.distribution_domain_name}"
        """Where published files are served from; their key follows."""
        self.target = distribution.distribution_domain_name
        """What a domain of its own has to lead to."""

    @staticmethod
    def _let_read(bucket: s3.Bucket, distribution: cloudfront.Distribution) -> None:
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishedFilesToTheDistribution",
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(f"{PUBLISHED}*")],
                conditions={"StringEquals": {"AWS:SourceArn": distribution.distribution_arn}},
            )
        )

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            comment="Files of others: shown, never run",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=_POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=_YEAR, include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    # Any page may show them; a page that lets nobody else in must be able to, too.
                    _header("Cross-Origin-Resource-Policy", "cross-origin", override=True),
                    # A file never changes under its name. One that says otherwise of itself is believed.
                    _header("Cache-Control", "public, max-age=31536000, immutable", override=False),
                ]
            ),
        )


def _header(name: str, value: str, *, override: bool) -> cloudfront.ResponseCustomHeader:
    return cloudfront.ResponseCustomHeader(header=name, value=value, override=override)
