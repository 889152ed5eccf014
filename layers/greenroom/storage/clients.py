"""AWS clients, one of each kind a process, made at first use and shared by its threads."""

import os
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3.session
import botocore
from botocore.config import Config

from greenroom.telemetry.calls import count_calls
from greenroom.telemetry.key_calls import measure_key_calls

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client

_lock = RLock()

# Each client reads all authorities when it first connects. 117, where AWS uses five, cost a tenth of a start.
# The dependencies' layer has the five; without it, or with AWS_CA_BUNDLE set, botocore's own way holds.
_ROOTS = Path(botocore.__file__).with_name("amazon-roots.pem")

# A function answers within seconds or not at all: short timeouts, few retries, no waiting for a dead host.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=128,
    tcp_keepalive=True,
)

# What every request waits for must not wait itself: whoever asks by this knows what to do without an answer.
# The older mode of retries, because the newer one may wait a whole second before the second attempt.
_GATE_CONFIG = Config(
    connect_timeout=0.3,
    read_timeout=0.7,
    retries={"mode": "legacy", "total_max_attempts": 2},
    max_pool_connections=128,
    tcp_keepalive=True,
)

# A film of 100 MB is copied within one call. Forms are signed the newer way, which every region takes, and
# name the bucket's own region, so that nothing is redirected.
_OBJECT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    signature_version="s3v4",
    s3={"us_east_1_regional_endpoint": "regional"},
)


@cache
def session() -> boto3.session.Session:
    """Return the session from which every client is made; its events are where hooks go."""
    return boto3.session.Session()


@cache
def _make(name: str, config: Config = _CONFIG) -> Any:
    roots = str(_ROOTS) if _ROOTS.is_file() and not os.environ.get("AWS_CA_BUNDLE") else None
    client = session().client(name, config=config, verify=roots)  # type: ignore[call-overload]
    if name == "dynamodb":
        count_calls(client)
    elif name == "kms":
        measure_key_calls(client)
    return client


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
def client(name: Literal["sqs"]) -> Any: ...
def client(name: str) -> Any:
    """Return the process's client of that kind. boto3's sessions are not thread-safe, hence the lock."""
    with _lock:
        return _make(name)


def gate_client() -> "DynamoDBClient":
    """Return the process's client for what decides whether a request comes in.

    Where the table hangs, a call by it fails after a second and a half at most.
    """
    with _lock:
        made: DynamoDBClient = _make("dynamodb", _GATE_CONFIG)
    return made


def object_client() -> Any:
    """Return the process's client of S3. Few calls need it, and it takes its time to make."""
    with _lock:
        return _make("s3", _OBJECT_CONFIG)
