"""What the firewall writes down: requests that a rule matched, without anything secret in them.

Two settings, because each reaches further than the other. The web ACL's data protection holds for all that
leaves WAF, the excerpts of bodies beside a matched rule included. The log's own redaction holds whatever
becomes of the web ACL. Samples, which only the first would cover, are off.
"""

import aws_cdk as cdk
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.logs import named_log_group
from stacks.stages import Stage

SECRET_HEADERS = ("authorization", "cookie", "stripe-signature")


def protection() -> wafv2.CfnWebACL.DataProtectionConfigProperty:
    """Return the web ACL's protection: secret headers, the query and the body leave it nowhere."""
    fields = [
        *(
            wafv2.CfnWebACL.FieldToProtectProperty(field_type="SINGLE_HEADER", field_keys=[name])
            for name in SECRET_HEADERS
        ),
        # The query may hold a token of a mailed link, or what somebody searched for.
        wafv2.CfnWebACL.FieldToProtectProperty(field_type="QUERY_STRING"),
        wafv2.CfnWebACL.FieldToProtectProperty(field_type="BODY"),
    ]
    return wafv2.CfnWebACL.DataProtectionConfigProperty(
        data_protections=[
            wafv2.CfnWebACL.DataProtectProperty(
                field=field,
                action="SUBSTITUTION",
                exclude_rule_match_details=False,
                exclude_rate_based_details=False,
            )
            for field in fields
        ]
    )


def record(scope: Construct, *, stage: Stage, acl: wafv2.CfnWebACL) -> None:
    """Log what the web ACL's rules match to a group of its own.

    WAF gives itself the right to write there when logging is turned on; a policy of ours would only use
    up one of the ten that a region has.
    """
    # WAF writes to no group whose name begins otherwise.
    group = named_log_group(scope, "Log", stage=stage, name=f"aws-waf-logs-greenroom-{stage.name}")
    redacted = wafv2.CfnLoggingConfiguration.FieldToMatchProperty
    wafv2.CfnLoggingConfiguration(
        scope,
        "Logging",
        resource_arn=acl.attr_arn,
        # The group's own ARN ends in ":*", which WAF does not take for a destination.
        log_destination_configs=[
            cdk.Stack.of(scope).format_arn(
                service="logs",
                resource="log-group",
                resource_name=group.log_group_name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
        ],
        redacted_fields=[
            *(redacted(single_header={"Name": name}) for name in SECRET_HEADERS),
            redacted(query_string={}),
        ],
        logging_filter=_matched_only(),
    )


def _matched_only() -> dict[str, object]:
    """Keep the requests that a rule matched: every other one stands in the gateway's access log."""
    actions = ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
    return {
        "DefaultBehavior": "DROP",
        "Filters": [
            {
                "Behavior": "KEEP",
                "Requirement": "MEETS_ANY",
                "Conditions": [{"ActionCondition": {"Action": action}} for action in actions],
            }
        ],
    }
