"""Secrets, fetched from Secrets Manager at first use and kept for the life of the process."""

from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from greenroom.refusals import Unavailable

from .clients import client


@cache
def secret(secret_id: str) -> str:
    """Return the secret's text; raise ``Unavailable`` while it cannot be read. Failures are not kept."""
    try:
        return client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(retry_after=1) from error
