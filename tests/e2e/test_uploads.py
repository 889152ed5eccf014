"""An agent's photo on its way from the form to where anybody sees it, and what a buyer leaves behind."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.files import SECRET, jpeg
from tests.support.system import RunningSystem


@pytest.fixture
def client(system: RunningSystem) -> Iterator[Client]:
    with Client(system) as made:
        yield made


def log_in(client: Client, who: str) -> dict[str, str]:
    account = client.system.demo["accounts"][who]
    answer = client.http.post("/v1/auth/login", json=account)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_photo_is_sent_checked_shown_and_put_on_the_roster(client: Client) -> None:
    agent, photo = log_in(client, "agent"), jpeg(secret=SECRET)
    wanted = {"purpose": "photo", "content_type": "image/jpeg", "size": len(photo)}
    begun: dict[str, Any] = client.http.post("/v1/uploads", headers=agent, json=wanted).json()

    with client.http.__class__(trust_env=False) as browser:
        sent = browser.post(begun["url"], data=begun["fields"], files={"file": ("me.jpg", photo)})
        assert sent.status_code == 204
        done = client.http.post(f"/v1/uploads/{begun['id']}/complete", headers=agent).json()
        shown = browser.get(done["url"])

    assert (shown.status_code, shown.content) == (200, jpeg())
    assert shown.headers["content-type"] == "image/jpeg"
    roster = client.http.get("/v1/roster", headers=agent).json()["items"]
    on_it = client.http.patch(
        f"/v1/celebrities/{roster[-1]['id']}",
        headers={**agent, "If-Match": "*"},
        json={"media": [done["url"]]},
    )
    assert on_it.status_code == 200, on_it.text
    assert on_it.json()["media"] == [done["url"]]


def test_a_buyer_takes_everything_along_and_leaves(client: Client) -> None:
    buyer = client.new_buyer()

    taken = client.http.post("/v1/me/export", headers=buyer)
    left = client.http.delete("/v1/me", headers=buyer)

    assert (taken.status_code, left.status_code) == (200, 204)
    assert client.http.get("/v1/me", headers=buyer).status_code == 401
    assert "erased" in client.system.mails(taken.json()["account"]["email"])[0]["subject"]
