"""Clients of AWS services with a JSON protocol: boto3's method names, parameters, responses and errors.

Bytes within DynamoDB's attributes stay in base64. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

import base64
import json
import random
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError, HTTPClientError
from botocore.retries.quota import RetryQuota

from .errors import CALL_ERRORS, is_retryable, is_throttling, may_have_run
from .runtime import Endpoint, Response

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its name in URLs, its header prefix, its protocol, its operations and special fields."""

    name: str
    target: str
    json_version: str
    operations: tuple[str, ...]
    decoders: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


DYNAMODB = Service(
    "dynamodb",
    "DynamoDB_20120810",
    "1.0",
    (
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan"),
        *("TransactGetItems", "TransactWriteItems", "UpdateItem"),
    ),
)
_KEYS = {"PublicKey": base64.b64decode, "Signature": base64.b64decode}
KMS = Service("kms", "TrentService", "1.1", ("GetPublicKey", "Sign"), _KEYS)
_DATES = {"CreatedDate": lambda seconds: datetime.fromtimestamp(seconds, UTC)}
SECRETS = Service("secretsmanager", "secretsmanager", "1.1", ("GetSecretValue",), _DATES)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, however many attempts it takes. Middleware may change its parameters."""

    service: str
    operation: str
    parameters: Document = field(repr=False)


Middleware = Callable[[Call, Callable[[], Document]], Document]
"""Wraps a call: gets it with a function that makes it, and returns the response or raises."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect and seconds to respond, for each of so many attempts."""

    connect: float
    read: float
    attempts: int


class Client:
    """A client of one service, shared by threads: ``GetItem`` is ``get_item``."""

    def __init__(
        self,
        service: Service,
        endpoint: Endpoint,
        timeouts: Timeouts,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service, self.endpoint, self.timeouts = service, endpoint, timeouts
        self.middleware: list[Middleware] = []
        """The outermost comes first."""
        self._sleep, self._quota = sleep, RetryQuota()
        for name in service.operations:
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            setattr(self, method, partial(self._call, name))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.service.name} has no operation {name!r} here")

    def _call(self, operation: str, **parameters: Any) -> Document:
        if operation == "TransactWriteItems":  # the same for all attempts, so that one is executed
            parameters.setdefault("ClientRequestToken", str(uuid4()))
        call = Call(self.service.name, operation, parameters)
        proceed = partial(self._send, call)
        for around in reversed(self.middleware):
            proceed = partial(around, call, proceed)
        return proceed()

    def _send(self, call: Call) -> Document:
        """Make the attempts of botocore's standard mode, with shorter waits after throttling."""
        body = json.dumps(call.parameters, default=_base64, separators=(",", ":")).encode()
        attempt, cost, unknown = 1, 1, False
        while True:
            try:
                response = self._attempt(call.operation, body)
            except CALL_ERRORS as error:
                unknown = unknown or may_have_run(error)
                cost = 5 if is_throttling(error) else 14
                last = attempt == self.timeouts.attempts or not is_retryable(error)
                if last or not self._quota.acquire(cost):
                    if isinstance(error, ClientError):
                        retries: Any = {"RetryAttempts": attempt - 1, "MayHaveRun": unknown}
                        error.response["ResponseMetadata"] |= retries
                    raise
                longest = 0.2 if is_throttling(error) else 0.025
                self._sleep(random.uniform(0, longest * 2 ** (attempt - 1)))  # noqa: S311 - jitter
                attempt += 1
            else:
                self._quota.release(cost)
                return response

    def _attempt(self, operation: str, body: bytes) -> Document:
        headers = {
            "content-type": f"application/x-amz-json-{self.service.json_version}",
            "x-amz-target": f"{self.service.target}.{operation}",
        }
        response = self.endpoint.post(body, headers, connect=self.timeouts.connect, read=self.timeouts.read)
        document = _parse(response)
        if response.status != 200:
            raise ClientError(_error(response, document), operation)
        for name in self.service.decoders.keys() & document.keys():
            document[name] = self.service.decoders[name](document[name])
        return document


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"cannot send a {type(value).__name__}")


def _parse(response: Response) -> Document:
    checksum = response.headers.get("x-amz-crc32")
    if checksum is not None and checksum.strip() != str(zlib.crc32(response.body)):
        raise HTTPClientError(error="the checksum of the response is wrong")
    if response.status != 200 and not response.body.startswith(b"{"):
        return {}  # a proxy answers in HTML, or with nothing
    try:
        document = json.loads(response.body or b"{}")
    except ValueError as error:
        raise HTTPClientError(error="the response is not JSON") from error
    if not isinstance(document, dict):
        raise HTTPClientError(error="the response is not an object")
    return document


def _error(response: Response, document: Document) -> Any:
    """Return an error as botocore does. Its type may have a namespace before it, or a link behind it."""
    kind = str(document.pop("__type", "") or document.pop("code", "") or response.status)
    message = document.pop("message", None) or document.pop("Message", "")
    request_id = response.headers.get("x-amzn-requestid", "")
    return {
        **document,
        "Error": {"Code": kind.partition(":")[0].rpartition("#")[2], "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": response.status, "RequestId": request_id},
    }
