"""Secrets from Secrets Manager: fetched at first use and kept for the process's life, or read as they are."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from botocore.exceptions import ClientError
from pydantic import Secret

from greenroom.aws.errors import CALL_ERRORS, error_code
from greenroom.refusals import Unavailable

from .clients import client


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """A secret's text, and since when it has been that."""

    text: Secret[str]
    created: datetime


@cache
def secret(secret_id: str) -> Secret[str]:
    """Return the secret's text; raise ``Unavailable`` while it cannot be read. Failures are not kept."""
    try:
        found = client("secretsmanager").get_secret_value(SecretId=secret_id)
    except CALL_ERRORS as error:
        raise Unavailable(retry_after=1) from error
    return Secret(found["SecretString"])


def secret_version(secret_id: str, stage: str) -> SecretVersion | None:
    """Return a version of the secret as it is now: ``AWSCURRENT``, or ``AWSPREVIOUS`` where there is one.

    Raises ``Unavailable`` while it cannot be read.
    """
    try:
        found = client("secretsmanager").get_secret_value(SecretId=secret_id, VersionStage=stage)
    except CALL_ERRORS as error:
        if isinstance(error, ClientError) and error_code(error) == "ResourceNotFoundException":
            return None
        raise Unavailable(retry_after=1) from error
    return SecretVersion(Secret(found["SecretString"]), found["CreatedDate"])
