"""Uploads: begun with what a file shall be, completed when it has arrived and is that.

What is noted of one expires after a day, as does what lies in quarantine. Until then completing it again
answers the same.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from greenroom.identifiers import is_id, new_id
from greenroom.refusals import NotFound, Unavailable
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.storage.writes import NEW, Put
from greenroom.telemetry.logs import log_business

from .bucket import FOREVER, Bucket, Changed, Form
from .inspection import HEAD_BYTES, check_head, inspected, read_whole
from .purposes import KINDS, Purpose
from .refusals import NotAsDeclared, NotUploaded, TypeNotTaken, UploadTooLarge

FORM_SECONDS = 15 * 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file: what it was said to be, and how large it is once published."""

    id: str
    owner_id: str
    purpose: Purpose
    content_type: str
    size: int
    published_size: int | None = None
    ttl: int
    """Epoch seconds."""

    @property
    def quarantined(self) -> str:
        """Where it arrives."""
        return f"quarantine/{self.id}"

    @property
    def published(self) -> str:
        """Where it is published."""
        return f"media/{self.owner_id}/{self.id}.{KINDS[self.purpose].endings[self.content_type]}"

    @property
    def version(self) -> int:
        """2 once it is published."""
        return 1 if self.published_size is None else 2

    def item(self) -> Item:
        """Return its item."""
        return {
            **keys.upload(self.id)._asdict(),
            "kind": "upload",
            "owner_id": self.owner_id,
            "purpose": self.purpose.value,
            "content_type": self.content_type,
            "size": self.size,
            "published_size": self.published_size,
            "ttl": self.ttl,
        }


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload, and the form that it comes by."""

    upload: Upload
    form: Form
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Takes files. ``table`` is one whose items expire."""

    tables: Tables
    table: str
    bucket: Bucket
    cdn_url: str | None
    """Where published files are served from; None: nowhere, and so nothing is taken."""
    clock: Callable[[], datetime]

    def begin(self, owner_id: str, purpose: Purpose, content_type: str, size: int) -> Begun:
        """Note an upload; raise ``TypeNotTaken`` or ``UploadTooLarge``."""
        kind, now = KINDS[purpose], self.clock()
        if content_type not in kind.endings:
            raise TypeNotTaken(f"A {purpose} may be {', '.join(kind.endings)}", field="content_type")
        if size > kind.most_bytes:
            raise UploadTooLarge(f"A {purpose} may have {kind.most_bytes} bytes", field="size")
        if self.cdn_url is None:
            raise Unavailable
        upload = Upload(
            id=new_id("upl", now),
            owner_id=owner_id,
            purpose=purpose,
            content_type=content_type,
            size=size,
            ttl=int((now + _DAY).timestamp()),
        )
        self.tables.write(Put(self.table, upload.item(), when=NEW))
        form = self.bucket.form(
            upload.quarantined, content_type=content_type, size=size, seconds=FORM_SECONDS
        )
        return Begun(upload, form, now + timedelta(seconds=FORM_SECONDS))

    def own(self, upload_id: str, owner_id: str) -> Upload:
        """Return an upload of the owner's; raise ``NotFound`` for all others."""
        item = self.tables.get(self.table, keys.upload(upload_id)) if is_id(upload_id, "upl") else None
        if item is None or item["owner_id"] != owner_id or item["ttl"] <= self.clock().timestamp():
            raise NotFound
        return _upload_from(item)

    def url(self, upload: Upload) -> str:
        """Return where a published file is served."""
        return f"{self.cdn_url}/{upload.published}"

    def complete(self, upload: Upload) -> Upload:
        """Look at what has arrived and publish it; what is published already stays as it is.

        A process that ends in between leaves nothing behind that trying again does not put right: the same
        bytes are published once more, under the same name. Raises ``NotUploaded`` and ``NotAsDeclared``.
        """
        if upload.published_size is not None:
            return upload
        if self.cdn_url is None:
            raise Unavailable
        done = replace(upload, published_size=self._publish(upload))
        try:
            self.tables.write(Put(self.table, done.item(), when={"published_size": None}))
        except ConditionFailed:
            return self.own(upload.id, upload.owner_id)  # another request was as quick
        log_business("upload_published", upload_id=upload.id, purpose=upload.purpose.value)
        with suppress(Changed, Unavailable):  # it expires by itself
            self.bucket.delete(upload.quarantined)
        return done

    def _publish(self, upload: Upload) -> int:
        whole = read_whole(upload.content_type)
        found = self.bucket.read(upload.quarantined, upload.size if whole else HEAD_BYTES)
        if found is None:
            raise NotUploaded
        if found.size != upload.size:
            raise NotAsDeclared(field="size")
        if whole:
            # What was looked at is what is written, whatever the owner sends meanwhile.
            data = inspected(upload.content_type, found.data)
            self.bucket.put(upload.published, data, _headers(upload))
            return len(data)
        check_head(found.data)
        try:
            self.bucket.copy(upload.quarantined, found.etag, upload.published, _headers(upload))
        except Changed:
            raise NotUploaded from None
        return found.size


def _headers(upload: Upload) -> Mapping[str, str]:
    """Return how a file is served: as what it was found to be, for ever; what could be opened is saved."""
    name = upload.published.rpartition("/")[2]
    shown = "attachment" if upload.purpose is Purpose.DOCUMENT else "inline"
    return {
        "ContentType": upload.content_type,
        "CacheControl": FOREVER,
        "ContentDisposition": f'{shown}; filename="{name}"',
    }


def _upload_from(item: Item) -> Upload:
    return Upload(
        id=item["pk"].partition("#")[2],
        owner_id=item["owner_id"],
        purpose=Purpose(item["purpose"]),
        content_type=item["content_type"],
        size=item["size"],
        published_size=item["published_size"],
        ttl=item["ttl"],
    )
