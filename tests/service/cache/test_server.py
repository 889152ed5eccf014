"""The shared cache on a real server: values, their ends, and what the server may do to them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from greenroom.cache.port import Entry
from tests.service.cache.conftest import Start
from tests.service.cache.process import ENTRY
from tests.support.redis_server import RedisServer, running_server
from tests.unit.cache.kinds import TEXTS


def test_what_one_process_keeps_another_finds(server: RedisServer, start: Start) -> None:
    first = start(server.url)
    second = start(server.url, prefix=first.prefix)

    first.put("Zoë Núñez")

    assert second.got() == "Zoë Núñez"
    assert second.got(Entry("a", 2)) is None
    assert start(server.url).got() is None
    second.cache.probe()
    assert first.errors == second.errors == []


def test_a_page_of_a_hundred_is_one_round_trip_each_way(
    server: RedisServer, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(server.url)
    entries = {Entry(f"key {number}", number): f"value {number}" for number in range(100)}
    sent: list[int] = []
    real = process.client.connection_pool.get_connection

    def counted(*given: Any, **named: Any) -> Any:
        sent.append(1)
        return real(*given, **named)

    monkeypatch.setattr(process.client.connection_pool, "get_connection", counted)

    process.cache.put(TEXTS, entries, 60)
    assert process.cache.get(TEXTS, list(entries)) == entries
    assert len(sent) == 2


def test_on_connecting_it_says_who_it_is_and_nothing_else(own_server: RedisServer, start: Start) -> None:
    process = start(own_server.url)

    process.put()
    assert process.got() == "Zoë"

    asked = start(own_server.url).client.info("commandstats")
    assert set(asked) - {"cmdstat_info"} == {"cmdstat_auth", "cmdstat_set", "cmdstat_getrange"}
    # The other client is the one that asks.
    assert asked["cmdstat_auth"]["calls"] == 2


def test_a_value_ends_by_the_servers_clock(server: RedisServer, start: Start) -> None:
    process = start(server.url)
    process.put(seconds=60)
    assert 0 < process.client.ttl(process.key()) <= 60

    process.client.pexpireat(process.key(), 1)

    assert process.got() is None
    process.put(seconds=1)
    give_up = time.monotonic() + 10
    while process.got() is not None and time.monotonic() < give_up:
        time.sleep(0.02)
    assert process.got() is None


@pytest.mark.parametrize("kind", ["text", "pickle", "list", "hash", "huge"])
def test_a_poisoned_value_is_a_miss_and_is_replaced(server: RedisServer, start: Start, kind: str) -> None:
    process = start(server.url)
    client, key = process.client, process.key()
    match kind:
        case "text":
            client.set(key, '{"of": "elsewhere", "is": "Zoë"}')
        case "pickle":
            client.set(key, b"\x80\x04\x95\x17\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.")
        case "list":
            client.rpush(key, "Zoë")
        case "hash":
            client.hset(key, "is", "Zoë")
        case "huge":
            client.setrange(key, 16 * 1024 * 1024, "x")

    assert process.got() is None
    assert len(process.errors) == 1
    assert process.cache.may_hold(TEXTS, "a")

    process.put()
    assert process.got() == "Zoë"


def test_of_a_huge_value_no_more_is_fetched_than_the_largest_of_ours(
    own_server: RedisServer, start: Start
) -> None:
    process = start(own_server.url)
    process.client.setrange(process.key(), 16 * 1024 * 1024, "x")
    before = process.client.info("stats")["total_net_output_bytes"]

    process.got()

    after = process.client.info("stats")["total_net_output_bytes"]
    assert after - before < 2 * 1024 * 1024


def test_a_full_server_drops_what_it_likes_and_reads_go_on(tmp_path: Path, start: Start) -> None:
    with running_server(tmp_path, "maxmemory 3mb", "maxmemory-policy allkeys-lru") as small:
        process = start(small.url)
        entries = [Entry(f"key {number}", 1) for number in range(200)]

        for entry in entries:
            process.put("x" * 50_000, entry)

        held = [entry for entry in entries if process.got(entry) == "x" * 50_000]
        assert 0 < len(held) < 100
        assert process.client.info("stats")["evicted_keys"] >= 100
        assert process.errors == []


def test_a_server_that_takes_nothing_more_fails_nobody(tmp_path: Path, start: Start) -> None:
    with running_server(tmp_path, "maxmemory 1mb", "maxmemory-policy noeviction") as full:
        process = start(full.url)

        process.put("x" * 500_000)
        process.put("x" * 500_000, Entry("b", 1))

        assert process.got() is None
        assert len(process.errors) == 1


def test_fifty_threads_get_their_own_answers(server: RedisServer, start: Start) -> None:
    process = start(server.url)

    def work(thread: int) -> None:
        for step in range(20):
            entry = Entry(f"key {thread % 7}", thread * 100 + step)
            process.put(f"value {entry.version}", entry)
            assert process.got(entry) == f"value {entry.version}"

    with ThreadPoolExecutor(50) as threads:
        list(threads.map(work, range(50)))

    assert process.errors == []
    assert len(process.client.connection_pool._available_connections) <= 50
    assert ENTRY not in process.cache.get(TEXTS, [ENTRY])
