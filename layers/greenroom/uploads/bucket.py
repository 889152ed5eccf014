"""The bucket: forms by which files arrive in quarantine, and the copies of them that are published.

A function may put and read what is in quarantine and put what is published; it can list nothing. To such a
caller S3 answers 403, not 404, for what is not there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from greenroom.refusals import Unavailable

_NOT_THERE = frozenset({"NoSuchKey", "404", "AccessDenied", "403", "InvalidRange", "416"})
_CHANGED = frozenset({"PreconditionFailed", "412"})
_THROTTLED = frozenset({"SlowDown", "ThrottlingException", "RequestLimitExceeded"})

FOREVER = "public, max-age=31536000, immutable"


class Changed(Exception):
    """The object is not the one any more that was looked at, or has gone."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser posts, with the file as its last field ``file``."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """An object, or its beginning."""

    data: bytes
    size: int
    """Of all of it."""
    etag: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket. ``client`` returns boto3's for S3, when it is first needed."""

    client: Callable[[], Any]
    name: str

    def form(self, key: str, *, content_type: str, size: int, seconds: int) -> Form:
        """Return a form that for so many seconds takes ``size`` bytes of ``content_type``."""
        made = self.client().generate_presigned_post(
            Bucket=self.name,
            Key=key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
            ExpiresIn=seconds,
        )
        return Form(made["url"], made["fields"])

    def read(self, key: str, most_bytes: int) -> Found | None:
        """Return the first bytes of an object, None where there is none."""
        try:
            with _errors_translated():
                answer = self.client().get_object(
                    Bucket=self.name, Key=key, Range=f"bytes=0-{most_bytes - 1}"
                )
                data = answer["Body"].read()
        except Changed:
            return None
        _, _, total = answer.get("ContentRange", "").partition("/")
        return Found(data, int(total or len(data)), answer["ETag"])

    def put(self, key: str, data: bytes, headers: Mapping[str, str]) -> None:
        """Write an object."""
        with _errors_translated():
            self.client().put_object(Bucket=self.name, Key=key, Body=data, **headers)

    def copy(self, source: str, etag: str, target: str, headers: Mapping[str, str]) -> None:
        """Copy an object that is still the one of that tag; raise ``Changed``."""
        with _errors_translated():
            self.client().copy_object(
                Bucket=self.name,
                Key=target,
                CopySource={"Bucket": self.name, "Key": source},
                CopySourceIfMatch=etag,
                MetadataDirective="REPLACE",
                **headers,
            )

    def delete(self, key: str) -> None:
        """Remove an object; it may have gone already."""
        with _errors_translated():
            self.client().delete_object(Bucket=self.name, Key=key)


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_THERE | _CHANGED:
            raise Changed from error
        if code in _THROTTLED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise Unavailable(retry_after=1) from error
        raise
    except (NoConnection, HTTPClientError) as error:
        raise Unavailable(retry_after=1) from error
