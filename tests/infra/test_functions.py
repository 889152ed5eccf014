"""The Lambda functions: runtime, layers, settings, logs."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import aws_cdk as cdk
import pytest

from greenroom.settings import Settings
from stacks.bundling import RUNTIME
from stacks.data import DataStack
from stacks.environment import function_settings, stage_settings
from stacks.functions import PLANS
from stacks.sizes import MEMORY
from stacks.stages import Stage, all_stages
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

TOKENS = {"TOKEN_KEY_IDS", "TOKEN_ISSUER", "TOKEN_AUDIENCE"}
AT_LEAVING = {"CATALOG_TABLE", "BOOKINGS_TABLE", "CURSOR_SECRET_ID"}
SETTINGS = {
    "auth": {"IDENTITY_TABLE", "LIMITS_TABLE", "PUBLIC_URL", "MAIL_FROM", *AT_LEAVING, *TOKENS},
    "catalog": {
        "CATALOG_TABLE",
        "BOOKINGS_TABLE",
        "LIMITS_TABLE",
        "CURSOR_SECRET_ID",
        "CDN_URL",
        "MEDIA_BUCKET",
        *TOKENS,
    },
    "bookings": {"CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE", "CURSOR_SECRET_ID", *TOKENS},
    "payments": {"BOOKINGS_TABLE", "LIMITS_TABLE", "PAYMENT_SECRET_ID", *TOKENS},
    "health": {
        *("IDENTITY_TABLE", "CATALOG_TABLE", "BOOKINGS_TABLE", "LIMITS_TABLE"),
        *TOKENS,
        "MAIL_FROM",
        "MONITORING_SECRET_ID",
        "CDN_URL",
    },
    "outbox": {"BOOKINGS_TABLE", "IDENTITY_TABLE", "MAIL_FROM", "PUBLIC_URL", "UNDELIVERED_QUEUE_URL"},
    "sweeper": {"BOOKINGS_TABLE", "PAYMENT_SECRET_ID"},
    "smoke": {"SMOKE_VERSIONS"},
}
LAYERS = {plan.name: plan.layers for plan in PLANS}
COMMON = {"STAGE", "SERVICE_VERSION", "LOG_LEVEL", "LOG_SAMPLE_RATE"}
WORKERS = {"outbox", "sweeper", "smoke"}
TRACED = {"staging", "prod"}
LOG_DAYS = {"dev": 7, "alice": 7, "staging": 30, "prod": 365}


def _functions(assembly: Assembly, stage: str) -> dict[str, dict[str, Any]]:
    found = assembly.resources(f"greenroom-{stage}-api", "Lambda::Function")
    return {
        name.removesuffix("Function").lower(): dict(function["Properties"])
        for name, function in found.items()
    }


SENTRY = ("SENTRY_DSN", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PROFILES_SAMPLE_RATE")


def _settings(assembly: Assembly, stage: str, function: str) -> dict[str, str]:
    variables = _functions(assembly, stage)[function]["Environment"]["Variables"]
    return {name: assembly.text(value) for name, value in variables.items()}


@pytest.mark.parametrize("stage", STAGES)
def test_functions_run_python_3_13_on_arm_with_their_layers(assembly: Assembly, stage: str) -> None:
    functions = _functions(assembly, stage)

    assert set(functions) == set(SETTINGS)
    for name, function in functions.items():
        assert function["Runtime"] == f"python{RUNTIME}"
        assert function["Architectures"] == ["arm64"]
        assert function["Handler"] == f"{name}.main.handler"
        assert function["FunctionName"] == f"greenroom-{stage}-{name}"
        assert function["MemorySize"] == MEMORY[name]
        layers = [assembly.text(layer) for layer in function["Layers"]]
        assert layers == [*(f"<{layer.capitalize()}Dependencies>" for layer in LAYERS[name]), "<Shared>"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_function_gives_up_before_the_gateway_does(assembly: Assembly, stage: str) -> None:
    functions = _functions(assembly, stage)

    assert all(functions[name]["Timeout"] < 29 for name in set(functions) - WORKERS)
    # Two runs of the sweeper do not overlap.
    assert functions["sweeper"]["Timeout"] < 60


def test_every_function_is_told_where_error_reports_go_and_how_many_are_traced_and_profiled() -> None:
    dsn = "https://key@reports.test/7"
    sites: dict[str, dict[str, object]] = {
        name: {"mail_domain": "a.test", "sentry_dsn": dsn} for name in ("dev", "staging", "prod", "alice")
    }
    sites["alice"]["sentry_profiles_sample_rate"] = 0.25
    rates = {}
    for stage in all_stages(sites, "alice"):
        settings = _told(stage)
        sentry = {name: settings[name] for name in SENTRY}
        rates[stage.name] = tuple(sentry[name] for name in SENTRY[1:])
        for plan in PLANS:
            assert sentry.items() <= function_settings(plan, settings).items()

    assert rates == {
        "dev": ("0.0", "0.0"),
        "staging": ("1.0", "1.0"),
        "prod": ("0.1", "0.0"),
        "alice": ("0.0", "0.25"),
    }


def test_without_a_dsn_no_function_is_told_of_error_reports() -> None:
    for stage in all_stages({}):
        assert not _told(stage).keys() & set(SENTRY)


def _told(stage: Stage) -> Mapping[str, str]:
    """Return every setting of a stage, over a data stack of its own."""
    data = DataStack(cdk.App(), "data", stage=stage)
    return stage_settings(stage, data, public_url="https://a.test", version="1")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", SETTINGS)
def test_a_function_is_told_what_it_needs_and_nothing_else(
    assembly: Assembly, function: str, stage: str
) -> None:
    told = _settings(assembly, stage, function)

    # Origins are only named for dev in cdk.json; without any the variable is left out.
    origins = {"CORS_ORIGINS"} if stage in {"dev", "alice"} and function not in WORKERS else set()
    passkeys = {"WEBAUTHN_RP_ID", "WEBAUTHN_ORIGINS"} if origins and function == "auth" else set()
    untraced = set() if stage in TRACED else {"POWERTOOLS_TRACE_DISABLED"}
    assert set(told) == COMMON | SETTINGS[function] | origins | passkeys | untraced
    assert told["STAGE"] == stage
    assert float(told["LOG_SAMPLE_RATE"]) == (0.01 if stage in TRACED else 0)
    for name, value in told.items():
        if name.endswith("_TABLE"):
            assert value == f"<Tables{name.removesuffix('_TABLE').capitalize()}>"


@pytest.mark.parametrize("stage", STAGES)
def test_traces_are_sent_where_the_stage_wants_them_and_nowhere_else(assembly: Assembly, stage: str) -> None:
    wanted = stage in TRACED

    assert assembly.one(f"greenroom-{stage}-api", "ApiGateway::Stage")["TracingEnabled"] is wanted
    for name, function in _functions(assembly, stage).items():
        mode = function.get("TracingConfig", {}).get("Mode", "PassThrough")
        assert mode == ("Active" if wanted else "PassThrough")
        disabled = _settings(assembly, stage, name).get("POWERTOOLS_TRACE_DISABLED")
        assert disabled == (None if wanted else "true")


def _settings_model(function: str) -> type[Settings]:
    """Return the model by which a function reads its settings: the most particular one in its module."""
    module = import_module(f"functions.{function}.main")
    found = {
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Settings)
    }
    (model,) = (
        one for one in found if not any(other is not one and issubclass(other, one) for other in found)
    )
    return model


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", SETTINGS)
def test_a_function_accepts_what_it_is_told(assembly: Assembly, function: str, stage: str) -> None:
    read = _settings_model(function).read(_settings(assembly, stage, function))

    assert read.stage == stage


@pytest.mark.parametrize("stage", STAGES)
def test_secrets_are_named_by_their_arn_and_never_given(assembly: Assembly, stage: str) -> None:
    for function in SETTINGS:
        told = _settings(assembly, stage, function)
        for name in told:
            if re.search(r"SECRET|PASSWORD|API_KEY|CREDENTIAL", name):
                assert name.endswith("_SECRET_ID")
        assert told.get("CURSOR_SECRET_ID", "<CursorSecret>") == "<CursorSecret>"
        assert told.get("PAYMENT_SECRET_ID", "<PaymentSecret>") == "<PaymentSecret>"
        assert told.get("MONITORING_SECRET_ID", "<MonitoringSecret>") == "<MonitoringSecret>"
        assert told.get("TOKEN_KEY_IDS", "<TokenKey1.Arn>") == "<TokenKey1.Arn>"
        assert not any("resolve:secretsmanager" in value for value in told.values())


def test_people_are_sent_to_the_gateways_own_address_unless_the_site_has_one(assembly: Assembly) -> None:
    told = _settings(assembly, "prod", "auth")

    address = "https://<GatewayApi>.execute-api.<AWS::Region>.<AWS::URLSuffix>/prod"
    assert told["PUBLIC_URL"] == address
    assert told["TOKEN_ISSUER"] == address
    assert told["MAIL_FROM"] == "bookings@greenroom.example"


@pytest.mark.parametrize("stage", STAGES)
def test_every_writer_of_logs_has_a_group_of_its_own_that_forgets(assembly: Assembly, stage: str) -> None:
    stack = f"greenroom-{stage}-api"
    groups = assembly.resources(stack, "Logs::LogGroup")

    names = {group["Properties"]["LogGroupName"] for group in groups.values()}
    writers = {f"/greenroom/{stage}/{writer}" for writer in (*SETTINGS, "api")}
    assert names == writers | {f"aws-waf-logs-greenroom-{stage}"}
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {LOG_DAYS[stage]}
    for name, function in _functions(assembly, stage).items():
        assert assembly.text(function["LoggingConfig"]["LogGroup"]) == f"<{name.capitalize()}Log>"


def test_no_stack_writes_logs_that_are_kept_for_ever(assembly: Assembly) -> None:
    for stack in assembly.names():
        for group in assembly.resources(stack, "Logs::LogGroup").values():
            assert group["Properties"]["RetentionInDays"] > 0


def test_a_first_deployment_that_fails_leaves_no_log_group_in_the_way_of_the_second(
    assembly: Assembly,
) -> None:
    for group in assembly.resources("greenroom-prod-api", "Logs::LogGroup").values():
        assert group["DeletionPolicy"] == "RetainExceptOnCreate"
