"""A server that dies, hangs, refuses or is none: reads go on, and wait for it at most once a pause."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from greenroom.cache.port import CacheUnavailable
from greenroom.cache.shared import TIMEOUT_SECONDS
from greenroom.telemetry.logs import add_sink, remove_sink
from local.ports import LOOPBACK
from tests.service.cache.conftest import Start
from tests.service.cache.listeners import silent_server
from tests.service.cache.process import Process
from tests.support.redis_server import RedisServer

# The bound in seconds is the two time limits; what is added is for a machine that has other things to do.
WAIT = 2 * TIMEOUT_SECONDS
SLACK = 1.0


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    add_sink(found.append)
    yield found
    remove_sink(found.append)


def ask_often(process: Process) -> list[str | None]:
    return [process.got() for _ in range(50)]


def test_a_server_that_is_killed_costs_one_attempt_a_pause_and_is_used_again_when_it_is_back(
    own_server: RedisServer, start: Start
) -> None:
    process = start(own_server.url)
    process.put()
    assert process.got() == "Zoë"

    own_server.kill()
    assert ask_often(process) == [None] * 50
    assert len(process.errors) == 1
    process.clock.now += 5
    assert ask_often(process) == [None] * 50
    assert len(process.errors) == 2
    assert all(milliseconds / 1000 < WAIT + SLACK for milliseconds in process.errors)

    own_server.start()
    assert process.got() is None
    process.clock.now += 5
    process.put("back")
    assert process.got() == "back"
    assert len(process.errors) == 2


def test_a_server_that_stops_answering_costs_one_time_limit_a_pause(
    own_server: RedisServer, start: Start
) -> None:
    patient = start(own_server.url)
    patient.put()
    process = start(own_server.url, seconds=TIMEOUT_SECONDS, prefix=patient.prefix)

    with own_server.hanging():
        started = time.monotonic()
        assert ask_often(process) == [None] * 50
        taken = time.monotonic() - started
        with pytest.raises(CacheUnavailable):
            process.cache.probe()
        assert len(process.errors) == 1
        assert TIMEOUT_SECONDS * 0.9 < process.errors[0] / 1000 < WAIT + SLACK
        # Fifty that each waited would have taken fifty times as long.
        assert taken < WAIT + SLACK

    assert patient.got() == "Zoë"


def test_a_server_that_accepts_and_never_answers_is_connected_to_once_a_pause(start: Start) -> None:
    with silent_server() as silent:
        process = start(silent.url, seconds=TIMEOUT_SECONDS)

        assert ask_often(process) == [None] * 50
        assert (len(silent.heard), len(process.errors)) == (1, 1)
        process.clock.now += 5
        assert ask_often(process) == [None] * 50
        assert (len(silent.heard), len(process.errors)) == (2, 2)
        assert all(milliseconds / 1000 < WAIT + SLACK for milliseconds in process.errors)


def test_fifty_threads_wait_for_a_dead_server_together_and_then_one_alone(start: Start) -> None:
    with silent_server() as silent:
        process = start(silent.url, seconds=TIMEOUT_SECONDS)

        with ThreadPoolExecutor(50) as threads:
            list(threads.map(lambda _: process.got(), range(50)))
            # Those who asked before the first failure waited with it, and nobody waited twice.
            first = len(process.errors)
            assert first <= 50
            list(threads.map(lambda _: process.got(), range(50)))
            assert len(process.errors) == first
            process.clock.now += 5
            list(threads.map(lambda _: process.got(), range(50)))
        assert len(process.errors) == first + 1


def test_a_wrong_password_fails_nobody_and_is_shown_nowhere(
    server: RedisServer, start: Start, lines: list[dict[str, Any]]
) -> None:
    wrong = secrets.token_hex(16)
    process = start(f"redis://:{wrong}@{LOOPBACK}:{server.port}")

    assert ask_often(process) == [None] * 50
    process.put()

    assert len(process.errors) == 1
    (line,) = lines
    assert (line["message"], line["error"]) == ("shared cache failed", "AuthenticationError")
    assert wrong not in str(lines)
    assert str(server.port) not in str(lines)


def test_no_password_where_one_is_needed_fails_nobody(server: RedisServer, start: Start) -> None:
    process = start(f"redis://{LOOPBACK}:{server.port}")

    assert ask_often(process) == [None] * 50
    assert len(process.errors) == 1


def test_tls_is_never_given_up_for_a_server_that_has_none(start: Start, lines: list[dict[str, Any]]) -> None:
    password = secrets.token_hex(16)
    with silent_server() as silent:
        process = start(f"rediss://:{password}@{LOOPBACK}:{silent.port}", seconds=TIMEOUT_SECONDS)

        assert ask_often(process) == [None] * 50

        (heard,) = silent.heard
        assert heard[:2] == b"\x16\x03"  # a TLS handshake
        assert password.encode() not in heard
    assert len(process.errors) == 1
    assert [line["category"] for line in lines] == ["error"]


def test_tls_is_refused_by_a_server_that_has_none_and_fails_nobody(
    server: RedisServer, start: Start, lines: list[dict[str, Any]]
) -> None:
    process = start(server.url.replace("redis://", "rediss://"), seconds=TIMEOUT_SECONDS)

    assert ask_often(process) == [None] * 50

    assert len(process.errors) == 1
    assert server.password not in str(lines)


def test_what_speaks_another_language_fails_nobody(start: Start) -> None:
    import http.server
    import threading

    class Web(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer((LOOPBACK, 0), Web) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        process = start(f"redis://{LOOPBACK}:{web.server_port}")
        assert ask_often(process) == [None] * 50
        assert len(process.errors) == 1
        process.client.close()
        web.shutdown()
        thread.join()
