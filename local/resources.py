"""The AWS resources that functions need, made in the emulator or found again after a restart."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3.session
from awscrt.auth import AwsCredentialsProvider
from botocore.config import Config
from botocore.exceptions import ClientError

from greenroom.aws.client import Client, Service, Timeouts
from greenroom.aws.runtime import Endpoint, Runtime
from local.emulator import REGION
from local.tables import TABLES, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIGNING_KEY = "alias/greenroom-tokens"
CURSOR_SECRET = "greenroom/cursors"  # noqa: S105 - a name
PAYMENT_SECRET = "greenroom/payments"  # noqa: S105 - a name
MONITORING_SECRET = "greenroom/monitoring"  # pragma: allowlist secret # noqa: S105 - a name
MAIL_FROM = "bookings@greenroom.test"
UNDELIVERED_EVENTS = "greenroom-undelivered-events"
MEDIA_BUCKET = "greenroom-local-media"

# The emulator takes any credentials; none of a developer's own must ever reach it.
ACCESS_KEY = "local"


@dataclass(frozen=True, slots=True)
class Resources:
    """What exists, by the names that functions take as settings."""

    tables: Mapping[str, str]
    """By ``Table.name``, the real name."""
    stream_arn: str
    signing_key_id: str
    cursor_secret_id: str
    payment_secret_id: str
    monitoring_secret_id: str
    undelivered_events_url: str
    media_bucket: str


def client(service: str, endpoint_url: str) -> Any:
    """Return a client of the emulator's for set-up work, apart from those that functions use."""
    session = boto3.session.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION
    )
    config = Config(retries={"mode": "standard"}, proxies={})
    return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]


def own_client(service: Service, endpoint_url: str) -> Any:
    """Return a client of the emulator's of the kind that functions use, outside of any function."""
    runtime = Runtime(AwsCredentialsProvider.new_static(ACCESS_KEY, ACCESS_KEY))
    endpoint = Endpoint(endpoint_url, service.name, REGION, runtime)
    return Client(service, endpoint, Timeouts(connect=5, read=60, attempts=3))


def _missing(error: ClientError, *codes: str) -> bool:
    return error.response["Error"]["Code"] in codes


def make_table(dynamodb: "DynamoDBClient", table: Table, name: str) -> str | None:
    """Make the table unless it exists, under a name of the caller's. Return its stream's ARN, if any."""
    keys = {"pk", "sk"} | {key for index in table.indexes for key in (index.partition, index.sort)}
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)],
        "KeySchema": _key_schema("pk", "sk"),
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.partition, index.sort),
                "Projection": {"ProjectionType": index.projection},
            }
            for index in table.indexes
        ]
    if table.streamed:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    try:
        description = dynamodb.create_table(**request)["TableDescription"]
    except ClientError as error:
        if not _missing(error, "ResourceInUseException"):
            raise
        return dynamodb.describe_table(TableName=name)["Table"].get("LatestStreamArn")
    if table.expiring:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
        )
    return description.get("LatestStreamArn")


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def make_tables(endpoint_url: str, prefix: str) -> tuple[dict[str, str], str]:
    """Make all tables as ``<prefix><name>``. Return their names by ``Table.name``, and the stream's ARN."""
    dynamodb = client("dynamodb", endpoint_url)
    names: dict[str, str] = {}
    streams: list[str] = []
    for table in TABLES:
        names[table.name] = f"{prefix}{table.name}"
        stream = make_table(dynamodb, table, names[table.name])
        if table.streamed and stream:
            streams.append(stream)
    return names, streams[0]


def signing_key(endpoint_url: str) -> str:
    """Return the id of the key that signs tokens: ECC P-256, behind an alias."""
    kms = client("kms", endpoint_url)
    try:
        found: str = kms.describe_key(KeyId=SIGNING_KEY)["KeyMetadata"]["KeyId"]
    except ClientError as error:
        if not _missing(error, "NotFoundException"):
            raise
    else:
        return found
    made: str = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=SIGNING_KEY, TargetKeyId=made)
    return made


def secret(endpoint_url: str, name: str, value: str) -> str:
    """Return the secret's text: ``value`` if it is new, what it held before if it is not."""
    store = client("secretsmanager", endpoint_url)
    try:
        kept: str = store.get_secret_value(SecretId=name)["SecretString"]
    except ClientError as error:
        if not _missing(error, "ResourceNotFoundException"):
            raise
        store.create_secret(Name=name, SecretString=value)
        return value
    return kept


def sender(endpoint_url: str, name: str) -> None:
    """Let mails go out from an address or a domain."""
    try:
        client("sesv2", endpoint_url).create_email_identity(EmailIdentity=name)
    except ClientError as error:
        if not _missing(error, "AlreadyExistsException"):
            raise


def queue(endpoint_url: str, name: str) -> str:
    """Return the URL of the queue of that name; making one that exists finds it."""
    url: str = client("sqs", endpoint_url).create_queue(QueueName=name)["QueueUrl"]
    return url


def bucket(endpoint_url: str, name: str) -> str:
    """Make the bucket unless it exists, and return its name."""
    try:
        client("s3", endpoint_url).create_bucket(Bucket=name)
    except ClientError as error:
        if not _missing(error, "BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    return name


def payment_keys() -> dict[str, str]:
    """Return new keys in the payment provider's form."""
    return {"api_key": f"sk_test_{secrets.token_hex(16)}", "webhook_secret": f"whsec_{secrets.token_hex(16)}"}


def monitoring_token(endpoint_url: str) -> str:
    """Return the token of what watches: letters and digits, made at the first start."""
    return secret(endpoint_url, MONITORING_SECRET, secrets.token_hex(32))


def make_resources(endpoint_url: str) -> tuple[Resources, dict[str, str]]:
    """Make or find everything. Return it, and the payment provider's keys."""
    tables, stream_arn = make_tables(endpoint_url, "greenroom-local-")
    secret(endpoint_url, CURSOR_SECRET, secrets.token_urlsafe(32))
    keys: dict[str, str] = json.loads(secret(endpoint_url, PAYMENT_SECRET, json.dumps(payment_keys())))
    monitoring_token(endpoint_url)
    sender(endpoint_url, MAIL_FROM.rpartition("@")[2])
    sender(endpoint_url, MAIL_FROM)
    resources = Resources(
        tables=tables,
        stream_arn=stream_arn,
        signing_key_id=signing_key(endpoint_url),
        cursor_secret_id=CURSOR_SECRET,
        payment_secret_id=PAYMENT_SECRET,
        monitoring_secret_id=MONITORING_SECRET,
        undelivered_events_url=queue(endpoint_url, UNDELIVERED_EVENTS),
        media_bucket=bucket(endpoint_url, MEDIA_BUCKET),
    )
    return resources, keys
