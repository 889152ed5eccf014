"""Calls of services by their JSON protocol, under the names that boto3's clients give them.

A client takes the parameters that boto3's takes and returns what it returns, but for what stands in the
answer's ``ResponseMetadata``, and for the bytes within DynamoDB's attributes, which stay in base64.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

import base64
import json
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from .connections import Answer, Connections
from .failures import CallFailed, NoAnswer, Refused
from .retries import Allowance, may_help, pause
from .signing import Credentials, Signer

Document = dict[str, Any]
_OK = 200


@dataclass(frozen=True, slots=True)
class Service:
    """One service: how it is called, and which of its operations are."""

    name: str
    """In endpoints and in signatures."""
    target: str
    """What precedes an operation's name in its header."""
    version: str
    """Of the JSON protocol."""
    operations: tuple[str, ...]
    decoded: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """What JSON cannot hold, by its name in answers: how it is read."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """By operation, the parameter by which the service knows the same call again when it is tried again."""


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


DYNAMODB = Service(
    "dynamodb",
    "DynamoDB_20120810",
    "1.0",
    (
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"),
        *("TransactGetItems", "TransactWriteItems", "UpdateItem"),
    ),
    tokens={"TransactWriteItems": "ClientRequestToken"},
)
KMS = Service(
    "kms",
    "TrentService",
    "1.1",
    ("GetPublicKey", "Sign"),
    {"PublicKey": base64.b64decode, "Signature": base64.b64decode},
)
SECRETS = Service("secretsmanager", "secretsmanager", "1.1", ("GetSecretValue",), {"CreatedDate": _instant})


@dataclass(frozen=True, slots=True)
class Call:
    """One call, however often it is tried. Who stands around it may change its parameters."""

    service: str
    operation: str
    parameters: Document = field(repr=False)


Middleware = Callable[[Call, Callable[[], Document]], Document]
"""Stands around a call: it gets the call and what makes it, and returns the answer or raises."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one try may take, in seconds, and how many there are."""

    connect: float
    read: float
    tries: int


class Client:
    """A client of one service, shared by threads. Its operations are methods: ``GetItem`` is ``get_item``.

    They raise ``Refused`` where the service answers with an error, and ``NoAnswer`` where it does not.
    """

    def __init__(
        self,
        service: Service,
        region: str,
        connections: Connections,
        credentials: Callable[[], Credentials],
        patience: Patience,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self.region = region
        self.connections = connections
        self.middleware: list[Middleware] = []
        """Those who stand around each call, the outermost first."""
        self._credentials = credentials
        self.patience = patience
        self._sleep = sleep
        self._signer = Signer(service.name, region)
        self._allowance = Allowance()
        self._operations = {
            re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): partial(self._call, name)
            for name in service.operations
        }

    def __getattr__(self, name: str) -> Any:
        operations: dict[str, Any] = self.__dict__.get("_operations", {})
        if name in operations:
            return operations[name]
        raise AttributeError(f"{type(self).__name__} has no {name!r}")

    def _call(self, operation: str, **parameters: Any) -> Document:
        if (token := self.service.tokens.get(operation)) is not None:
            parameters.setdefault(token, str(uuid4()))
        call = Call(self.service.name, operation, parameters)
        proceed = partial(self._made, call)
        for around in reversed(self.middleware):
            proceed = partial(around, call, proceed)
        return proceed()

    def _made(self, call: Call) -> Document:
        """Make a call, again where that may help."""
        body = json.dumps(call.parameters, default=_in_base64, separators=(",", ":")).encode()
        taken = 0
        for failed in range(self.patience.tries):
            try:
                answer = self._tried(call.operation, body)
            except CallFailed as error:
                last = failed + 1 == self.patience.tries
                if last or not may_help(error) or not (taken := self._allowance.take(error)):
                    raise
                self._sleep(pause(error, failed))
            else:
                self._allowance.give_back(taken)
                return answer
        raise ValueError("at least one try")

    def _tried(self, operation: str, body: bytes) -> Document:
        service = self.service
        headers = {
            "content-type": f"application/x-amz-json-{service.version}",
            "x-amz-target": f"{service.target}.{operation}",
        }
        # Signed at each try: a signature is good for some minutes, a key perhaps for less.
        signed = self._signer.sign(self.connections.host, headers, body, self._credentials(), time.time())
        answer = self.connections.post(
            body, signed, connect_seconds=self.patience.connect, read_seconds=self.patience.read
        )
        told = _read(answer)
        if answer.status == _OK:
            for name, decode in service.decoded.items():
                if name in told:
                    told[name] = decode(told[name])
            return told
        raise Refused(_error(answer, told), operation)


def _in_base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"cannot send a {type(value).__name__}")


def _read(answer: Answer) -> Document:
    """Return the answer's document; raise ``NoAnswer`` if it was damaged on its way."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and checksum.strip() != str(zlib.crc32(answer.body)):
        raise NoAnswer("an answer that was damaged on its way")
    if answer.status != _OK and not answer.body.startswith(b"{"):
        return {}  # what stands before a service speaks HTML, or nothing
    try:
        told = json.loads(answer.body or b"{}")
    except ValueError as error:
        raise NoAnswer("an answer that is no JSON") from error
    if not isinstance(told, dict):
        raise NoAnswer("an answer that is no object")
    return told


def _error(answer: Answer, told: Document) -> Document:
    """Return an error as botocore would. Its name may come with its namespace, or with a link behind it."""
    named = str(told.pop("__type", "") or told.pop("code", "") or answer.status)
    message = told.pop("message", None) or told.pop("Message", "")
    return {
        **told,
        "Error": {"Code": named.partition(":")[0].rpartition("#")[2], "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": answer.status,
            "RequestId": answer.headers.get("x-amzn-requestid", ""),
        },
    }
