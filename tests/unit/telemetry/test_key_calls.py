"""Calls of the key service are measured: KMS itself does not count what it refuses."""

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from greenroom.aws.client import Call, Document
from greenroom.aws.errors import CALL_ERRORS
from greenroom.telemetry.invocations import Invocation, invocation
from greenroom.telemetry.key_calls import measure_key_calls

CALL = Call("kms", "GetPublicKey", {"KeyId": "k"})


def _called(error: Exception | None = None) -> Document:
    """Call a service that answers, or fails so."""

    def answer() -> Document:
        if error is not None:
            raise error
        return {"PublicKey": b""}

    return measure_key_calls(CALL, answer)


def _measured(at_hand: Invocation) -> list[str]:
    return [sample.metric.name for sample in at_hand.samples]


def test_an_answered_call_is_measured() -> None:
    with invocation("auth") as at_hand:
        _called()

    assert _measured(at_hand) == ["KeyLatency"]
    assert at_hand.samples[0].value >= 0


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetPublicKey"),
        HTTPClientError(error="no answer"),
    ],
)
def test_a_refused_call_and_one_without_an_answer_are_errors(error: Exception) -> None:
    with invocation("auth") as at_hand, pytest.raises(CALL_ERRORS):
        _called(error)

    assert _measured(at_hand) == ["KeyLatency", "KeyErrors"]


def test_a_call_outside_any_invocation_is_made_unmeasured() -> None:
    assert _called()["PublicKey"] == b""
