"""The links in mails, followed in a real browser by a person, and by a scanner that came first."""

import json
import re
import secrets

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Watched
from tests.support.system import RunningSystem

PASSWORD = "Zeitgeist-7-Äpfel"
OTHER_PASSWORD = "Wolkenkuckucksheim"


def _address(name: str) -> str:
    return f"{name}.{secrets.token_hex(6)}@example.com"


def _link(system: RunningSystem, address: str) -> str:
    """Return the link of the newest mail to an address."""
    found = re.search(r"http\S+\?token=[\w-]+", system.mails(address)[0]["text"])
    assert found
    return found[0]


def _token_in(link: str) -> str:
    return link.partition("token=")[2]


def _post(system: RunningSystem, path: str, body: object, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return system.api.post(path, json=body, headers=headers)


def _registered(system: RunningSystem) -> str:
    address = _address("ann")
    body = {"email": address, "password": PASSWORD, "display_name": "Ann"}
    assert _post(system, "/v1/auth/register", body).status_code == 202
    return address


def _verified(system: RunningSystem) -> str:
    address = _registered(system)
    token = _token_in(_link(system, address))
    assert _post(system, "/v1/auth/verify-email", {"token": token}).status_code == 204
    return address


def _log_in(system: RunningSystem, address: str, password: str = PASSWORD) -> httpx.Response:
    return _post(system, "/v1/auth/login", {"email": address, "password": password})


def _me(system: RunningSystem, address: str) -> dict[str, object]:
    token = _log_in(system, address).json()["access_token"]
    me: dict[str, object] = system.api.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    return me


def _asked_to_move(system: RunningSystem, address: str) -> tuple[str, str]:
    """Ask for a new address; return it, and the access token of the session that asked."""
    token = _log_in(system, address).json()["access_token"]
    new = _address("new")
    assert _post(system, "/v1/me/email", {"email": new}, token).status_code == 202
    return new, token


def _outcome(page: Page) -> str:
    expect(page.locator("#outcome")).not_to_be_empty()
    return page.locator("#outcome").inner_text()


def test_a_click_confirms_an_address_and_a_scanner_before_it_does_nothing(
    watched: Watched, system: RunningSystem
) -> None:
    address = _registered(system)
    link = _link(system, address)
    for _ in range(3):
        assert system.api.get(link).status_code == 200
    page = watched.page

    page.goto(link)
    page.wait_for_load_state("networkidle")
    assert _me(system, address)["email_verified"] is False, "whatever runs the page's script does not click"
    page.get_by_role("button", name="Confirm the address").click()

    assert "The address is confirmed" in _outcome(page)
    assert _me(system, address)["email_verified"] is True


def test_the_token_leaves_the_address_bar_and_the_history_and_goes_nowhere_but_in_a_body(
    watched: Watched, system: RunningSystem
) -> None:
    link = _link(system, _registered(system))
    page = watched.page

    page.goto(link)
    expect(page.get_by_role("button")).to_be_visible()
    assert page.url == link.partition("?")[0]
    with page.expect_response("**/v1/auth/verify-email") as answered:
        page.get_by_role("button").click()

    sent = answered.value.request
    assert json.loads(sent.post_data or "") == {"token": _token_in(link)}
    assert "referer" not in sent.all_headers()
    assert [url for url in watched.asked if _token_in(link) in url] == [link]
    assert watched.foreign(system.base_url) == []
    assert watched.complaints == []
    lines = system.api.get("/local/logs").text + system.api.get("/local/requests").text
    assert _token_in(link) not in lines
    assert _token_in(link) not in system.launched.output()


def test_a_link_with_the_token_in_its_fragment_works_too(watched: Watched, system: RunningSystem) -> None:
    address = _registered(system)
    page = watched.page

    page.goto(_link(system, address).replace("?token=", "#token="))
    page.get_by_role("button").click()

    assert "confirmed" in _outcome(page)
    assert "#" not in page.url


def test_a_page_without_a_token_asks_for_it(watched: Watched, system: RunningSystem) -> None:
    address = _registered(system)
    page = watched.page
    page.goto(_link(system, address))
    expect(page.get_by_label("Token of the mail")).to_be_hidden()

    page.reload()
    page.get_by_label("Token of the mail").fill(_token_in(_link(system, address)))
    page.keyboard.press("Enter")

    assert "confirmed" in _outcome(page)


def test_a_link_that_was_used_says_so(watched: Watched, system: RunningSystem) -> None:
    address = _registered(system)
    link = _link(system, address)
    assert _post(system, "/v1/auth/verify-email", {"token": _token_in(link)}).status_code == 204
    page = watched.page

    page.goto(link)
    page.get_by_role("button").click()

    assert "does not work any more" in _outcome(page)


def test_a_new_password_is_set_after_a_refused_one_was_explained(
    watched: Watched, system: RunningSystem
) -> None:
    address = _verified(system)
    assert _post(system, "/v1/auth/password-reset", {"email": address}).status_code == 202
    page = watched.page
    page.goto(_link(system, address))
    field = page.get_by_label("New password")

    assert field.get_attribute("type") == "password"
    assert field.get_attribute("autocomplete") == "new-password"
    page.get_by_label("Show it").check()
    assert field.get_attribute("type") == "text"
    field.fill("password1")
    page.get_by_role("button").click()
    assert "everybody tries first" in _outcome(page)
    field.fill(OTHER_PASSWORD)
    page.get_by_role("button").click()
    expect(page.locator("#outcome")).to_contain_text("Your new password holds")

    assert _log_in(system, address).status_code == 401
    assert _log_in(system, address, OTHER_PASSWORD).status_code == 200


def test_a_new_address_is_confirmed_by_a_login_that_ends_with_it(
    watched: Watched, system: RunningSystem
) -> None:
    address = _verified(system)
    new, token = _asked_to_move(system, address)
    page = watched.page
    page.goto(_link(system, new))

    page.get_by_label("E-mail address until now").fill(address)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button").click()
    assert "wrong" in _outcome(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.locator("#outcome")).to_contain_text("The new address is confirmed")

    assert _log_in(system, new).status_code == 200
    sessions = system.api.get("/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"}).json()
    assert len(sessions["items"]) == 2, "the one that asked, and the login just now"


def test_an_account_with_an_authenticator_app_is_asked_for_its_code(
    watched: Watched, system: RunningSystem
) -> None:
    address = _verified(system)
    new, token = _asked_to_move(system, address)
    secret = _post(system, "/v1/auth/mfa/totp", None, token).json()["secret"]
    confirmed = _post(system, "/v1/auth/mfa/totp/confirm", {"code": pyotp.TOTP(secret).now()}, token)
    recovery_code = confirmed.json()["recovery_codes"][0]
    page = watched.page
    page.goto(_link(system, new))
    code = page.get_by_label("Code of your authenticator app")

    expect(code).to_be_hidden()
    page.get_by_label("E-mail address until now").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(code).to_be_focused()
    code.fill(recovery_code)
    page.get_by_role("button").click()

    expect(page.locator("#outcome")).to_contain_text("The new address is confirmed")


def test_a_link_of_anothers_changes_nothing_and_leaves_no_session(
    watched: Watched, system: RunningSystem
) -> None:
    owner, stranger = _verified(system), _verified(system)
    new, _ = _asked_to_move(system, owner)
    page = watched.page
    page.goto(_link(system, new))

    page.get_by_label("E-mail address until now").fill(stranger)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()

    assert "does not work any more" in _outcome(page)
    token = _log_in(system, stranger).json()["access_token"]
    sessions = system.api.get("/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"}).json()
    assert len(sessions["items"]) == 1


@pytest.mark.parametrize("page_name", ["verify-email", "reset-password", "change-email"])
def test_a_page_fits_a_phone_and_names_its_fields(
    watched: Watched, system: RunningSystem, page_name: str
) -> None:
    page = watched.page
    page.set_viewport_size({"width": 360, "height": 700})

    page.goto(f"{system.base_url}/{page_name}")
    expect(page.get_by_role("button")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input')].filter(each => !each.labels.length).length"
    )
    assert unnamed == 0
