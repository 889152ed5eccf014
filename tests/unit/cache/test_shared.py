"""The shared cache over a server of paper: what it takes for its own, and what a failure costs."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from greenroom.cache.pause import Pause
from greenroom.cache.port import CacheUnavailable, Entry
from greenroom.cache.shared import SharedCache
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.support.paper_redis import PaperRedis
from tests.unit.cache.kinds import TEXTS, Clock

A = Entry("a", 1)
KEY = "here:texts:a:1"


class Scene:
    """A cache, its server, and what it told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = PaperRedis(self.clock)
        self.told: list[tuple[str, str]] = []
        self.cache = self.another("here")

    def another(self, prefix: str) -> SharedCache:
        return SharedCache(
            cast("Any", self.server),
            prefix=prefix,
            on_operation=lambda namespace, outcome, _: self.told.append((namespace, outcome)),
            pause=Pause(5, self.clock),
            most_bytes=200,
        )


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def test_what_one_process_keeps_another_finds_in_one_round_trip(scene: Scene) -> None:
    scene.cache.put(TEXTS, {A: "Zoë", Entry("b", 2): "Bo"}, 60)
    assert scene.server.calls == 1

    found = scene.another("here").get(TEXTS, [A, Entry("b", 2), Entry("b", 1), Entry("c", 1)])

    assert found == {A: "Zoë", Entry("b", 2): "Bo"}
    assert scene.server.calls == 2
    assert scene.told == []


def test_deployments_of_different_stages_or_shapes_do_not_see_each_others_values(scene: Scene) -> None:
    scene.cache.put(TEXTS, {A: "Zoë"}, 60)

    assert scene.another("there").get(TEXTS, [A]) == {}


def test_a_late_value_of_an_older_version_stands_beside_the_newer(scene: Scene) -> None:
    scene.cache.put(TEXTS, {Entry("a", 2): "new"}, 60)
    scene.cache.put(TEXTS, {Entry("a", 1): "old"}, 60)

    assert scene.cache.get(TEXTS, [Entry("a", 2)]) == {Entry("a", 2): "new"}


@pytest.mark.parametrize(
    "foreign",
    [
        b"Zo",
        b"\x80\x04\x95",  # a pickle's beginning
        b"\xff",
        b"null",
        b"[]",
        b'{"of": "here:texts:a:1"}',
        b'{"of": "here:texts:a:2", "is": "another version"}',
        b'{"of": "here:others:a:1", "is": "another kind"}',
        b'{"of": "here:texts:a:1", "is": 5}',
        b'{"of": "here:texts:a:1", "is": "' + b"x" * 200 + b'"}',
        b"[" * 200,
        b"1" * 200,
    ],
)
def test_a_foreign_value_is_a_miss_and_is_replaced(scene: Scene, foreign: bytes) -> None:
    scene.server.values[KEY] = (foreign, scene.clock.now + 60)

    assert scene.cache.get(TEXTS, [A]) == {}
    assert scene.told == [("texts", "error")]

    scene.cache.put(TEXTS, {A: "Zoë"}, 60)
    assert scene.cache.get(TEXTS, [A]) == {A: "Zoë"}


def test_a_foreign_value_does_not_spoil_its_neighbours_or_begin_a_pause(scene: Scene) -> None:
    scene.cache.put(TEXTS, {Entry("b", 2): "Bo"}, 60)
    scene.server.values[KEY] = (b"{", scene.clock.now + 60)

    assert scene.cache.get(TEXTS, [A, Entry("b", 2)]) == {Entry("b", 2): "Bo"}
    assert scene.cache.may_hold(TEXTS, "a")


def test_values_are_json_and_nothing_else(scene: Scene) -> None:
    scene.cache.put(TEXTS, {A: "Zoë"}, 60)

    assert json.loads(scene.server.values[KEY][0]) == {"of": KEY, "is": "Zoë"}


def test_what_is_too_large_is_left_out_and_the_rest_kept(scene: Scene) -> None:
    scene.cache.put(TEXTS, {A: "x" * 200, Entry("b", 2): "Bo"}, 60)
    assert set(scene.server.values) == {"here:texts:b:2"}

    scene.cache.put(TEXTS, {A: "x" * 200}, 60)
    assert scene.server.calls == 1


def test_a_failure_is_a_miss_and_costs_one_attempt_a_pause(scene: Scene, lines: list[dict[str, Any]]) -> None:
    scene.cache.put(TEXTS, {A: "Zoë"}, 60)
    scene.server.down = True

    for _ in range(20):
        assert scene.cache.get(TEXTS, [A]) == {}
        scene.cache.put(TEXTS, {A: "Zoë"}, 60)
    assert scene.server.calls == 2
    assert scene.told == [("texts", "error")]
    assert not scene.cache.may_hold(TEXTS, "a")

    scene.clock.now += 5
    assert scene.cache.may_hold(TEXTS, "a")
    for _ in range(20):
        assert scene.cache.get(TEXTS, [A]) == {}
    assert scene.server.calls == 3
    # One line a pause, and nothing of where the server is.
    assert [line["error"] for line in lines] == ["ConnectionError"] * 2
    assert "refused" not in str(lines)


def test_when_the_server_is_back_it_is_used_again_after_the_pause(scene: Scene) -> None:
    scene.cache.put(TEXTS, {A: "Zoë"}, 600)
    scene.server.down = True
    scene.cache.get(TEXTS, [A])

    scene.server.down = False
    assert scene.cache.get(TEXTS, [A]) == {}
    scene.clock.now += 5
    assert scene.cache.get(TEXTS, [A]) == {A: "Zoë"}


def test_the_probe_makes_a_round_trip_and_fails_while_the_server_does(scene: Scene) -> None:
    scene.cache.probe()
    assert scene.server.calls == 1

    scene.server.down = True
    for _ in range(2):
        with pytest.raises(CacheUnavailable):
            scene.cache.probe()
    assert scene.server.calls == 2


def test_nothing_asked_is_nothing_sent(scene: Scene) -> None:
    assert scene.cache.get(TEXTS, []) == {}
    scene.cache.put(TEXTS, {}, 60)

    assert scene.server.calls == 0
