"""What becomes of an upload, whatever its owner sends and whenever the process ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from greenroom.refusals import NotFound, Unavailable
from greenroom.storage.tables import Tables
from greenroom.uploads.bucket import Bucket
from greenroom.uploads.desk import Upload, Uploads
from greenroom.uploads.purposes import KINDS, Purpose
from greenroom.uploads.refusals import NotAsDeclared, NotUploaded, TypeNotTaken, UploadTooLarge
from tests.support.faults import TABLE_CALLS, Crash, FaultPoint, Faulty
from tests.support.files import FILES, PURPOSES, SECRET, jpeg, mp4
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_objects import PaperObjects

OWNER, OTHER = "usr_00000000000000000000000001", "usr_00000000000000000000000002"
OBJECT_CALLS = frozenset({"get_object", "put_object", "copy_object", "delete_object"})


@dataclass
class Studio:
    """Uploads over a table and a bucket in memory."""

    dynamodb: Any = field(default_factory=MemoryDynamoDB)
    objects: Any = field(default_factory=PaperObjects)
    cdn_url: str | None = "https://media.test"
    now: datetime = datetime(2027, 3, 5, 12, tzinfo=UTC)

    @property
    def uploads(self) -> Uploads:
        return Uploads(
            tables=Tables(self.dynamodb),
            table="bookings",
            bucket=Bucket(lambda: self.objects, "files"),
            cdn_url=self.cdn_url,
            clock=lambda: self.now,
        )

    def begin(self, content_type: str, size: int) -> Upload:
        return self.uploads.begin(OWNER, Purpose(PURPOSES[content_type]), content_type, size).upload

    def sent(self, content_type: str, data: bytes, *, size: int | None = None) -> Upload:
        upload = self.begin(content_type, len(data) if size is None else size)
        self.send(upload, data)
        return upload

    def send(self, upload: Upload, data: bytes) -> None:
        self.objects.put_object(Key=upload.quarantined, Body=data)

    def published(self) -> dict[str, tuple[bytes, dict[str, Any]]]:
        return {key: found for key, found in self.objects.objects.items() if key.startswith("media/")}


@pytest.mark.parametrize("content_type", FILES)
def test_a_file_that_is_what_it_was_said_to_be_is_published_for_ever(content_type: str) -> None:
    studio = Studio()
    upload = studio.sent(content_type, FILES[content_type])

    done = studio.uploads.complete(upload)

    ((key, (data, headers)),) = studio.objects.objects.items()  # and nothing is left in quarantine
    assert key == f"media/{OWNER}/{upload.id}.{KINDS[upload.purpose].endings[content_type]}"
    assert studio.uploads.url(done) == f"https://media.test/{key}"
    assert (data, done.published_size) == (FILES[content_type], len(data))
    assert headers["ContentType"] == content_type
    assert headers["CacheControl"] == "public, max-age=31536000, immutable"
    saved = content_type == "application/pdf"
    assert headers["ContentDisposition"].split(";")[0] == ("attachment" if saved else "inline")


def test_a_photo_is_published_without_where_it_was_taken() -> None:
    studio = Studio()

    done = studio.uploads.complete(studio.sent("image/jpeg", jpeg(secret=SECRET)))

    assert [data for data, _ in studio.published().values()] == [jpeg()]
    assert done.published_size == len(jpeg())


@pytest.mark.parametrize("content_type", FILES)
def test_completing_again_answers_the_same_and_looks_at_nothing_that_came_later(content_type: str) -> None:
    studio = Studio()
    upload = studio.sent(content_type, FILES[content_type])
    first = studio.uploads.complete(upload)
    before = studio.published()
    studio.send(upload, b"<script>")

    again = studio.uploads.complete(studio.uploads.own(upload.id, OWNER))

    assert again == first
    assert studio.published() == before


@pytest.mark.parametrize("content_type", FILES)
def test_what_has_not_arrived_can_arrive_later(content_type: str) -> None:
    studio = Studio()
    upload = studio.begin(content_type, len(FILES[content_type]))
    with pytest.raises(NotUploaded):
        studio.uploads.complete(upload)

    studio.send(upload, FILES[content_type])

    assert studio.uploads.complete(upload).published_size


@pytest.mark.parametrize("content_type", FILES)
@pytest.mark.parametrize("difference", [-1, 1])
def test_a_file_of_another_size_is_not_published(content_type: str, difference: int) -> None:
    studio, data = Studio(), FILES[content_type]
    upload = studio.sent(content_type, data, size=len(data) + difference)

    with pytest.raises(NotAsDeclared):
        studio.uploads.complete(upload)

    assert studio.published() == {}


@pytest.mark.parametrize("content_type", FILES)
def test_a_page_with_a_picture_s_name_is_not_published(content_type: str) -> None:
    studio, page = Studio(), b"<!doctype html><script>alert(1)</script>".ljust(5000)
    upload = studio.sent(content_type, page)

    with pytest.raises(NotAsDeclared):
        studio.uploads.complete(upload)

    assert studio.published() == {}


def test_a_film_that_is_replaced_after_it_was_looked_at_is_not_published() -> None:
    studio = Studio()
    upload = studio.sent("video/mp4", mp4())
    objects = studio.objects

    class Replacing:
        def __getattr__(self, name: str) -> Any:
            return getattr(objects, name)

        def copy_object(self, **request: Any) -> None:
            studio.send(upload, b"<script>".ljust(6000))
            objects.copy_object(**request)

    studio.objects = Replacing()
    with pytest.raises(NotUploaded):
        studio.uploads.complete(upload)

    studio.objects = objects
    assert studio.published() == {}


@pytest.mark.parametrize(
    ("purpose", "content_type"),
    [
        (Purpose.PHOTO, "image/svg+xml"),
        (Purpose.PHOTO, "text/html"),
        (Purpose.PHOTO, "video/mp4"),
        (Purpose.VIDEO, "image/jpeg"),
        (Purpose.DOCUMENT, "text/html"),
    ],
)
def test_a_purpose_takes_its_own_types_alone(purpose: Purpose, content_type: str) -> None:
    with pytest.raises(TypeNotTaken):
        Studio().uploads.begin(OWNER, purpose, content_type, 1000)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_takes_no_more_than_its_most(purpose: Purpose) -> None:
    kind = KINDS[purpose]
    content_type = next(iter(kind.endings))

    assert Studio().uploads.begin(OWNER, purpose, content_type, kind.most_bytes)
    with pytest.raises(UploadTooLarge):
        Studio().uploads.begin(OWNER, purpose, content_type, kind.most_bytes + 1)


def test_anothers_upload_is_not_there_and_one_s_own_is_not_after_a_day() -> None:
    studio = Studio()
    upload = studio.begin("image/png", 100)

    assert studio.uploads.own(upload.id, OWNER) == upload
    with pytest.raises(NotFound):
        studio.uploads.own(upload.id, OTHER)
    studio.now += timedelta(days=1)
    with pytest.raises(NotFound):
        studio.uploads.own(upload.id, OWNER)


def test_where_nothing_is_served_from_nothing_is_taken() -> None:
    studio = Studio(cdn_url=None)

    with pytest.raises(Unavailable):
        studio.begin("image/png", 100)
    assert studio.dynamodb.scan(TableName="bookings")["Items"] == []


def _client_error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetObject")


@pytest.mark.parametrize(
    "fault",
    [
        lambda: _client_error("SlowDown", 503),
        lambda: _client_error("InternalError", 500),
        lambda: ReadTimeoutError(endpoint_url="https://bucket.test"),
    ],
)
def test_a_bucket_that_does_not_answer_is_a_matter_of_trying_again(fault: Callable[[], Exception]) -> None:
    studio = Studio()
    upload, objects = studio.sent("image/jpeg", jpeg()), studio.objects
    studio.objects = Faulty(objects, FaultPoint(0, done=False, fault=fault), OBJECT_CALLS)
    with pytest.raises(Unavailable):
        studio.uploads.complete(upload)

    studio.objects = objects
    assert studio.uploads.complete(upload).published_size == len(jpeg())


def test_a_failing_clean_up_does_not_spoil_what_is_published() -> None:
    studio = Studio()
    upload = studio.sent("image/jpeg", jpeg())
    fault = FaultPoint(2, done=False, fault=lambda: _client_error("InternalError", 500))
    studio.objects = Faulty(studio.objects, fault, OBJECT_CALLS)

    assert studio.uploads.complete(upload).published_size
    assert fault.reached


@pytest.mark.parametrize("content_type", FILES)
def test_whatever_is_cut_short_is_finished_by_the_next_try(content_type: str) -> None:
    for at in range(10):
        for done in (False, True):
            studio = Studio()
            upload, point = studio.sent(content_type, FILES[content_type]), FaultPoint(at, done)
            doomed = Studio(
                Faulty(studio.dynamodb, point, TABLE_CALLS), Faulty(studio.objects, point, OBJECT_CALLS)
            )
            try:
                doomed.uploads.complete(upload)
            except Crash:
                assert point.reached

            finished = studio.uploads.complete(studio.uploads.own(upload.id, OWNER))

            assert finished.published_size == len(FILES[content_type])
            assert [data for data, _ in studio.published().values()] == [FILES[content_type]]
        if not point.reached:
            assert at >= 4
            return
    pytest.fail("it does not end")
