"""What is shown to those who run the system: everything, and no secret."""

import json
import os

import pytest

from local.resources import client
from tests.service.health.world import World
from tests.support.functions import ROLES

CLOSED = ("/health/detailed", "/metrics", "/metrics/prometheus")


@pytest.mark.parametrize("who", ["admin", "monitor"])
def test_every_check_the_process_the_cache_and_the_configuration_are_there(running: World, who: str) -> None:
    functions = running.functions
    token = functions.monitoring_token if who == "monitor" else functions.token("admin")

    answer = running.get("/health/detailed", token=token)

    body = answer.body
    assert (answer.status, body["status"], body["stage"], body["version"]) == (200, "ok", "local", "local")
    assert [(check["name"], check["group"], check["critical"]) for check in body["checks"]] == [
        *((f"table_{name}", "database", True) for name in ("identity", "catalog", "bookings", "limits")),
        ("catalog_cache", "cache", False),
        ("mail", "external", False),
        ("payment_provider", "external", False),
    ]
    sandbox = body["sandbox"]
    assert sandbox["cold_start"] is True
    assert sandbox["memory_mb"] > 0
    assert sandbox["memory_percent"] == pytest.approx(
        100 * sandbox["memory_mb"] / sandbox["memory_setting_mb"], abs=0.5
    )
    assert sandbox["cpu_seconds"] > 0
    assert sandbox["uptime_seconds"] > 0
    assert body["cache"] | {"hits": 0, "misses": 0} == {
        "hit_ratio": None,
        "backend": "memory",
        "entries": 2,
        "hits": 0,
        "misses": 0,
        "stored_version": 0,
        "cached_version": 0,
    }
    assert body["configuration"]["tables"] == functions.names


def test_the_second_answer_of_a_process_is_no_cold_start(running: World) -> None:
    token = running.functions.monitoring_token

    answers = [running.get("/health/detailed", token=token).body["sandbox"] for _ in range(2)]

    assert [sandbox["cold_start"] for sandbox in answers] == [True, False]


def test_no_secret_and_no_name_of_one_is_shown(running: World) -> None:
    token = running.functions.monitoring_token

    shown = json.dumps([running.get(path, token=token).text for path in CLOSED])

    secret = {value for name, value in os.environ.items() if name.startswith("AWS_SECRET")}
    secret |= {value for name, value in os.environ.items() if name.endswith(("_SECRET_ID", "_KEY_IDS"))}
    assert len(secret) >= 4
    assert not [value for value in secret - {"local"} if value in shown]
    assert token not in shown


@pytest.mark.parametrize("path", CLOSED)
def test_nobody_else_sees_it(running: World, path: str) -> None:
    others = {
        who: running.get(path, token=running.functions.token(who)).told for who in ROLES if who != "admin"
    }

    assert set(others.values()) == {(403, "forbidden")}
    assert running.get(path).told == (401, "unauthenticated")
    assert running.get(path, token="0" * 64).told == (401, "unauthenticated")


def test_an_admin_whose_session_has_ended_sees_nothing(running: World) -> None:
    token = running.functions.log_in("admin")
    running.functions.call("POST", "/v1/auth/logout", token=token)

    assert running.get("/health/detailed", token=token).told == (401, "unauthenticated")


def test_with_every_table_dead_the_monitor_still_sees_what_is_wrong(running: World) -> None:
    admin = running.functions.token("admin")
    token = running.functions.monitoring_token
    assert running.get("/health/detailed", token=token).status == 200
    for name in running.functions.names:
        running.drop_table(name)
    running.pass_time()

    answer = running.get("/health/detailed", token=token)

    assert answer.status == 503
    assert [check["name"] for check in answer.body["checks"] if check["status"] == "failing"] == [
        f"table_{name}" for name in ("identity", "catalog", "bookings", "limits")
    ]
    assert running.get("/health/detailed", token=admin).status >= 500


def test_a_rotated_token_and_the_one_before_it_both_count(running: World) -> None:
    old, new = running.functions.monitoring_token, "f" * 64
    store = client("secretsmanager", os.environ["AWS_ENDPOINT_URL"])
    store.put_secret_value(SecretId=os.environ["MONITORING_SECRET_ID"], SecretString=new)
    running.compose()

    assert [running.get("/health/detailed", token=token).status for token in (old, new)] == [200, 200]
