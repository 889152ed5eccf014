"""Releases: everybody calls the alias, production gets a tenth first, and what fails is taken back."""

from typing import Any

import pytest

from greenroom.smoke.journeys import JOURNEYS
from greenroom.smoke.versions import TRIED_OUT
from stacks.functions import RELEASED
from tests.infra.templates import STAGES, Assembly, readable

pytestmark = pytest.mark.xdist_group("infra")

NAMES = [plan.name for plan in RELEASED]
AWAITED = {"auth", "catalog", "bookings", "payments"}
CODEDEPLOY = ("CodeDeploy::Application", "CodeDeploy::DeploymentGroup", "CloudWatch::Alarm")


def _stack(stage: str) -> str:
    return f"greenroom-{stage}-api"


def _aliases(assembly: Assembly, stage: str) -> dict[str, Any]:
    found = assembly.resources(_stack(stage), "Lambda::Alias")
    return {name.removesuffix("ReleaseLive").lower(): alias for name, alias in found.items()}


def _functions(assembly: Assembly, stage: str) -> dict[str, Any]:
    found = assembly.resources(_stack(stage), "Lambda::Function")
    return {name.removesuffix("Function").lower(): one["Properties"] for name, one in found.items()}


def test_every_function_but_the_one_that_tries_them_out_is_released(assembly: Assembly) -> None:
    assert set(_functions(assembly, "prod")) - set(NAMES) == {"smoke"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_alias_of_each_function_points_to_the_version_of_this_release(
    assembly: Assembly, stage: str
) -> None:
    aliases = _aliases(assembly, stage)

    assert set(aliases) == set(NAMES)
    for name, alias in aliases.items():
        properties = alias["Properties"]
        assert properties["Name"] == "live"
        assert assembly.text(properties["FunctionName"]) == f"<{name.capitalize()}Function>"
        version = f"<{name.capitalize()}FunctionCurrentVersion.Version>"
        assert assembly.text(properties["FunctionVersion"]) == version
        assert "RoutingConfig" not in properties


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_calls_a_function_past_its_alias(assembly: Assembly, stage: str) -> None:
    live = {f"<{name.capitalize()}ReleaseLive>" for name in NAMES}
    called = [
        assembly.text(found["Properties"]["FunctionName"])
        for kind in ("Lambda::Permission", "Lambda::EventSourceMapping")
        for found in assembly.resources(_stack(stage), kind).values()
    ]
    called += [assembly.text(t["Arn"]) for t in assembly.one(_stack(stage), "Events::Rule")["Targets"]]

    assert set(called) == live


def test_a_version_stays_where_one_may_have_to_go_back_to_it_and_nowhere_else(assembly: Assembly) -> None:
    kept = {
        stage: {
            version.get("DeletionPolicy", "Delete")
            for version in assembly.resources(_stack(stage), "Lambda::Version").values()
        }
        for stage in STAGES
    }

    # A version whose own deployment failed goes, or the same code could not be published again.
    assert kept.pop("prod") == {"RetainExceptOnCreate"}
    # SnapStart charges for each version that there is.
    assert all(policies == {"Delete"} for policies in kept.values())


def test_in_production_three_to_ten_sandboxes_wait_for_people(assembly: Assembly) -> None:
    aliases = _aliases(assembly, "prod")
    targets = assembly.resources(_stack("prod"), "ApplicationAutoScaling::ScalableTarget")
    policies = assembly.resources(_stack("prod"), "ApplicationAutoScaling::ScalingPolicy")

    waiting = {
        name: alias["Properties"]["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"]
        for name, alias in aliases.items()
        if "ProvisionedConcurrencyConfig" in alias["Properties"]
    }
    assert waiting == dict.fromkeys(AWAITED, 3)
    assert len(targets) == len(policies) == len(AWAITED)
    for target in targets.values():
        assert (target["Properties"]["MinCapacity"], target["Properties"]["MaxCapacity"]) == (3, 10)
        assert target["Properties"]["ScalableDimension"] == "lambda:function:ProvisionedConcurrency"
    for policy in policies.values():
        tracked = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
        assert tracked["TargetValue"] == 0.7
        kind = tracked["PredefinedMetricSpecification"]["PredefinedMetricType"]
        assert kind == "LambdaProvisionedConcurrencyUtilization"


@pytest.mark.parametrize("stage", STAGES)
def test_no_function_has_both_a_snapshot_and_sandboxes_that_wait(assembly: Assembly, stage: str) -> None:
    restored = {name for name, one in _functions(assembly, stage).items() if "SnapStart" in one}
    waiting = {
        name
        for name, alias in _aliases(assembly, stage).items()
        if "ProvisionedConcurrencyConfig" in alias["Properties"]
    }

    assert restored == (AWAITED if stage == "staging" else set())
    assert waiting == (AWAITED if stage == "prod" else set())


def test_a_stage_that_people_use_caps_every_function_and_others_take_nothing_from_the_account(
    assembly: Assembly,
) -> None:
    for stage in STAGES:
        caps = {
            name: one.get("ReservedConcurrentExecutions") for name, one in _functions(assembly, stage).items()
        }
        if stage in {"staging", "prod"}:
            assert all(caps.values())
            # Room for both versions' waiting sandboxes, while they share the traffic.
            assert all(caps[name] >= 2 * 10 for name in AWAITED)
            # Two such stages fit into the thousand of an account, of which Lambda keeps a hundred free.
            assert 2 * sum(caps.values()) <= 900
        else:
            assert set(caps.values()) == {None}


def test_production_alone_has_canaries(assembly: Assembly) -> None:
    for stage in STAGES:
        found = {kind for kind in CODEDEPLOY if assembly.resources(_stack(stage), kind)}
        updates = [alias.get("UpdatePolicy") for alias in _aliases(assembly, stage).values()]
        assert found == (set(CODEDEPLOY) if stage == "prod" else set())
        assert all(updates) if stage == "prod" else not any(updates)


def test_a_new_version_is_tried_out_then_gets_a_tenth_for_five_minutes_then_all(assembly: Assembly) -> None:
    groups = assembly.resources(_stack("prod"), "CodeDeploy::DeploymentGroup")

    assert set(groups) == {f"Canaries{name.capitalize()}" for name in NAMES}
    for name, alias in _aliases(assembly, "prod").items():
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = f"Canaries{name.capitalize()}"
        assert assembly.text(update["DeploymentGroupName"]) == f"<{group}>"
        assert assembly.text(update["BeforeAllowTrafficHook"]) == "<SmokeFunction>"
        properties = groups[group]["Properties"]
        assert properties["DeploymentGroupName"] == f"greenroom-prod-{name}"
        assert properties["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert properties["DeploymentStyle"] == {
            "DeploymentOption": "WITH_TRAFFIC_CONTROL",
            "DeploymentType": "BLUE_GREEN",
        }


def test_a_deployment_that_fails_is_stopped_or_raises_its_alarm_is_taken_back(assembly: Assembly) -> None:
    for name, group in assembly.resources(_stack("prod"), "CodeDeploy::DeploymentGroup").items():
        properties = group["Properties"]
        assert properties["AutoRollbackConfiguration"]["Enabled"] is True
        assert set(properties["AutoRollbackConfiguration"]["Events"]) == {
            *("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM")
        }
        function = name.removeprefix("Canaries").lower()
        watched = properties["AlarmConfiguration"]
        assert watched == {"Enabled": True, "Alarms": [{"Name": f"greenroom-prod-canary-{function}"}]}


def test_a_canarys_alarm_sees_the_new_version_alone(assembly: Assembly) -> None:
    alarms = assembly.resources(_stack("prod"), "CloudWatch::Alarm").values()

    assert len(alarms) == len(NAMES)
    for alarm in (found["Properties"] for found in alarms):
        name = alarm["AlarmName"].removeprefix("greenroom-prod-canary-")
        version = f"<{name.capitalize()}FunctionCurrentVersion.Version>"
        queries = [alarm, *(q["MetricStat"]["Metric"] for q in alarm.get("Metrics", []) if "MetricStat" in q)]
        seen = {
            query["MetricName"]: {d["Name"]: assembly.text(d["Value"]) for d in query["Dimensions"]}
            for query in queries
            if "MetricName" in query
        }
        function = f"greenroom-prod-{name}"
        crashes = {"FunctionName": function, "Resource": f"{function}:live", "ExecutedVersion": version}
        assert seen.pop("Errors") == crashes
        # Errors that are answered are none to Lambda. Workers answer nobody.
        answered = {"ServerErrors": {"service": name, "version": version}}
        assert seen == ({} if name in {"outbox", "sweeper"} else answered)


def test_what_judges_a_new_version_is_there_before_its_first_call(assembly: Assembly) -> None:
    for name, alias in _aliases(assembly, "prod").items():
        part = name.capitalize()
        before = set(map(readable, alias["DependsOn"]))
        assert {"SmokeFunction", f"Canaries{part}", f"Canaries{part}AlarmsCanary{part}"} <= before


def test_codedeploy_moves_these_aliases_and_calls_this_hook_and_no_others(assembly: Assembly) -> None:
    role = assembly.resources(_stack("prod"), "IAM::Role")["CanariesRole"]["Properties"]
    held = assembly.role_statements(_stack("prod"), "CanariesRole")

    moving = {"lambda:GetAlias", "lambda:UpdateAlias"}
    functions = {f"<{name.capitalize()}Function.Arn>" for name in NAMES}
    assert held == {
        **dict.fromkeys(functions, moving),
        **{f"{arn}:*": moving | {"lambda:GetProvisionedConcurrencyConfig"} for arn in functions},
        "<SmokeFunction.Arn>": {"lambda:InvokeFunction"},
        "*": {"cloudwatch:DescribeAlarms"},
    }
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    sources = {
        assembly.text(arn).rpartition(":")[2] for arn in trust["Condition"]["ArnLike"]["aws:SourceArn"]
    }
    assert sources == {f"greenroom-prod/greenroom-prod-{name}" for name in NAMES}


def test_every_function_that_is_released_can_be_tried_out() -> None:
    assert set(NAMES) == TRIED_OUT
    assert {plan.name for plan in RELEASED if plan.behind_gateway} == set(JOURNEYS)


@pytest.mark.parametrize("stage", STAGES)
def test_the_function_that_tries_versions_out_is_told_those_of_this_release(
    assembly: Assembly, stage: str
) -> None:
    told = assembly.text(_functions(assembly, stage)["smoke"]["Environment"]["Variables"]["SMOKE_VERSIONS"])

    assert told.split(",") == [f"{name}=<{name.capitalize()}FunctionCurrentVersion>" for name in NAMES]
