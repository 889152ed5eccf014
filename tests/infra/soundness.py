"""What makes a template fail in an account though every scanner likes it; each as a function over templates.

All of them read the stacks of one stage, ``greenroom-<stage>-…``, and return what is wrong, by name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.infra.templates import Assembly, readable

_NAME = re.compile(r"<([A-Za-z0-9]+)(?:\.\w+)?>")

_DATA = ("kms:Decrypt", "kms:GenerateDataKey")
_READS = {"dynamodb": _DATA[:1], "secretsmanager": _DATA[:1], "s3": _DATA[:1], "sqs": _DATA[:1], "sns": ()}
_WRITES = {
    "dynamodb": _DATA[:1],
    "secretsmanager": _DATA,
    "s3": _DATA[1:],
    "sqs": _DATA,
    "sns": _DATA,
}
_READING = re.compile(r":(Get|BatchGet|Query|Scan|Describe|List|Receive|ConditionCheck)")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Stage:
    """A stage's resources, of all its stacks, by readable name, and references by the names they lead to."""

    def __init__(self, assembly: Assembly, stage: str) -> None:
        self.assembly = assembly
        self.resources: dict[str, Mapping[str, Any]] = {}
        for stack in sorted(assembly.names()):
            if stack.startswith(f"greenroom-{stage}-"):
                for name, resource in assembly.template(stack)["Resources"].items():
                    # Of two stacks' resources of one name both are looked at; references lead to the first.
                    taken = readable(name) in self.resources
                    self.resources[f"{stack}/{name}" if taken else readable(name)] = resource

    def of(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the names and properties of the resources of a type."""
        for name, resource in self.resources.items():
            if resource["Type"] == f"AWS::{kind}":
                yield name, resource.get("Properties", {})

    def leads_to(self, value: Any) -> str:
        """Return the name of the resource that a reference is to, or the text where it is none."""
        try:
            text = self.assembly.text(value)
        except AssertionError:
            return ""
        found = _NAME.match(text)
        return found[1] if found else text

    def statements(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each allowing statement with the role that has it, its own or by an attached policy."""
        for name, properties in self.of("IAM::Role"):
            for policy in properties.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement
        for _, properties in self.of("IAM::Policy"):
            for role in properties.get("Roles", []):
                for statement in properties["PolicyDocument"]["Statement"]:
                    yield self.leads_to(role), statement


def unsound_aliases(stage: Stage) -> set[str]:
    """Aliases with SnapStart and provisioned concurrency, of which Lambda takes one."""
    snapped = {
        name
        for name, function in stage.of("Lambda::Function")
        if function.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
    }
    versions = dict(stage.of("Lambda::Version"))
    scaled = {
        part
        for _, target in stage.of("ApplicationAutoScaling::ScalableTarget")
        if target.get("ScalableDimension") == "lambda:function:ProvisionedConcurrency"
        for part in _NAME.findall(_text(stage, target["ResourceId"])) or [_text(stage, target["ResourceId"])]
    }
    found = set()
    for name, alias in stage.of("Lambda::Alias"):
        function = stage.leads_to(alias["FunctionName"])
        version = versions.get(stage.leads_to(alias["FunctionVersion"]), {})
        by_name = any(text.endswith(f":{alias['Name']}") for text in scaled)
        provisioned = (
            "ProvisionedConcurrencyConfig" in alias
            or "ProvisionedConcurrencyConfig" in version
            or name in scaled
            or function in scaled
            or by_name
        )
        if provisioned and function in snapped:
            found.add(name)
    return found


def _text(stage: Stage, value: Any) -> str:
    try:
        return stage.assembly.text(value)
    except AssertionError:
        return ""


def _key_of(properties: Mapping[str, Any]) -> Any:
    """Return the reference to the key that a resource is encrypted under; None for one of AWS's."""
    by_default = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])[0]
    candidates = (
        properties.get("SSESpecification", {}).get("KMSMasterKeyId"),
        properties.get("KmsKeyId"),
        properties.get("KmsMasterKeyId"),
        by_default.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID"),
    )
    return next((key for key in candidates if key and "alias/aws/" not in str(key)), None)


def missing_key_grants(stage: Stage) -> set[tuple[str, str, str]]:
    """Calls that a role may make on something encrypted, without the permission on its key: they are denied.

    Each is the role, the thing, and the lacking action.
    """
    keys = {
        name: stage.leads_to(key)
        for name, resource in stage.resources.items()
        if (key := _key_of(resource.get("Properties", {}))) is not None
    }
    held: set[tuple[str, str, str]] = set()
    needed: set[tuple[str, str, str]] = set()
    for role, statement in stage.statements():
        actions = [str(action) for action in _list(statement["Action"])]
        for thing in map(stage.leads_to, _list(statement["Resource"])):
            held |= {(role, thing, action.rstrip("*")) for action in actions if action.startswith("kms:")}
            for action in actions if thing in keys else []:
                table = _READS if _READING.search(action) else _WRITES
                needed |= {(role, thing, key) for key in table.get(action.partition(":")[0], ())}
    return {(role, thing, key) for role, thing, key in needed if (role, keys[thing], key) not in held}


def _allows(statements: list[Mapping[str, Any]], service: str, *actions: str) -> bool:
    allowed = {
        str(action).rstrip("*")
        for statement in statements
        if statement["Effect"] == "Allow" and service in _list(statement["Principal"].get("Service", []))
        for action in _list(statement["Action"])
    }
    return set(actions) <= allowed


def silent_alarms(stage: Stage) -> set[tuple[str, str]]:
    """Alarms nobody would hear of: without an action, or on a topic or a key that CloudWatch may not use."""
    topics, keys = dict(stage.of("SNS::Topic")), dict(stage.of("KMS::Key"))
    policies: dict[str, list[Mapping[str, Any]]] = {}
    for _, policy in stage.of("SNS::TopicPolicy"):
        for topic in map(stage.leads_to, policy["Topics"]):
            policies.setdefault(topic, []).extend(policy["PolicyDocument"]["Statement"])
    rules = [_text(stage, alarm["AlarmRule"]) for _, alarm in stage.of("CloudWatch::CompositeAlarm")]
    composed = " ".join(rules)
    found = set()
    for kind in ("CloudWatch::Alarm", "CloudWatch::CompositeAlarm"):
        for name, alarm in stage.of(kind):
            actions = [stage.leads_to(action) for action in alarm.get("AlarmActions", [])]
            if not actions and f"<{name}." not in composed and alarm.get("AlarmName", name) not in composed:
                found.add((name, "has no action"))
            for topic in actions:
                if topic not in topics:
                    found.add((name, f"{topic} is no topic of the stage"))
                    continue
                if not _allows(policies.get(topic, []), "cloudwatch.amazonaws.com", "sns:Publish"):
                    found.add((name, f"{topic} takes nothing from CloudWatch"))
                key = topics[topic].get("KmsMasterKeyId")
                statements = keys.get(stage.leads_to(key), {}).get("KeyPolicy", {}).get("Statement", [])
                if key and not _allows(statements, "cloudwatch.amazonaws.com", *_DATA):
                    found.add((name, f"the key of {topic} does not let CloudWatch publish"))
    return found


def open_buckets(stage: Stage) -> set[str]:
    """Buckets without a policy: what comes without TLS is taken."""
    with_policy = {stage.leads_to(policy["Bucket"]) for _, policy in stage.of("S3::BucketPolicy")}
    return {name for name, _ in stage.of("S3::Bucket")} - with_policy


def endless_logs(stage: Stage) -> set[str]:
    """Functions that write to no group of the stage that ends: Lambda would make them one that never does."""
    groups = {
        name: group.get("LogGroupName")
        for name, group in stage.of("Logs::LogGroup")
        if "RetentionInDays" in group
    }
    return {
        name
        for name, function in stage.of("Lambda::Function")
        if stage.leads_to(function.get("LoggingConfig", {}).get("LogGroup", "")) not in groups
        and f"/aws/lambda/{function.get('FunctionName')}" not in groups.values()
    }
