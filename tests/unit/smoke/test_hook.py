"""The answer to CodeDeploy: it always gets one, and a good one only for a version that is good."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from functions.smoke import main
from functions.smoke.main import OutOfTime, in_time, serve
from greenroom.settings import InvalidSettings
from greenroom.telemetry import logs

VERSION = "arn:aws:lambda:eu-central-1:000000000000:function:greenroom-prod-outbox:7"
EVENT = {"DeploymentId": "d-ABCDEF123", "LifecycleEventHookExecutionId": "eyJlbmMi"}
"""As the AWS CodeDeploy user guide shows it: that is all a hook is told."""


class Context:
    """Lambda's, with so many seconds left."""

    aws_request_id = "1"

    def __init__(self, seconds: float = 115) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self._seconds)


def _client(name: str) -> Any:
    # Stubs check what is sent and what comes back against the service's own description.
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}
    return boto3.session.Session().client(name, **keys)  # type: ignore[call-overload]


@pytest.fixture
def codedeploy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = _client("codedeploy")
    monkeypatch.setattr(main, "_codedeploy", lambda: client)
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def lambda_(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = _client("lambda")
    monkeypatch.setattr(main, "_lambda", lambda: client)
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("SMOKE_VERSIONS", f"outbox={VERSION}")
    main._settings.cache_clear()
    yield
    main._settings.cache_clear()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(logs, "_sinks", [found.append])
    return found


def _deploys(codedeploy: Stubber, group: str = "greenroom-prod-outbox") -> None:
    told = {"deploymentInfo": {"applicationName": "greenroom-prod", "deploymentGroupName": group}}
    codedeploy.add_response("get_deployment", told, {"deploymentId": EVENT["DeploymentId"]})


def _is_told(codedeploy: Stubber, status: str) -> None:
    execution = EVENT["LifecycleEventHookExecutionId"]
    codedeploy.add_response(
        "put_lifecycle_event_hook_execution_status",
        {"lifecycleEventHookExecutionId": execution},
        {
            "deploymentId": EVENT["DeploymentId"],
            "lifecycleEventHookExecutionId": execution,
            "status": status,
        },
    )


def _answers(lambda_: Stubber, document: Any, *, version: str = "7", error: str | None = None) -> None:
    payload = json.dumps(document).encode()
    lambda_.add_response(
        "invoke",
        {
            "StatusCode": 200,
            "ExecutedVersion": version,
            "Payload": StreamingBody(io.BytesIO(payload), len(payload)),
            **({"FunctionError": error} if error else {}),
        },
        {"FunctionName": VERSION, "Payload": b'{"Records": []}'},
    )


def test_a_version_that_answers_as_it_must_is_let_through(codedeploy: Stubber, lambda_: Stubber) -> None:
    _deploys(codedeploy)
    _answers(lambda_, {"batchItemFailures": []})
    _is_told(codedeploy, "Succeeded")

    assert serve(EVENT, Context()) == {"status": "Succeeded"}
    codedeploy.assert_no_pending_responses()
    lambda_.assert_no_pending_responses()


CRASH = {"errorType": "InvalidSettings", "errorMessage": "MAIL_FROM: not an e-mail address", "stackTrace": []}


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda stub: _answers(stub, CRASH, error="Unhandled"), "version 7 crashed: InvalidSettings"),
        (lambda stub: _answers(stub, {"batchItemFailures": ["1"]}), "an empty batch was not taken"),
        (lambda stub: _answers(stub, None), "an empty batch was not taken"),
        (lambda stub: _answers(stub, {"batchItemFailures": []}, version="6"), "version 6 answered"),
    ],
    ids=["crashed", "wrong", "nothing", "another version"],
)
def test_a_version_that_does_not_is_turned_down_with_the_reason_in_the_log(
    codedeploy: Stubber,
    lambda_: Stubber,
    lines: list[dict[str, Any]],
    prepare: Callable[[Stubber], None],
    reason: str,
) -> None:
    _deploys(codedeploy)
    prepare(lambda_)
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context()) == {"status": "Failed"}
    codedeploy.assert_no_pending_responses()
    (line,) = lines
    assert line["reason"].startswith(reason)
    # What the version said of itself may hold anything.
    assert "not an e-mail address" not in json.dumps(lines)


def test_codedeploy_is_told_even_if_lambda_refuses_the_call(codedeploy: Stubber, lambda_: Stubber) -> None:
    _deploys(codedeploy)
    lambda_.add_client_error("invoke", "AccessDeniedException")
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context()) == {"status": "Failed"}
    codedeploy.assert_no_pending_responses()


def test_codedeploy_is_told_even_if_it_does_not_say_what_is_deployed(codedeploy: Stubber) -> None:
    codedeploy.add_client_error("get_deployment", "DeploymentDoesNotExistException")
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context()) == {"status": "Failed"}
    codedeploy.assert_no_pending_responses()


def test_codedeploy_is_told_even_if_the_settings_are_bad(
    codedeploy: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_VERSIONS", "outbox")
    _deploys(codedeploy)
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context()) == {"status": "Failed"}
    codedeploy.assert_no_pending_responses()
    with pytest.raises(InvalidSettings, match="SMOKE_VERSIONS"):
        main._settings()


def test_a_function_of_which_the_release_has_no_version_is_turned_down(codedeploy: Stubber) -> None:
    _deploys(codedeploy, "greenroom-prod-auth")
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context()) == {"status": "Failed"}


def test_near_its_time_out_it_asks_no_more_and_says_failed_in_time(
    codedeploy: Stubber, lambda_: Stubber, lines: list[dict[str, Any]]
) -> None:
    _deploys(codedeploy)
    _is_told(codedeploy, "Failed")

    assert serve(EVENT, Context(seconds=29)) == {"status": "Failed"}
    assert [line["error"] for line in lines] == ["OutOfTime"]
    codedeploy.assert_no_pending_responses()
    with pytest.raises(OutOfTime):
        in_time(Context(seconds=29))
    in_time(Context(seconds=31))


def test_what_codedeploy_does_not_take_is_raised_so_that_lambda_counts_it(
    codedeploy: Stubber, lambda_: Stubber
) -> None:
    _deploys(codedeploy)
    _answers(lambda_, {"batchItemFailures": []})
    codedeploy.add_client_error("put_lifecycle_event_hook_execution_status", "ThrottlingException")

    with pytest.raises(ClientError):
        serve(EVENT, Context())


def test_by_hand_all_versions_are_tried_and_the_bad_ones_named(
    lambda_: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_VERSIONS", f"outbox={VERSION},nobody={VERSION}")
    _answers(lambda_, {"batchItemFailures": []})

    assert serve({}, Context()) == {
        "failed": {"nobody": "nobody knows how to try nobody out"},
        "tried": ["nobody", "outbox"],
    }
