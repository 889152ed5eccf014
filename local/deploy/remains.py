"""What there is in an emulator's account: looked at before a deployment and after the destruction."""

from collections.abc import Iterator
from typing import Any

from local.deploy.clients import client

_LISTED = {
    "apigateway": ("get_rest_apis", "items", "id"),
    "cloudformation": ("describe_stacks", "Stacks", "StackName"),
    "cloudwatch": ("describe_alarms", "MetricAlarms", "AlarmName"),
    "dynamodb": ("list_tables", "TableNames", ""),
    "events": ("list_rules", "Rules", "Name"),
    "iam": ("list_roles", "Roles", "RoleName"),
    "lambda": ("list_functions", "Functions", "FunctionName"),
    "logs": ("describe_log_groups", "logGroups", "logGroupName"),
    "s3": ("list_buckets", "Buckets", "Name"),
    "secretsmanager": ("list_secrets", "SecretList", "Name"),
    "sesv2": ("list_email_identities", "EmailIdentities", "IdentityName"),
    "sns": ("list_topics", "Topics", "TopicArn"),
    "sqs": ("list_queues", "QueueUrls", ""),
    "ssm": ("describe_parameters", "Parameters", "Name"),
}


def remains(emulator_url: str) -> frozenset[str]:
    """Return the names of everything that a deployment could have made, each with its service."""
    return frozenset(_all(emulator_url))


def _all(url: str) -> Iterator[str]:
    for service, (operation, field, name) in _LISTED.items():
        for found in getattr(client(service, url), operation)().get(field, []):
            yield f"{service} {found[name] if name else found}"
    lambda_, kms = client("lambda", url), client("kms", url)
    for service, names in (
        ("lambda layer", [layer["LayerName"] for layer in lambda_.list_layers()["Layers"]]),
        (
            "lambda source",
            [each["UUID"] for each in lambda_.list_event_source_mappings()["EventSourceMappings"]],
        ),
        ("cloudwatch dashboard", _dashboards(client("cloudwatch", url))),
        ("cloudfront", _network(client("cloudfront", url))),
        ("wafv2", [acl["Name"] for acl in client("wafv2", url).list_web_acls(Scope="REGIONAL")["WebACLs"]]),
        # A key is gone when its waiting time is over: until then it can be had back.
        ("kms", [key["KeyId"] for key in kms.list_keys()["Keys"] if not _ending(kms, key["KeyId"])]),
    ):
        yield from (f"{service} {each}" for each in names)


def _dashboards(cloudwatch: Any) -> list[str]:
    return [each["DashboardName"] for each in cloudwatch.list_dashboards().get("DashboardEntries", [])]


def _network(cloudfront: Any) -> list[str]:
    """Return the ids of distributions and of what they refer to, by the name of their list."""
    return [
        found["Id"]
        for answer, name in (
            (cloudfront.list_distributions(), "DistributionList"),
            (cloudfront.list_origin_access_controls(), "OriginAccessControlList"),
        )
        for found in answer[name].get("Items", [])
    ] + [
        found["ResponseHeadersPolicy"]["Id"]
        for found in cloudfront.list_response_headers_policies(Type="custom")[
            "ResponseHeadersPolicyList"
        ].get("Items", [])
    ]


def _ending(kms: Any, key_id: str) -> bool:
    return bool(kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion")
