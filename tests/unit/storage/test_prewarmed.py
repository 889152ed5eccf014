"""What a restored snapshot finds its credentials with is loaded before the snapshot is taken."""

import os
import uuid
from collections.abc import Iterator

import pytest

from greenroom.storage import clients

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients.forget()
    yield monkeypatch
    clients.forget()


@pytest.mark.parametrize(
    ("kind", "keys", "sessions"),
    [
        ("snap-start", {}, 1),
        ("provisioned-concurrency", KEYS, 0),
        ("on-demand", {}, 0),
        ("on-demand", KEYS, 0),
    ],
)
def test_botocore_is_loaded_in_init_where_it_is_needed_and_nobody_waits(
    empty: pytest.MonkeyPatch, kind: str, keys: dict[str, str], sessions: int
) -> None:
    empty.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    for name, value in keys.items():
        empty.setenv(name, value)
    # Every sandbox of the version would have it. Nor is anything asked: these tests run without sockets.
    empty.setattr(os, "urandom", lambda _: pytest.fail("drawn in init"))
    empty.setattr(uuid, "uuid4", lambda: pytest.fail("drawn in init"))

    clients.client("dynamodb")

    assert clients.session.cache_info().currsize == sessions
