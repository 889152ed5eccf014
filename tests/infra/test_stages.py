"""What the stages are, and what an operator may say about them."""

import dataclasses
from typing import Any

import pytest

from stacks.functions import PLANS
from stacks.sizes import AWAITED, MEMORY, RESERVED, Provisioned, SnapStart
from stacks.stages import InvalidStage, Stage, all_stages

_STREAM = "2026-11-26T14:00:00.000"
_CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"


def _by_name(*, personal: str | None = None, **sites: Any) -> dict[str, Stage]:
    return {stage.name: stage for stage in all_stages(sites, personal)}


def test_there_are_three_shared_stages_and_a_personal_one_on_request() -> None:
    assert list(_by_name()) == ["dev", "staging", "prod"]
    assert list(_by_name(personal="alice")) == ["dev", "staging", "prod", "alice"]


def test_only_production_keeps_its_data_and_refuses_to_be_deployed_incomplete() -> None:
    stages = _by_name(personal="alice").values()

    assert [stage.name for stage in stages if stage.keeps_data] == ["prod"]
    assert [stage.name for stage in stages if stage.strict] == ["prod"]


def test_staging_is_production_but_for_keeping_data() -> None:
    stages = _by_name(staging={"mail_domain": "a.test"}, prod={"mail_domain": "a.test"})

    differing = {
        field.name
        for field in dataclasses.fields(Stage)
        if getattr(stages["staging"], field.name) != getattr(stages["prod"], field.name)
    }
    assert differing == {
        *("name", "keeps_data", "strict", "log_days", "traces_sample_rate"),
        *("profiles_sample_rate", "warm_start", "canary"),
    }


def test_one_in_a_hundred_of_productions_invocations_logs_at_debug_and_none_less_than_info() -> None:
    stages = _by_name(personal="alice")

    assert {name: stage.log_sample_rate for name, stage in stages.items()} == {
        "dev": 0.0,
        "alice": 0.0,
        "staging": 0.01,
        "prod": 0.01,
    }
    assert {stage.log_level for stage in stages.values()} <= {"DEBUG", "INFO"}


def test_production_archives_its_logs_and_others_only_if_their_operator_asks() -> None:
    assert {name: stage.archive_days for name, stage in _by_name().items() if stage.archive_days} == {
        "prod": 1095
    }
    assert _by_name(staging={"archive_logs": True})["staging"].archive_days == 120


def test_production_logs_no_debug_lines_and_can_be_restored_for_35_days() -> None:
    prod = _by_name()["prod"]

    assert prod.log_level == "INFO"
    assert prod.recovery_days == 35


def test_every_stage_gives_every_function_memory() -> None:
    for stage in _by_name(personal="alice").values():
        assert set(stage.memory) == {plan.name for plan in PLANS}


def test_a_personal_stage_is_told_what_dev_is_told_unless_it_has_settings_of_its_own() -> None:
    dev = {"mail_domain": "dev.a.test", "origins": ["http://localhost:3000"]}

    assert _by_name(personal="alice", dev=dev)["alice"].site.mail_domain == "dev.a.test"
    own = _by_name(personal="alice", dev=dev, alice={"mail_domain": "alice.a.test"})["alice"]
    assert own.site.mail_domain == "alice.a.test"
    assert own.site.origins == ()


@pytest.mark.parametrize(
    "name", ["dev", "prod", "local", "account", "Alice", "a", "a-b", "1ab", "abcdefghijklm"]
)
def test_a_personal_stage_cannot_take_a_name_that_is_taken_or_unusable(name: str) -> None:
    with pytest.raises(InvalidStage, match=name):
        all_stages({}, name)


@pytest.mark.parametrize(
    ("site", "named"),
    [
        ({"mail_domian": "a.test"}, "mail_domian"),
        ({"origins": "https://a.test"}, "origins"),
        ({"origins": [1]}, "origins"),
        ({"domain": "api.a.test"}, "certificate_arn"),
        ({"certificate_arn": _CERTIFICATE}, "domain"),
        ({"domain": "https://api.a.test", "certificate_arn": _CERTIFICATE}, "domain"),
        ({"domain": "API.a.test", "certificate_arn": _CERTIFICATE}, "domain"),
        ({"domain": "api.a.test", "certificate_arn": "11111111-2222"}, "certificate_arn"),
        (
            {"domain": "api.a.test", "certificate_arn": _CERTIFICATE, "public_url": "https://a.test"},
            "public_url",
        ),
        ({"cdn_domain": "media.a.test"}, "cdn_certificate_arn"),
        ({"cdn_domain": "media.a.test", "cdn_certificate_arn": _CERTIFICATE}, "us-east-1"),
        ({"lock_backups": "yes"}, "lock_backups"),
        ({"partners": ["Acme"]}, "partners"),
        ({"partners": ["acme", "acme"]}, "partners"),
        ({"cache_for_partners": True}, "cache_for_partners"),
        ({"restored_tables": ["bookings"]}, "restored_tables"),
        ({"restored_tables": ["limits=other"]}, "restored_tables"),
        ({"restored_tables": ["bookings=other"]}, "restored_stream"),
        ({"restored_tables": ["bookings=other"], "restored_stream": "latest"}, "restored_stream"),
        ({"restored_tables": ["identity=other"], "restored_stream": _STREAM}, "restored_stream"),
        ({"public_url": 1}, "public_url"),
        ({"mail_domain": ""}, "mail_domain"),
        ({"webauthn_rp_id": "a.test"}, "webauthn_rp_id"),
        ({"webauthn_rp_id": "a.test", "origins": ["https://ba.test"]}, "webauthn_rp_id"),
        ({"sentry_dsn": "reports.test"}, "sentry_dsn"),
        ({"sentry_dsn": "http://key@reports.test/1"}, "sentry_dsn"),
        ({"sentry_profiles_sample_rate": 1.5}, "sentry_profiles_sample_rate"),
        ({"sentry_profiles_sample_rate": "0.5"}, "sentry_profiles_sample_rate"),
        ({"sentry_profiles_sample_rate": True}, "sentry_profiles_sample_rate"),
        ({"cache_url": "cache.internal"}, "cache_url"),
        ({"cache_url": "https://cache.internal"}, "cache_url"),
        ({"cache_url": "redis://:secret@cache.internal"}, "cache_url"),
        ({"cache_url": "redis://cache.internal?ssl_cert_reqs=none"}, "cache_url"),
        ({"alarm_emails": "a@ops.test"}, "alarm_emails"),
        ({"archive_logs": "yes"}, "archive_logs"),
        ({"archive_logs": 1}, "archive_logs"),
        ({"runbooks_url": ""}, "runbooks_url"),
        ({"token_keys": []}, "token_keys"),
        ({"token_keys": "1"}, "token_keys"),
        ({"token_keys": ["2", "/"]}, "token_keys"),
        ({"token_keys": ["3", "2", "1"]}, "token_keys"),
        ({"token_keys": ["1", "1"]}, "token_keys"),
    ],
)
def test_an_unknown_or_malformed_setting_of_a_site_is_named(site: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidStage, match=named):
        all_stages({"prod": site})


def test_people_wait_for_no_cold_start_in_production_and_nobody_pays_for_one_elsewhere() -> None:
    stages = _by_name(personal="alice")

    assert {name: stage.warm_start for name, stage in stages.items()} == {
        "dev": None,
        "alice": None,
        "staging": SnapStart(),
        "prod": Provisioned(least=3, most=10, utilisation=0.7),
    }
    assert [name for name, stage in stages.items() if stage.canary] == ["prod"]


def test_a_cap_has_room_for_the_waiting_sandboxes_of_two_versions() -> None:
    prod = _by_name()["prod"]

    with pytest.raises(InvalidStage, match="bookings"):
        dataclasses.replace(prod, reserved={**RESERVED, "bookings": 19})
    assert dataclasses.replace(prod, reserved={**RESERVED, "bookings": 20})


@pytest.mark.parametrize(
    "wrong", [{"least": 0}, {"least": 11}, {"utilisation": 0.95}, {"utilisation": 0.05}, {"most": 2}]
)
def test_sandboxes_that_cannot_be_scaled_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot be scaled"):
        Provisioned(**wrong)


def test_every_function_has_a_size_and_a_cap() -> None:
    assert set(MEMORY) == set(RESERVED) == {plan.name for plan in PLANS}
    assert {plan.name for plan in PLANS if plan.behind_gateway} >= AWAITED


def test_a_stage_is_reached_by_its_domain_unless_its_operator_says_more() -> None:
    own = {"domain": "api.a.test", "certificate_arn": _CERTIFICATE}

    assert _by_name()["prod"].site.own_url is None
    assert _by_name(prod=own)["prod"].site.own_url == "https://api.a.test"
    longer = own | {"public_url": "https://api.a.test/greenroom"}
    assert _by_name(prod=longer)["prod"].site.own_url == "https://api.a.test/greenroom"


def test_only_shared_stages_pay_for_keys_of_their_own() -> None:
    stages = _by_name(personal="alice")

    assert {name for name, stage in stages.items() if stage.own_keys} == {"staging", "prod"}


def test_a_domain_of_the_examples_counts_as_not_chosen() -> None:
    stages = _by_name(prod={"mail_domain": "booking.test"})

    assert stages["prod"].site.chosen
    assert not stages["dev"].site.chosen
