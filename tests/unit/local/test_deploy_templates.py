"""What a synthesised template becomes before the emulator gets it: as little as possible is changed."""

import json
from typing import Any

from local.deploy.templates import Adapted, adapt


def adapted(**resources: Any) -> Adapted:
    return adapt(json.dumps({"Resources": resources}), {"PUBLIC_URL": "http://here"})


def test_what_the_emulator_makes_stays_as_it_is() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Name"}}}

    found = adapted(Table=table)

    assert found.template["Resources"] == {"Table": table}
    assert found.lacking == {}


def test_what_it_lacks_becomes_nothing_in_the_same_order_and_is_counted() -> None:
    query = {"Type": "AWS::Logs::QueryDefinition", "Properties": {"Name": "x"}, "DependsOn": ["Table"]}

    found = adapted(One=query, Two=query)

    assert found.template["Resources"]["One"] == {
        "Type": "AWS::CloudFormation::WaitConditionHandle",
        "DependsOn": ["Table"],
    }
    assert found.lacking == {"AWS::Logs::QueryDefinition": 2}


def test_an_alarm_that_it_cannot_evaluate_stays_an_alarm_of_that_name() -> None:
    expression = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "burn", "Metrics": [{}]}}
    plain = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Faults"}}

    found = adapted(Burn=expression, Plain=plain)

    burn = found.template["Resources"]["Burn"]
    assert (burn["Type"], burn["Properties"]["AlarmName"]) == ("AWS::CloudWatch::Alarm", "burn")
    assert "Metrics" not in burn["Properties"]
    assert found.template["Resources"]["Plain"] == plain
    assert found.lacking == {"AWS::CloudWatch::Alarm": 1}


def test_functions_are_told_what_is_local_beside_their_own_settings() -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"STAGE": "dev"}}},
    }

    found = adapted(Auth=function).template["Resources"]["Auth"]

    assert found["Properties"]["Environment"]["Variables"] == {"STAGE": "dev", "PUBLIC_URL": "http://here"}


def test_a_secret_is_referred_to_by_its_arn_as_on_aws() -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {}}
    user = {"Type": "AWS::Logs::LogGroup", "Properties": {"A": {"Ref": "Key"}, "B": [{"Ref": "Other"}]}}

    found = adapted(Key=secret, User=user).template["Resources"]["User"]["Properties"]

    assert found == {"A": {"Fn::GetAtt": ["Key", "Id"]}, "B": [{"Ref": "Other"}]}


def test_of_a_role_only_the_sending_of_mail_is_widened() -> None:
    statements = [
        {"Action": ["ses:SendEmail", "ses:SendRawEmail"], "Resource": "identity"},
        {"Action": "dynamodb:GetItem", "Resource": "table"},
    ]
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"Policies": [{"PolicyDocument": {"Statement": statements}}]},
    }

    (policy,) = adapted(Role=role).template["Resources"]["Role"]["Properties"]["Policies"]

    assert [each["Resource"] for each in policy["PolicyDocument"]["Statement"]] == ["*", "table"]


def test_buckets_and_queues_deny_nobody_for_the_lack_of_tls_and_everybody_else_as_before() -> None:
    over_tls = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    others = [
        {"Effect": "Deny", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}},
        {"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Deny"},
    ]

    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        policy = {"Type": kind, "Properties": {"PolicyDocument": {"Statement": [over_tls, *others]}}}
        changed = adapted(Policy=policy).template["Resources"]["Policy"]

        first, *rest = changed["Properties"]["PolicyDocument"]["Statement"]
        assert first == {"Effect": "Deny", "Condition": {"Null": {"aws:SecureTransport": "true"}}}
        assert rest == others
