"""The catalogue's function behind a real shared cache: two sandboxes of it, over the emulator."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from functions.catalog.main import compose as compose_catalog
from functions.catalog.routes import routes as catalog_routes
from functions.health.main import compose as compose_health
from functions.health.routes import routes as health_routes
from greenroom.cache import shared
from greenroom.catalog.kinds import SHAPES
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.dispatch import Function
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.emulator import RunningEmulator
from tests.support.functions import Answer, RunningFunctions, running_functions
from tests.support.redis_server import RedisServer, running_server

LIST, ONE = "/v1/celebrities", "/v1/celebrities/{celebrity_id}"


@dataclass
class Scene:
    """The functions, the server, and two sandboxes of the catalogue's function."""

    running: RunningFunctions
    server: RedisServer
    lines: list[dict[str, Any]]

    def __post_init__(self) -> None:
        self.celebrity = self.running.add_celebrity("agent")
        self.sandboxes = [Function(catalog_routes, compose_catalog) for _ in range(2)]

    def get(self, sandbox: int, path: str = ONE, **headers: str) -> Answer:
        served = {**self.running.functions, "catalog": self.sandboxes[sandbox]}
        parameters = {"celebrity_id": self.celebrity.id} if path == ONE else None
        return replace(self.running, functions=served).call("GET", path, parameters=parameters, **headers)

    def rename(self, name: str) -> None:
        """Change the celebrity as a route of the roster would, in a process of its own."""
        store = CatalogStore(self.running.tables, self.running.names["catalog"])
        store.change(self.celebrity.id, lambda celebrity, hours: (replace(celebrity, name=name), hours))

    @property
    def table_calls(self) -> int:
        """The calls of the latest request, by its line."""
        (*_, line) = (line for line in self.lines if line["category"] == "request")
        return int(line["table_calls"])


@pytest.fixture
def scene(emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    lines: list[dict[str, Any]] = []
    # What is proven here is not about time, and the machine may be busy.
    patient = partial(shared.connect, seconds=20)
    monkeypatch.setattr(shared, "connect", patient)
    with running_server(tmp_path) as server, running_functions(emulator) as running:
        monkeypatch.setenv("CACHE_URL", server.url)
        add_sink(lines.append)
        yield Scene(running, server, lines)
        remove_sink(lines.append)


def test_what_one_sandbox_has_read_another_shows_at_the_price_of_the_version(scene: Scene) -> None:
    first = scene.get(0)
    cold = scene.table_calls

    second = scene.get(1)

    assert (first.status, second.text) == (200, first.text)
    # The shared cache might have had it, so the version was asked for, and then the profile.
    assert (cold, scene.table_calls) == (2, 1)
    assert scene.get(0, LIST).text == scene.get(1, LIST).text
    assert scene.table_calls == 1


def test_a_change_is_seen_in_every_sandbox_at_once_and_tags_tell_it(scene: Scene) -> None:
    tags = [scene.get(sandbox).headers["ETag"] for sandbox in (0, 1)]
    assert tags == ['"1"', '"1"']
    assert scene.get(1, If_None_Match=tags[1]).status == 304

    scene.rename("Zoe")

    for sandbox in (0, 1):
        answer = scene.get(sandbox, If_None_Match=tags[sandbox])
        assert (answer.status, answer.body["name"], answer.headers["ETag"]) == (200, "Zoe", '"2"')
        assert [item["name"] for item in scene.get(sandbox, LIST).body["items"]] == ["Zoe"]


def test_reads_go_on_when_the_server_is_killed_and_cost_what_they_do_without_it(scene: Scene) -> None:
    scene.get(0)
    scene.get(0, LIST)

    scene.server.kill()

    for name in ("Zoe", "Zoë"):
        scene.rename(name)
        assert scene.get(0).body["name"] == name
        assert scene.get(1).body["name"] == name
        assert scene.get(0, LIST).body["items"][0]["name"] == name
    # A profile that is held near, at its version.
    scene.get(0)
    assert scene.table_calls == 1
    # One failure a sandbox: nobody asked again within the pause.
    failures = [line for line in scene.lines if line.get("message") == "shared cache failed"]
    assert len(failures) == 2
    assert scene.server.password not in str(scene.lines)


def test_a_stage_keeps_its_values_below_its_own_name(scene: Scene) -> None:
    scene.get(0)
    scene.get(0, LIST)

    client = shared.connect(scene.server.url)
    keys = {key.decode() for key in client.scan_iter()}
    client.close()

    prefix = f"greenroom:local:{scene.running.names['catalog']}:{SHAPES}:"
    assert {key.removeprefix(prefix).split(":")[0] for key in keys} == {"profile", "listing"}


def test_health_shows_a_dead_cache_where_it_belongs_and_readiness_does_not_hang_on_it(scene: Scene) -> None:
    now = time.time()
    composition = compose_health(lambda: now)
    function = Function(health_routes, lambda: composition)
    served = replace(scene.running, functions={**scene.running.functions, "health": function})

    def asked(path: str) -> tuple[int, str]:
        answer = served.call("GET", path)
        return answer.status, answer.body["status"]

    before = asked("/health/cache")
    scene.server.kill()
    now += 3600  # nothing that was found before is shown any more

    assert before == (200, "ok")
    assert asked("/health/cache") == (200, "degraded")
    assert asked("/health/ready") == (200, "ok")
    assert asked("/health/database") == (200, "ok")
