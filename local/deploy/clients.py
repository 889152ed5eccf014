"""The deployment's own clients of the emulator: one of each kind, for making one takes a while."""

from functools import cache
from typing import Any

import boto3.session
from botocore.config import Config

from local.emulator import REGION
from local.resources import ACCESS_KEY


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION
    )


@cache
def client(service: str, endpoint_url: str) -> Any:
    """Return the client of a service; made and used by one thread alone."""
    config = Config(retries={"mode": "standard"}, proxies={})
    return _session().client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]
