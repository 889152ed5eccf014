"""The request headers that decide whether a call may go on: keys and entity tags."""

import re

from greenroom.refusals import PreconditionFailed

from .problems import IdempotencyKeyRequired, PreconditionRequired
from .requests import Request
from .routes import Idempotent

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# What we give out is far shorter; a longer list names nothing of ours.
_LONGEST_LIST = 1024
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def idempotency_key(request: Request, taken: Idempotent) -> str:
    """Return the ``Idempotency-Key``, 1 to 255 visible ASCII characters; empty where none counts."""
    key = request.headers.get("idempotency-key")
    if not taken or (taken == "optional" and key is None):
        return ""
    if not _KEY.fullmatch(key or ""):
        raise IdempotencyKeyRequired(
            "The Idempotency-Key header must have 1 to 255 visible characters", field="Idempotency-Key"
        )
    return key or ""


def check_if_match(request: Request, version: int, *, required: bool) -> None:
    """Compare ``If-Match`` with the current version; a weak tag never matches."""
    header = request.headers.get("if-match")
    if header is None:
        if required:
            raise PreconditionRequired(field="If-Match")
        return
    tags = [tag.strip() for tag in header[:_LONGEST_LIST].split(",")]
    if "*" not in tags and f'"{version}"' not in tags:
        raise PreconditionFailed(field="If-Match")


def not_modified(request: Request, etag: str) -> bool:
    """Tell whether ``If-None-Match`` names the tag, by weak comparison."""
    header = request.headers.get("if-none-match")
    return header is not None and (header.strip() == "*" or etag in _TAG.findall(header[:_LONGEST_LIST]))
