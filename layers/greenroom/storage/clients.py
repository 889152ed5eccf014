"""AWS clients, one of each kind a process, made at first use and shared by its threads.

What requests wait for goes through our own small client; the rest goes through boto3's, which is loaded by
those who need it.
"""

from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from greenroom.aws import client as aws
from greenroom.aws.client import Client, Patience
from greenroom.aws.connections import Connections
from greenroom.aws.environment import Environment, endpoint, trust, trusted_file
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

# A function answers within seconds or not at all: short timeouts, few tries, no waiting for a dead host.
_PATIENCE = Patience(connect=1, read=4, tries=3)

# What every request waits for must not wait itself: whoever asks by this knows what to do without an answer.
_GATE_PATIENCE = Patience(connect=0.3, read=0.7, tries=2)

_OWN = {"dynamodb": aws.DYNAMODB, "kms": aws.KMS, "secretsmanager": aws.SECRETS}
_MIDDLEWARE = {"dynamodb": count_calls, "kms": measure_key_calls}


@cache
def session() -> "Session":
    """Return the session from which boto3's clients are made; its events are where hooks go."""
    import boto3.session

    traces.patch_botocore()
    return boto3.session.Session()


@cache
def environment() -> Environment:
    """Return where credentials and the region come from."""
    made = Environment(session, _lock)
    if lifecycle.is_prewarmed() and not made.in_variables():
        session()  # nobody waits for its loading now: the first request after a restore would
    return made


@cache
def _connections(service: str, region: str) -> Connections:
    """Return the connections to a service. Each is dear to make, so its clients share them."""
    return Connections(endpoint(service, region), trust)


@cache
def _make_own(name: str, patience: Patience) -> Client:
    service, region = _OWN[name], environment().region()
    made = Client(service, region, _connections(service.name, region), environment().credentials, patience)
    made.middleware.append(traces.traced_call(region))
    if service.name in _MIDDLEWARE:
        made.middleware.append(_MIDDLEWARE[service.name])
    return made


def _config(name: str) -> "Config":
    from botocore.config import Config

    if name != "s3":
        return Config(
            connect_timeout=1,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 3},
            tcp_keepalive=True,
        )
    # A film of 100 MB is copied within one call. Forms are signed the newer way, which every region takes,
    # and name the bucket's own region, so that nothing is redirected.
    return Config(
        connect_timeout=1,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        signature_version="s3v4",
        s3={"us_east_1_regional_endpoint": "regional"},
    )


@cache
def _make_boto(name: str) -> Any:
    make: Any = session().client
    return make(name, config=_config(name), verify=trusted_file())


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
    """Return the process's client of that kind. boto3's sessions are not thread-safe, hence the lock."""
    with _lock:
        return _make_own(name, _PATIENCE) if name in _OWN else _make_boto(name)


def gate_client() -> "DynamoDBClient":
    """Return the process's client for what decides whether a request comes in.

    Where the table hangs, a call by it fails after a second and a half at most.
    """
    with _lock:
        return cast("DynamoDBClient", _make_own("dynamodb", _GATE_PATIENCE))


def object_client() -> Any:
    """Return the process's client of S3. Few calls need it, and it takes its time to make."""
    return client("s3")


def forget() -> None:
    """Let the next clients be made anew, from the environment as it is then."""
    for made in (session, environment, _connections, _make_own, _make_boto):
        made.cache_clear()
