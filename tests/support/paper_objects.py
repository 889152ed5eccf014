"""A client of S3 in memory: what the project asks of one, and nothing about signatures."""

# ruff: noqa: N803 - the service's own names

import hashlib
import io
from typing import Any

from botocore.exceptions import ClientError


def _failure(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Any")


class PaperObjects:
    """Objects by key, each with the headers it was written with; whoever asks may list nothing."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, Any]]] = {}

    def generate_presigned_post(self, **asked: Any) -> dict[str, Any]:
        return {"url": "https://bucket.test", "fields": {"key": asked["Key"], **asked["Fields"]}}

    def get_object(self, *, Key: str, Range: str = "", **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise _failure("AccessDenied", 403)
        data, headers = self.objects[Key]
        part = data[: int(Range.removeprefix("bytes=0-")) + 1] if Range else data
        return {
            **headers,
            "Body": io.BytesIO(part),
            "ContentRange": f"bytes 0-{len(part) - 1}/{len(data)}",
            "ETag": self._etag(data),
        }

    def put_object(self, *, Key: str, Body: bytes, **headers: Any) -> None:
        self.objects[Key] = (Body, headers)

    def copy_object(
        self, *, Key: str, CopySource: dict[str, str], CopySourceIfMatch: str, **headers: Any
    ) -> None:
        source = self.objects.get(CopySource["Key"])
        if source is None:
            raise _failure("AccessDenied", 403)
        if self._etag(source[0]) != CopySourceIfMatch:
            raise _failure("PreconditionFailed", 412)
        self.objects[Key] = (source[0], headers)

    def delete_object(self, *, Key: str, **_: Any) -> None:
        self.objects.pop(Key, None)

    @staticmethod
    def _etag(data: bytes) -> str:
        return f'"{hashlib.sha256(data).hexdigest()}"'
