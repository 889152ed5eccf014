"""What a call sends, returns and raises, and when it is attempted again."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.retries import standard

from greenroom.aws.client import DYNAMODB, KMS, SECRETS, Call, Client, Document, Service, Timeouts
from greenroom.aws.errors import CALL_ERRORS
from greenroom.aws.runtime import Headers, Response

TRIES = 3
BYTES = b"\x01\x02"
SECRET = {"SecretString": "s"}


URL = "https://service.test"
TIMED_OUT, NOT_CONNECTED = ReadTimeoutError(endpoint_url=URL), EndpointConnectionError(endpoint_url=URL)
CLOSED = ConnectionClosedError(endpoint_url=URL)


def answered(document: object, status: int = 200, **headers: str) -> Response:
    """Return a response with that document as its body."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def refused(code: str, status: int = 400, **fields: Any) -> Response:
    """Return an error in DynamoDB's form."""
    name = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answered({"__type": name, "message": "hunter2", **fields}, status, x_amzn_requestid="R1")


class Wire:
    """An endpoint that gives a test's responses in turn."""

    def __init__(self, *answers: Response | Exception) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[bytes, Headers]] = []

    def post(self, body: bytes, headers: Headers, **seconds: float) -> Response:
        self.seconds = seconds
        self.sent.append((body, headers))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(wire: Wire, service: Service = DYNAMODB, slept: list[float] | None = None) -> Any:
    """Return a client of that endpoint."""
    endpoint: Any = wire
    sleep: Callable[[float], None] = (slept if slept is not None else []).append
    return Client(service, endpoint, Timeouts(connect=1, read=2, attempts=TRIES), sleep)


def test_a_call_is_a_post_of_its_parameters() -> None:
    wire = Wire(answered({"Item": {"a": {"B": "AQI="}}}))

    answer = client(wire).get_item(TableName="t", Key={"pk": {"B": b"\x01\x02"}})

    ((body, headers),) = wire.sent
    assert json.loads(body) == {"TableName": "t", "Key": {"pk": {"B": "AQI="}}}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert wire.seconds == {"connect": 1, "read": 2}
    assert answer == {"Item": {"a": {"B": "AQI="}}}


@pytest.mark.parametrize(
    ("service", "operation", "target", "told", "read"),
    [
        (KMS, "get_public_key", "TrentService.GetPublicKey", {"PublicKey": "AQI="}, {"PublicKey": BYTES}),
        (KMS, "sign", "TrentService.Sign", {"Signature": "AQI="}, {"Signature": BYTES}),
        (SECRETS, "get_secret_value", "secretsmanager.GetSecretValue", SECRET, SECRET),
    ],
)
def test_what_json_cannot_hold_is_read_as_what_it_is(
    service: Service, operation: str, target: str, told: Document, read: Document
) -> None:
    wire = Wire(answered(told))

    assert getattr(client(wire, service), operation)(A="1") == read
    ((_, headers),) = wire.sent
    assert headers["x-amz-target"] == target
    assert headers["content-type"] == "application/x-amz-json-1.1"


def test_an_instant_is_an_instant() -> None:
    wire = Wire(answered({"CreatedDate": 1.8e9}))

    assert client(wire, SECRETS).get_secret_value(SecretId="s")["CreatedDate"].isoformat() == (
        "2027-01-15T08:00:00+00:00"
    )


def test_a_transaction_has_a_token_of_its_own_however_often_it_is_tried() -> None:
    wire = Wire(TIMED_OUT, answered({}))
    made = client(wire)

    made.transact_write_items(TransactItems=[])
    made.transact_write_items(TransactItems=[])
    made.transact_write_items(TransactItems=[], ClientRequestToken="mine")

    first, again, other, told = [json.loads(body)["ClientRequestToken"] for body, _ in wire.sent]
    assert first == again
    assert len({first, other, told}) == 3
    assert told == "mine"


def test_only_known_operations_can_be_called() -> None:
    with pytest.raises(AttributeError, match="no operation 'get_itme'"):
        client(Wire(answered({}))).get_itme()
    with pytest.raises(AttributeError, match="no operation 'sign'"):
        client(Wire(answered({}))).sign()


def test_a_call_does_not_show_its_parameters() -> None:
    assert "hunter2" not in repr(Call("kms", "Sign", {"Message": "hunter2"}))


def test_what_cannot_be_sent_is_a_fault_and_nothing_is_sent() -> None:
    wire = Wire(answered({}))

    with pytest.raises(TypeError, match="cannot send a set"):
        client(wire).get_item(Key={"a"})

    assert wire.sent == []


def test_an_error_has_botocores_form_and_the_fields_of_its_kind() -> None:
    answer = refused("ConditionalCheckFailedException", Item={"a": {"S": "x"}})

    with pytest.raises(ClientError) as raised:
        client(Wire(answer)).put_item(TableName="t", Item={})

    assert raised.value.response == {
        "Error": {"Code": "ConditionalCheckFailedException", "Message": "hunter2"},
        "Item": {"a": {"S": "x"}},
        "ResponseMetadata": {
            "HTTPStatusCode": 400,
            "RequestId": "R1",
            "RetryAttempts": 0,
            "MayHaveRun": False,
        },
    }
    assert raised.value.operation_name == "PutItem"


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        ({"__type": "NotFoundException", "message": "m"}, "NotFoundException", "m"),
        ({"__type": "x#SerializationException", "Message": "m"}, "SerializationException", "m"),
        ({"code": "AccessDenied:http://internal/x", "message": "m"}, "AccessDenied", "m"),
        ({"__type": "x#AccessDenied:http://internal/#y", "message": "m"}, "AccessDenied", "m"),
        ({}, "403", ""),
        (b"<html>no</html>", "403", ""),
        (b"", "403", ""),
    ],
)
def test_every_wording_of_a_refusal_is_read(told: object, code: str, message: str) -> None:
    with pytest.raises(ClientError) as raised:
        client(Wire(answered(told, 403)), KMS).sign(KeyId="k")

    assert raised.value.response["Error"] == {"Code": code, "Message": message}


REFERENCE: Any = standard

AGAIN: dict[str, Response | Exception] = {
    **{
        code: refused(code)
        for code in (
            *REFERENCE.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
            *REFERENCE.TransientRetryableChecker._TRANSIENT_ERROR_CODES,
            "ReplicatedWriteConflictException",  # which its description says may be tried again
        )
    },
    "500": refused("InternalServerError", 500),
    "502": answered(b"<html>", 502),
    "503": answered({}, 503),
    "504": answered(b"", 504),
    "broken": CLOSED,
    "not connected": NOT_CONNECTED,
    "silent": TIMED_OUT,
    "429": answered(b"", 429),
    "damaged": answered({"Item": {}}, x_amz_crc32="1"),
    "damaged itself": answered({"Item": {}}, x_amz_crc32="1, 2"),
    "no object": answered([]),
    "nothing": answered(None),
    "gzip": answered(b"\x1f\x8b\x08"),
    "cut off": answered(b"{cut off"),
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_may_pass_is_tried_again_after_a_pause(name: str) -> None:
    wire, slept = Wire(AGAIN[name], answered({"Item": {}})), list[float]()

    assert client(wire, slept=slept).get_item(TableName="t") == {"Item": {}}
    assert len(wire.sent) == 2
    assert len(slept) == 1
    assert 0 <= slept[0] <= 0.2


@pytest.mark.parametrize("name", AGAIN)
def test_what_does_not_pass_is_raised_after_so_many_tries(name: str) -> None:
    wire, slept = Wire(AGAIN[name]), list[float]()

    with pytest.raises(CALL_ERRORS):
        client(wire, slept=slept).get_item(TableName="t")

    assert len(wire.sent) == TRIES
    assert len(slept) == TRIES - 1


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailedException", "TransactionCanceledException", "ValidationException"]
)
def test_what_does_not_pass_by_itself_is_asked_once(code: str) -> None:
    wire = Wire(refused(code))

    with pytest.raises(ClientError):
        client(wire).put_item(TableName="t", Item={})

    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("earlier", "may_have_run"),
    [
        (TIMED_OUT, True),
        (CLOSED, True),
        (refused("InternalServerError", 500), True),
        (answered(b"", 502), True),
        (NOT_CONNECTED, False),
        (refused("ThrottlingException"), False),
        (answered(b"", 429), False),
    ],
    ids=["timed out", "closed", "500", "502", "not connected", "throttled", "429"],
)
def test_a_failed_condition_says_whether_an_earlier_attempt_may_have_run(
    earlier: Response | Exception, may_have_run: bool
) -> None:
    wire = Wire(earlier, refused("ConditionalCheckFailedException"))

    with pytest.raises(ClientError) as raised:
        client(wire).put_item(TableName="t", Item={})

    metadata: Any = raised.value.response["ResponseMetadata"]
    assert (metadata["RetryAttempts"], metadata["MayHaveRun"]) == (1, may_have_run)


def test_missing_credentials_are_not_asked_for_again() -> None:
    """The provider has made its own attempts, and nothing was sent."""
    wire = Wire(CredentialRetrievalError(provider="awscrt", error_msg="none"))

    with pytest.raises(CredentialRetrievalError):
        client(wire).get_item(TableName="t")

    assert len(wire.sent) == 1


def test_an_answer_whose_checksum_holds_is_taken() -> None:
    body = b'{"Item": {}}'

    answer = answered(body, x_amz_crc32=str(zlib.crc32(body)))

    assert client(Wire(answer)).get_item(TableName="t") == {"Item": {}}


def test_a_service_that_is_down_gets_no_second_flood() -> None:
    wire = Wire(TIMED_OUT)
    made = client(wire)

    for _ in range(100):
        with pytest.raises(ReadTimeoutError):
            made.get_item(TableName="t")

    # An allowance of 500, of which each further try takes 14.
    assert len(wire.sent) == 100 + 500 // 14


def test_what_succeeds_again_may_be_tried_again_once_more() -> None:
    failing = TIMED_OUT
    wire = Wire(failing)
    made = client(wire)
    for _ in range(100):
        with pytest.raises(ReadTimeoutError):
            made.get_item(TableName="t")

    made.endpoint = Wire(answered({}))
    for _ in range(14):
        made.get_item(TableName="t")
    made.endpoint = Wire(failing, answered({}))

    assert made.get_item(TableName="t") == {}


def test_who_stands_around_a_call_sees_it_once_however_often_it_is_tried() -> None:
    seen = []

    def around(call: Call, proceed: Callable[[], Document]) -> Document:
        seen.append((call.service, call.operation, dict(call.parameters)))
        call.parameters["More"] = "1"
        return {**proceed(), "seen": len(seen)}

    wire = Wire(TIMED_OUT, answered({"Item": {}}))
    made = client(wire)
    made.middleware.append(around)

    assert made.get_item(TableName="t") == {"Item": {}, "seen": 1}
    assert seen == [("dynamodb", "GetItem", {"TableName": "t"})]
    assert {json.loads(body)["More"] for body, _ in wire.sent} == {"1"}


def test_the_outermost_of_those_around_a_call_comes_first() -> None:
    order = []

    def named(name: str) -> Callable[[Call, Callable[[], Document]], Document]:
        def around(_: Call, proceed: Callable[[], Document]) -> Document:
            order.append(name)
            return proceed()

        return around

    made = client(Wire(answered({})))
    made.middleware += [named("outer"), named("inner")]
    made.get_item(TableName="t")

    assert order == ["outer", "inner"]
