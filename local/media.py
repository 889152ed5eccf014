"""Published files, as the content network would serve them: read from the emulator's bucket."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local.answers import Answer

PREFIX = "/local/media/"
PUBLISHED = "media/"


class Media:
    """Serves what is published, and nothing of what is in quarantine."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, path: str) -> Answer | None:
        """Return the file of a path under ``PREFIX``, None where there is none."""
        name = path.removeprefix(PREFIX)
        try:
            found = self._client().get_object(Bucket=self._bucket, Key=f"{PUBLISHED}{name}")
        except ClientError:
            return None
        headers = (
            ("Content-Type", found["ContentType"]),
            ("Cache-Control", found.get("CacheControl", "no-store")),
            ("Content-Disposition", found.get("ContentDisposition", "attachment")),
            ("X-Content-Type-Options", "nosniff"),
        )
        return Answer(200, headers, found["Body"].read())
