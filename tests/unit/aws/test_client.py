"""What a call sends, what it returns, what it raises, and when it is made again."""

import json
import zlib
from collections.abc import Callable
from http.client import HTTPMessage
from typing import Any

import pytest

from greenroom.aws.client import DYNAMODB, KMS, SECRETS, Call, Client, Document, Patience, Service
from greenroom.aws.connections import Answer
from greenroom.aws.failures import CallFailed, NoAnswer, NotConnected, Refused, TimedOut
from greenroom.aws.signing import Credentials

TRIES = 3
BYTES = b"\x01\x02"
SECRET = {"SecretString": "s"}


def answered(document: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer with that document as its body."""
    message = HTTPMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return Answer(status, message, document if isinstance(document, bytes) else json.dumps(document).encode())


def refused(code: str, status: int = 400, **fields: Any) -> Answer:
    """Return a refusal as DynamoDB words it."""
    name = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answered({"__type": name, "message": "hunter2", **fields}, status, x_amzn_requestid="R1")


class Wire:
    """Connections that answer what a test says, in turn."""

    host = "service.test"

    def __init__(self, *answers: Answer | CallFailed) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[bytes, dict[str, str]]] = []

    def post(self, body: bytes, headers: dict[str, str], **seconds: float) -> Answer:
        self.seconds = seconds
        self.sent.append((body, headers))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, CallFailed):
            raise answer
        return answer


def client(wire: Wire, service: Service = DYNAMODB, slept: list[float] | None = None) -> Any:
    """Return a client on those connections."""
    connections: Any = wire
    sleep: Callable[[float], None] = (slept if slept is not None else []).append
    patience = Patience(connect=1, read=2, tries=TRIES)
    who = Credentials("a", "b", "t")
    return Client(service, "eu-west-1", connections, lambda: who, patience, sleep=sleep)


def test_a_call_is_a_signed_post_of_its_parameters() -> None:
    wire = Wire(answered({"Item": {"a": {"B": "AQI="}}}))

    answer = client(wire).get_item(TableName="t", Key={"pk": {"B": b"\x01\x02"}})

    ((body, headers),) = wire.sent
    assert json.loads(body) == {"TableName": "t", "Key": {"pk": {"B": "AQI="}}}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=a/")
    assert headers["x-amz-security-token"] == "t"
    assert wire.seconds == {"connect_seconds": 1, "read_seconds": 2}
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
    wire = Wire(TimedOut("no answer in time"), answered({}))
    made = client(wire)

    made.transact_write_items(TransactItems=[])
    made.transact_write_items(TransactItems=[])
    made.transact_write_items(TransactItems=[], ClientRequestToken="mine")

    first, again, other, told = [json.loads(body)["ClientRequestToken"] for body, _ in wire.sent]
    assert first == again
    assert len({first, other, told}) == 3
    assert told == "mine"


def test_only_known_operations_can_be_called() -> None:
    with pytest.raises(AttributeError, match="get_itme"):
        client(Wire(answered({}))).get_itme()
    with pytest.raises(AttributeError, match="sign"):
        client(Wire(answered({}))).sign()


def test_what_cannot_be_sent_is_a_fault_and_nothing_is_sent() -> None:
    wire = Wire(answered({}))

    with pytest.raises(TypeError, match="cannot send a set"):
        client(wire).get_item(Key={"a"})

    assert wire.sent == []


def test_a_refusal_has_its_code_its_fields_and_no_text_in_its_own() -> None:
    answer = refused("ConditionalCheckFailedException", Item={"a": {"S": "x"}})

    with pytest.raises(Refused) as raised:
        client(Wire(answer)).put_item(TableName="t", Item={})

    assert (raised.value.code, raised.value.status) == ("ConditionalCheckFailedException", 400)
    assert raised.value.response == {
        "Error": {"Code": "ConditionalCheckFailedException", "Message": "hunter2"},
        "Item": {"a": {"S": "x"}},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "R1"},
    }
    assert str(raised.value) == "PutItem: ConditionalCheckFailedException"


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        ({"__type": "NotFoundException", "message": "m"}, "NotFoundException", "m"),
        ({"__type": "x#SerializationException", "Message": "m"}, "SerializationException", "m"),
        ({"code": "AccessDenied:http://internal/x", "message": "m"}, "AccessDenied", "m"),
        ({}, "403", ""),
        (b"<html>no</html>", "403", ""),
        (b"", "403", ""),
    ],
)
def test_every_wording_of_a_refusal_is_read(told: object, code: str, message: str) -> None:
    with pytest.raises(Refused) as raised:
        client(Wire(answered(told, 403)), KMS).sign(KeyId="k")

    assert raised.value.response["Error"] == {"Code": code, "Message": message}


AGAIN: dict[str, Answer | CallFailed] = {
    **{
        code: refused(code)
        for code in (
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
            "TransactionInProgressException",
        )
    },
    "500": refused("InternalServerError", 500),
    "502": answered(b"<html>", 502),
    "503": answered({}, 503),
    "504": answered(b"", 504),
    "broken": NoAnswer("the connection broke"),
    "not connected": NotConnected("no connection"),
    "silent": TimedOut("no answer in time"),
    "damaged": answered({"Item": {}}, x_amz_crc32="1"),
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

    with pytest.raises(CallFailed):
        client(wire, slept=slept).get_item(TableName="t")

    assert len(wire.sent) == TRIES
    assert len(slept) == TRIES - 1


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailedException", "TransactionCanceledException", "ValidationException"]
)
def test_what_does_not_pass_by_itself_is_asked_once(code: str) -> None:
    wire = Wire(refused(code))

    with pytest.raises(Refused):
        client(wire).put_item(TableName="t", Item={})

    assert len(wire.sent) == 1


def test_an_answer_whose_checksum_holds_is_taken() -> None:
    body = b'{"Item": {}}'

    answer = answered(body, x_amz_crc32=str(zlib.crc32(body)))

    assert client(Wire(answer)).get_item(TableName="t") == {"Item": {}}


def test_a_service_that_is_down_gets_no_second_flood() -> None:
    wire = Wire(TimedOut("no answer in time"))
    made = client(wire)

    for _ in range(100):
        with pytest.raises(TimedOut):
            made.get_item(TableName="t")

    # An allowance of 500, of which each further try takes 14.
    assert len(wire.sent) == 100 + 500 // 14


def test_what_succeeds_again_may_be_tried_again_once_more() -> None:
    failing = TimedOut("no answer in time")
    wire = Wire(failing)
    made = client(wire)
    for _ in range(100):
        with pytest.raises(TimedOut):
            made.get_item(TableName="t")

    made.connections = Wire(answered({}))
    for _ in range(14):
        made.get_item(TableName="t")
    made.connections = Wire(failing, answered({}))

    assert made.get_item(TableName="t") == {}


def test_who_stands_around_a_call_sees_it_once_however_often_it_is_tried() -> None:
    seen = []

    def around(call: Call, proceed: Callable[[], Document]) -> Document:
        seen.append((call.service, call.operation, dict(call.parameters)))
        call.parameters["More"] = "1"
        return {**proceed(), "seen": len(seen)}

    wire = Wire(TimedOut("no answer in time"), answered({"Item": {}}))
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
