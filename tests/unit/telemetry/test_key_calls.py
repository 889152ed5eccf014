"""Calls of the key service are measured: KMS itself does not count what it refuses."""

from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from greenroom.telemetry.invocations import Invocation, invocation
from greenroom.telemetry.key_calls import measure_key_calls


def _client(parsed: dict[str, Any] | None) -> Any:
    """Return a client that gets this answer, or none because nobody is there."""
    config = Config(retries={"total_max_attempts": 1})
    session = boto3.session.Session("test", "test", region_name="eu-west-1")
    made = session.client("kms", endpoint_url="http://127.0.0.1:9", config=config)
    measure_key_calls(made)

    def answer(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        if parsed is None:
            return None
        status = 400 if "Error" in parsed else 200
        return AWSResponse("", status, HTTPHeaders(), None), parsed | {
            "ResponseMetadata": {"HTTPStatusCode": status}
        }

    made.meta.events.register_last("before-call", answer)  # type: ignore[arg-type]
    return made


def _measured(at_hand: Invocation) -> list[str]:
    return [sample.metric.name for sample in at_hand.samples]


def test_an_answered_call_is_measured() -> None:
    with invocation("auth") as at_hand:
        _client({"PublicKey": b""}).get_public_key(KeyId="k")

    assert _measured(at_hand) == ["KeyLatency"]
    assert at_hand.samples[0].value >= 0


@pytest.mark.parametrize("code", ["ThrottlingException", "DisabledException", "AccessDeniedException"])
def test_a_refused_call_is_an_error(code: str) -> None:
    client = _client({"Error": {"Code": code, "Message": ""}})

    with invocation("auth") as at_hand, pytest.raises(ClientError):
        client.get_public_key(KeyId="k")

    assert _measured(at_hand) == ["KeyLatency", "KeyErrors"]


def test_a_call_without_any_answer_is_an_error() -> None:
    with invocation("auth") as at_hand, pytest.raises(Exception, match=r"socket|connect"):
        _client(None).get_public_key(KeyId="k")

    assert _measured(at_hand) == ["KeyLatency", "KeyErrors"]


def test_a_call_outside_any_invocation_is_made_unmeasured() -> None:
    assert _client({"PublicKey": b""}).get_public_key(KeyId="k")["PublicKey"] == b""
