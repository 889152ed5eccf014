"""``CACHE_URL`` on one machine: the system uses the server it names, and refuses what names none."""

import secrets
from pathlib import Path

import redis

from tests.support.redis_server import running_server
from tests.support.system import launch, running_system


def test_a_run_that_is_told_of_a_server_shares_its_catalogue_there(tmp_path: Path) -> None:
    with (
        running_server(tmp_path) as server,
        running_system(tmp_path / "data", environment={"CACHE_URL": server.url}) as system,
    ):
        listed = system.api.get("/v1/celebrities").json()["items"]
        assert len(listed) > 1

        with redis.Redis.from_url(server.url) as client:
            kept = [key.decode() for key in client.scan_iter("greenroom:local:*")]
        assert len([key for key in kept if ":profile:" in key]) == len(listed)
        assert system.api.get("/health/cache").json()["status"] == "ok"

        server.kill()
        assert system.api.get("/v1/celebrities").json()["items"] == listed
        assert system.api.get(f"/v1/celebrities/{listed[0]['slug']}").json() == listed[0]
        assert system.api.get("/health/ready").status_code == 200


def test_an_address_that_is_none_stops_the_start_and_is_not_shown(tmp_path: Path) -> None:
    password = secrets.token_hex(8)
    launched = launch(tmp_path / "data", environment={"CACHE_URL": f"http://:{password}@cache"})

    assert launched.wait() == 1
    (told,) = launched.output().splitlines()[1:]
    assert "CACHE_URL: " in told
    assert password not in told
