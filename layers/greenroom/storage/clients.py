"""AWS clients: one of each kind per process, made at first use and shared by its threads.

Requests wait for DynamoDB, KMS and Secrets Manager, which are called through the AWS Common Runtime.
The other services are called through boto3.
"""

import os
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from botocore.exceptions import NoRegionError

from greenroom.aws.client import DYNAMODB, KMS, SECRETS, Client, Timeouts
from greenroom.aws.endpoints import endpoint_url
from greenroom.aws.runtime import Endpoint, Runtime
from greenroom.telemetry import lifecycle, traces
from greenroom.telemetry.calls import count_calls
from greenroom.telemetry.key_calls import measure_key_calls

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.config import Config
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client

_lock = RLock()

# A function answers within seconds or not at all: short timeouts, few attempts, no waiting for a dead host.
_TIMEOUTS = Timeouts(connect=1, read=4, attempts=3)

# Every request waits for the gate, and the gate has a rule for a table that does not answer.
_GATE_TIMEOUTS = Timeouts(connect=0.3, read=0.7, attempts=2)

_SERVICES = {service.name: service for service in (DYNAMODB, KMS, SECRETS)}
_MIDDLEWARE = {"dynamodb": count_calls, "kms": measure_key_calls}


@cache
def session() -> "Session":
    """Return the session from which boto3's clients are made; hooks register with its events."""
    import boto3.session  # noqa: PLC0415 - saves a start 200 modules: few requests need another service

    traces.patch_botocore()
    return boto3.session.Session()


@cache
def _runtime() -> Runtime:
    return Runtime()


def region() -> str:
    """Return the region of the environment, else of the profile. Raises ``NoRegionError``."""
    found = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or session().region_name
    if not found:
        raise NoRegionError
    return found


@cache
def _endpoint(service: str) -> Endpoint:
    """Return the connections to a service. A new one costs more than a call, so clients share them."""
    return Endpoint(endpoint_url(service, region()), service, region(), _runtime())


@cache
def _crt_client(name: str, timeouts: Timeouts) -> Client:
    client = Client(_SERVICES[name], _endpoint(name), timeouts)
    client.middleware.append(traces.traced_call(region()))
    if name in _MIDDLEWARE:
        client.middleware.append(_MIDDLEWARE[name])
    return client


def _config(name: str) -> "Config":
    from botocore.config import Config  # noqa: PLC0415 - loaded with boto3

    if name != "s3":
        return Config(
            connect_timeout=1,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 3},
            tcp_keepalive=True,
        )
    # One call copies a film of 100 MB. Forms are signed with version 4, which every region accepts, and name
    # the bucket's own region, so that nothing is redirected.
    return Config(
        connect_timeout=1,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        signature_version="s3v4",
        s3={"us_east_1_regional_endpoint": "regional"},
    )


@cache
def _boto_client(name: str) -> Any:
    make: Any = session().client
    return make(name, config=_config(name))


@overload
def client(name: Literal["cloudwatch"]) -> "CloudWatchClient": ...
@overload
def client(name: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(name: Literal["kms"]) -> "KMSClient": ...
@overload
def client(name: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
@overload
def client(name: Literal["sesv2"]) -> "SESV2Client": ...
@overload
def client(name: Literal["s3", "sqs"]) -> Any: ...
def client(name: str) -> Any:
    """Return the process's client of that service. boto3's sessions are not thread-safe, hence the lock."""
    with _lock:
        return _crt_client(name, _TIMEOUTS) if name in _SERVICES else _boto_client(name)


def gate_client() -> "DynamoDBClient":
    """Return the process's client for admission: a call of a table that hangs fails after 1.5 seconds."""
    with _lock:
        return cast("DynamoDBClient", _crt_client("dynamodb", _GATE_TIMEOUTS))


def object_client() -> Any:
    """Return the process's client of S3. Few calls need it, and it takes long to make."""
    return client("s3")


def close() -> None:
    """Close connections, threads and credentials. Clients that exist make them again with the next call."""
    _runtime().close()
    _boto_client.cache_clear()
    session.cache_clear()


def forget() -> None:
    """Let the next clients be made from the environment as it is then."""
    for made in (session, _runtime, _endpoint, _crt_client, _boto_client):
        made.cache_clear()


lifecycle.before_snapshot(close)
