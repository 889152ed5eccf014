"""Each request's line counts that request's own table calls."""

import threading
from types import SimpleNamespace
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from greenroom.telemetry import calls
from greenroom.telemetry.calls import begin_count, count_calls


class Clock:
    """Half a second passes at each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def _response(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)


def _answer(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
    """Answer in place of the network: a table called "missing" does not exist."""
    if b"missing" in params["body"]:
        error = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
        return _response(400), error | {"ResponseMetadata": {"HTTPStatusCode": 400}}
    return _response(200), {"TableNames": []}


@pytest.fixture
def client() -> Any:
    """A client that reports its calls, and answers without a network."""
    made = boto3.session.Session("test", "test", region_name="eu-west-1").client("dynamodb")
    count_calls(made)
    made.meta.events.register_last("before-call", _answer)  # type: ignore[arg-type]
    return made


def _list(client: Any, times: int = 1) -> None:
    for _ in range(times):
        client.list_tables()


def test_every_call_is_counted_with_its_time(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "time", SimpleNamespace(perf_counter=Clock()))
    count = begin_count()

    _list(client, 3)

    assert (count.calls, count.milliseconds) == (3, 3 * 500)


def test_a_call_that_another_hook_answered_first_is_counted_without_time(client: Any) -> None:
    client.meta.events.register_first("before-call", _answer)
    count = begin_count()

    _list(client)

    assert count.calls == 1
    assert count.milliseconds == 0


def test_a_call_that_fails_counts_too(client: Any) -> None:
    count = begin_count()

    with pytest.raises(ClientError):
        client.describe_table(TableName="missing")

    assert count.calls == 1


def test_each_request_begins_at_nothing(client: Any) -> None:
    first = begin_count()
    _list(client)
    second = begin_count()
    _list(client, 2)

    assert (first.calls, second.calls) == (1, 2)


def test_requests_in_other_threads_are_not_counted_here(client: Any) -> None:
    count = begin_count()
    theirs = []

    def serve() -> None:
        theirs.append(begin_count())
        _list(client, 2)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()

    assert (count.calls, theirs[0].calls) == (0, 2)


def test_a_call_outside_any_request_is_made_uncounted(client: Any) -> None:
    answers = []

    def work() -> None:
        answers.append(client.list_tables()["TableNames"])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert answers == [[]]
