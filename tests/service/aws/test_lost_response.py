"""A write whose response is lost is done once, and never reported as failed."""

import http.client
import http.server
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from greenroom.aws.client import DYNAMODB
from greenroom.limits.hits import Denied, HitLists
from greenroom.limits.policies import Policy
from greenroom.messaging.marks import Marks
from greenroom.refusals import Unavailable
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.storage.writes import NEW, Delete, Put, Update
from local.resources import own_client
from tests.service.aws.servers import running
from tests.support.emulator import RunningEmulator

KEY = Key("A", "1")
ITEM = {**KEY._asdict(), "id": "mine", "tags": ["a", "b"], "count": 3, "by": b"\x00\x01"}
OTHER = {**ITEM, "id": "other"}


class Lossy(http.server.ThreadingHTTPServer):
    """Passes requests to the emulator and loses the response to the next write, or a request before it."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        self.lose = ""
        self.after: Callable[[], object] | None = None
        self.writes: list[dict[str, Any]] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Lossy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        write = any(verb in self.headers["X-Amz-Target"] for verb in ("Put", "Update", "Delete", "Write"))
        lose, self.server.lose = (self.server.lose, "") if write else ("", self.server.lose)
        if write:
            self.server.writes.append(json.loads(body))
        if lose == "request":
            self._meanwhile()
            self.close_connection = True
            return
        behind = http.client.HTTPConnection(self.server.behind, timeout=30)
        behind.request("POST", "/", body, dict(self.headers.items()))
        response = behind.getresponse()
        content = response.read()
        behind.close()
        if lose == "response":
            self._meanwhile()
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _meanwhile(self) -> None:
        if self.server.after is not None:
            self.server.after()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def _lossy(behind: str) -> Iterator[Lossy]:
    with Lossy(behind) as server, running(server):
        yield server


@pytest.fixture
def lossy(emulator: RunningEmulator) -> Iterator[Lossy]:
    with _lossy(emulator.url) as server:
        yield server


@pytest.fixture
def name(emulator: RunningEmulator) -> str:
    return emulator.fresh_tables().names["bookings"]


@pytest.fixture
def tables(lossy: Lossy) -> Tables:
    return Tables(own_client(DYNAMODB, f"http://127.0.0.1:{lossy.server_port}"))


@pytest.fixture
def direct(emulator: RunningEmulator) -> Tables:
    """The tables without losses."""
    return Tables(own_client(DYNAMODB, emulator.url))


@pytest.mark.parametrize("lost", ["request", "response"])
def test_a_conditional_put_is_done_once_and_succeeds(
    lossy: Lossy, tables: Tables, name: str, lost: str
) -> None:
    lossy.lose = lost

    tables.write(Put(name, ITEM, when=NEW))

    assert len(lossy.writes) == 2
    assert tables.get(name, KEY) == ITEM


@pytest.mark.parametrize("lost", ["request", "response"])
def test_a_transaction_is_done_once_and_succeeds(lossy: Lossy, tables: Tables, name: str, lost: str) -> None:
    tables.write(Put(name, {**KEY._asdict(), "count": 1}))
    lossy.lose = lost

    tables.write(
        Put(name, {**ITEM, "sk": "2"}, when=NEW), Update(name, KEY, add={"count": 1}, when={"count": 1})
    )

    first, again = lossy.writes[-2:]
    assert first["ClientRequestToken"] == again["ClientRequestToken"]
    assert (tables.get(name, KEY) or {})["count"] == 2


def test_a_put_that_someone_else_has_made_is_not_claimed(
    lossy: Lossy, tables: Tables, direct: Tables, name: str
) -> None:
    """The request is lost, and another item is there by then: it is not known that nothing was written."""
    direct.write(Put(name, OTHER))
    lossy.lose = "request"

    with pytest.raises(Unavailable):
        tables.write(Put(name, ITEM, when=NEW))

    assert direct.get(name, KEY) == OTHER


def test_a_put_that_was_overwritten_after_it_was_made_is_not_reported_as_refused(
    lossy: Lossy, tables: Tables, direct: Tables, name: str
) -> None:
    lossy.lose, lossy.after = "response", lambda: direct.write(Put(name, OTHER))

    with pytest.raises(Unavailable):
        tables.write(Put(name, ITEM, when=NEW))


EXPRESSIONS = {
    "UpdateExpression": "SET step = :b",
    "ConditionExpression": "step = :a",
    "ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"N": "2"}},
}
UNPROVABLE: dict[str, Callable[[Tables, str], object]] = {
    "update": lambda tables, name: tables.write(Update(name, KEY, assign={"step": 2}, when={"step": 1})),
    "delete": lambda tables, name: tables.write(Delete(name, KEY, when={"step": 1})),
}


def test_an_update_by_expressions_says_that_it_may_have_run_and_returns_the_item(
    lossy: Lossy, tables: Tables, name: str
) -> None:
    tables.write(Put(name, {**KEY._asdict(), "step": 1}))
    lossy.lose = "response"

    with pytest.raises(ConditionFailed) as raised:
        tables.update(name, KEY, EXPRESSIONS)

    assert raised.value.may_have_run
    assert (raised.value.item or {})["step"] == 2


@pytest.mark.parametrize("kind", UNPROVABLE)
def test_a_change_that_leaves_no_proof_is_reported_as_unknown(
    lossy: Lossy, tables: Tables, name: str, kind: str
) -> None:
    tables.write(Put(name, {**KEY._asdict(), "step": 1}))
    lossy.lose = "response"

    with pytest.raises(Unavailable):
        UNPROVABLE[kind](tables, name)

    assert (tables.get(name, KEY) or {}).get("step") in {None, 2}


def test_without_a_loss_a_failed_condition_is_reported_as_such(tables: Tables, name: str) -> None:
    tables.write(Put(name, OTHER))

    with pytest.raises(ConditionFailed) as raised:
        tables.write(Put(name, ITEM, when=NEW))

    assert raised.value.indexes == {0}


NOW = datetime(2027, 3, 5, 18, tzinfo=UTC)


def test_two_workers_at_the_same_instant_do_not_both_get_a_lease(
    lossy: Lossy, tables: Tables, direct: Tables, name: str
) -> None:
    """The other worker's lease has the same times, so only its random value tells them apart."""
    leases: list[object] = []
    other = Marks(direct, name, lambda: NOW)
    lossy.lose, lossy.after = "request", lambda: leases.append(other.take("bkg_1", 1, "buyer"))

    with pytest.raises(Unavailable):
        Marks(tables, name, lambda: NOW).take("bkg_1", 1, "buyer")

    assert len(leases) == 1
    assert leases[0] is not None


@pytest.mark.parametrize("lost", ["request", "response"])
def test_the_last_request_of_a_quota_counts_once_and_is_not_denied(
    lossy: Lossy, tables: Tables, name: str, lost: str
) -> None:
    counter, policy = HitLists(tables, name), Policy(name="two", limit=2, seconds=60)
    first = int(NOW.timestamp() * 1000)
    counter.count(KEY, policy, first)
    lossy.lose = lost

    assert counter.count(KEY, policy, first + 1000).hits == [first + 1000, first]

    with pytest.raises(Denied):
        counter.count(KEY, policy, first + 2000)
