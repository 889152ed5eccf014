"""From the form to the published file, over the routes and a bucket that holds forms to their policies."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.media import PREFIX, Media
from local.resources import MEDIA_BUCKET, client
from tests.support.emulator import RunningEmulator
from tests.support.files import FILES, PURPOSES, SECRET, jpeg, png
from tests.support.functions import Answer, RunningFunctions, running_functions

pytestmark = pytest.mark.xdist_group("permissions")
COMPLETE = "/v1/uploads/{upload_id}/complete"


@pytest.fixture(scope="module")
def running(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator) as made:
        yield made


def begin(running: RunningFunctions, content_type: str, size: int) -> dict[str, Any]:
    body = {"purpose": PURPOSES[content_type], "content_type": content_type, "size": size}
    answer = running.call("POST", "/v1/uploads", token=running.token("agent"), body=body)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.body
    return made


def post(made: dict[str, Any], data: bytes, **changed: str) -> int:
    with httpx.Client(trust_env=False) as browser:
        files = {"file": ("a name", data, changed.get("Content-Type", made["fields"]["Content-Type"]))}
        return browser.post(made["url"], data={**made["fields"], **changed}, files=files).status_code


def complete(running: RunningFunctions, upload_id: str, who: str = "agent") -> Answer:
    return running.call("POST", COMPLETE, token=running.token(who), parameters={"upload_id": upload_id})


@pytest.mark.enable_socket
@pytest.mark.parametrize("content_type", FILES)
def test_a_file_is_sent_by_its_form_checked_and_served(
    running: RunningFunctions, emulator: RunningEmulator, content_type: str
) -> None:
    data = FILES[content_type]
    made = begin(running, content_type, len(data))
    assert post(made, data) == 204

    answer = complete(running, made["id"])

    assert answer.status == 200, answer.text
    assert (answer.body["content_type"], answer.body["size"]) == (content_type, len(data))
    assert complete(running, made["id"]).body == answer.body
    name = answer.body["url"].partition("/media/")[2]
    served = Media(lambda: client("s3", emulator.url), MEDIA_BUCKET).read(f"{PREFIX}{name}")
    assert served is not None
    assert (served.status, served.body) == (200, data)
    assert dict(served.headers)["Content-Type"] == content_type
    assert "immutable" in dict(served.headers)["Cache-Control"]


@pytest.mark.enable_socket
def test_a_form_takes_only_what_it_was_made_for(running: RunningFunctions) -> None:
    made = begin(running, "image/jpeg", len(jpeg()))

    assert post(made, jpeg() + b"\0") == 400
    assert post(made, jpeg()[:-1]) == 400
    assert post(made, jpeg(), **{"Content-Type": "text/html"}) == 403
    assert post(made, jpeg(), key="media/of-my-own.jpg") == 403
    assert post(made, jpeg(), acl="public-read") == 403
    assert complete(running, made["id"]).told == (422, "not_uploaded")


@pytest.mark.enable_socket
def test_a_photo_comes_out_without_its_metadata(running: RunningFunctions) -> None:
    told = png(secret=SECRET)
    made = begin(running, "image/png", len(told))
    post(made, told)

    assert complete(running, made["id"]).body["size"] == len(png())


@pytest.mark.enable_socket
def test_what_is_not_what_it_was_said_to_be_is_refused(running: RunningFunctions) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    made = begin(running, "image/png", len(page))
    assert post(made, page) == 204

    assert complete(running, made["id"]).told == (422, "not_as_declared")


def test_the_upload_of_another_agent_is_not_there(running: RunningFunctions) -> None:
    made = begin(running, "image/png", 100)

    assert complete(running, made["id"], "other agent").told == (404, "not_found")
    assert complete(running, "upl_00000000000000000000000000").told == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"size": 10_000_001}, (413, "upload_too_large")),
        ({"content_type": "image/svg+xml"}, (415, "type_not_taken")),
        ({"content_type": "text/html"}, (415, "type_not_taken")),
        ({"size": 0}, (422, "invalid_request")),
        ({"size": "1"}, (422, "invalid_request")),
        ({"purpose": "malware"}, (422, "invalid_request")),
        ({"content_type": "image/jpeg; charset=x"}, (422, "invalid_request")),
    ],
)
def test_what_is_not_taken_is_refused_before_anything_is_sent(
    running: RunningFunctions, body: dict[str, Any], told: tuple[int, str]
) -> None:
    whole = {"purpose": "photo", "content_type": "image/jpeg", "size": 100, **body}

    assert running.call("POST", "/v1/uploads", token=running.token("agent"), body=whole).told == told


def test_nothing_in_quarantine_is_served(running: RunningFunctions, emulator: RunningEmulator) -> None:
    made = begin(running, "image/png", len(png()))
    media = Media(lambda: client("s3", emulator.url), MEDIA_BUCKET)

    assert media.read(f"{PREFIX}../quarantine/{made['id']}") is None
    assert media.read(f"{PREFIX}nothing") is None
