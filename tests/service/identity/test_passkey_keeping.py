"""Adding, listing and removing passkeys: who may, and who is told."""

from typing import Any

import pytest
from pydantic import Secret

from greenroom.identity.passkey_registration import MOST
from greenroom.refusals import Unauthenticated
from tests.service.identity.ceremonies import (
    PASSKEYS,
    begin_login,
    begin_registration,
    finish_login,
    finish_registration,
    refused_login,
    refused_registration,
    stored,
    with_passkey,
)
from tests.service.identity.recording import Recording
from tests.service.identity.world import PASSWORD, World
from tests.support.authenticator import (
    BACKED_UP,
    BACKUP_POSSIBLE,
    HONEST,
    PRESENT,
    VERIFIED,
    Authenticator,
    Ceremony,
    encoded,
)


def test_adding_and_removing_passkeys_takes_a_login_of_the_last_five_minutes(world: World) -> None:
    address, _ = with_passkey(world)
    token = world.log_in(address).access_token
    credential = Authenticator().create(begin_registration(world, token))
    (passkey,) = world.call("GET", PASSKEYS, token=token).body["items"]

    world.clock.advance(seconds=301)
    before = stored(world)
    answers = [
        world.call("POST", f"{PASSKEYS}/register/begin", token=token),
        finish_registration(world, token, credential),
        world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"]),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "fresh_login_required")] * 3
    assert stored(world) == before


def test_a_refresh_makes_no_login_fresh(world: World) -> None:
    grant = world.log_in(world.verified())
    world.clock.advance(seconds=301)

    token = world.app.refresh.refresh(grant.refresh_token).access_token

    answer = world.call("POST", f"{PASSKEYS}/register/begin", token=token)
    assert (answer.status, answer.code) == (403, "fresh_login_required")


def test_an_account_prepared_for_somebody_elses_address_gets_no_way_in_of_its_makers(world: World) -> None:
    address = world.registered()
    token = world.log_in(address).access_token

    answers = [
        world.call("POST", f"{PASSKEYS}/register/begin", token=token),
        world.call("POST", "/v1/auth/mfa/totp", token=token),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "email_not_verified")] * 2


def test_a_session_from_before_the_credentials_changed_adds_no_passkey(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    credential = Authenticator().create(begin_registration(world, token))
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, credentials_version=user.credentials_version + 1))

    answer = refused_registration(world, token, credential)

    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_a_session_that_ends_while_a_passkey_is_added_adds_none(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    principal = world.principal(token)
    credential = Authenticator().create(begin_registration(world, token))
    dynamodb = Recording(
        world.dynamodb, before_write=[lambda: world.app.sessions.end(principal.user_id, principal.session_id)]
    )

    answer = finish_registration(world.over(dynamodb=dynamodb), token, credential)

    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert world.app.factors.passkeys.of(principal.user_id) == []


def test_ones_passkeys_are_listed_without_their_keys_and_can_be_removed(world: World) -> None:
    address, first = with_passkey(world)
    token = world.log_in(address).access_token
    second = Authenticator()
    world.clock.advance(seconds=1)  # ids of one instant have no order
    made = second.create(
        begin_registration(world, token),
        Ceremony(flags=PRESENT | VERIFIED | BACKUP_POSSIBLE | BACKED_UP),
    )
    finish_registration(world, token, made, name="Ann's phone")
    finish_login(world, first.get(begin_login(world)))

    items = world.call("GET", PASSKEYS, token=token).body["items"]
    removed = world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=items[0]["id"])

    assert [(item["name"], item["backed_up"], item["last_used_at"]) for item in items] == [
        ("Passkey", False, "2046-12-01T10:00:01Z"),
        ("Ann's phone", True, None),
    ]
    assert items[0].keys() == {"id", "name", "backed_up", "created_at", "last_used_at"}
    assert removed.status == 204
    assert [item["name"] for item in world.call("GET", PASSKEYS, token=token).body["items"]] == [
        "Ann's phone"
    ]
    assert refused_login(world, first.get(begin_login(world))).status == 401
    left = [item["pk"] for item in world.items(world.settings.identity_table) if item["sk"] == "OWNER"]
    assert not any(encoded(first.credential_id) in key for key in left)


def test_removing_a_passkey_ends_every_session_but_the_one_that_does_it(world: World) -> None:
    address, stolen = with_passkey(world)
    thiefs = finish_login(world, stolen.get(begin_login(world))).body
    token = world.log_in(address).access_token
    (passkey,) = world.call("GET", PASSKEYS, token=token).body["items"]

    removed = world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"])

    assert removed.status == 204
    assert world.principal(token)
    with pytest.raises(Unauthenticated):
        world.principal(thiefs["access_token"])
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(Secret(thiefs["refresh_token"]))


def test_a_session_that_ends_while_a_passkey_is_removed_removes_none(world: World) -> None:
    address, device = with_passkey(world)
    token = world.log_in(address).access_token
    principal = world.principal(token)
    (passkey,) = world.call("GET", PASSKEYS, token=token).body["items"]
    dynamodb = Recording(
        world.dynamodb, before_write=[lambda: world.app.sessions.end(principal.user_id, principal.session_id)]
    )

    removed = world.over(dynamodb=dynamodb).call(
        "DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"]
    )

    assert removed.status == 401
    assert finish_login(world, device.get(begin_login(world))).status == 200


def test_a_passkey_that_was_removed_can_be_registered_again(world: World) -> None:
    address, device = with_passkey(world)
    token = world.log_in(address).access_token
    (passkey,) = world.call("GET", PASSKEYS, token=token).body["items"]
    world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"])

    assert finish_registration(world, token, device.create(begin_registration(world, token))).status == 204


def test_anothers_passkey_is_not_there(world: World) -> None:
    owner, device = with_passkey(world)
    token = world.log_in(world.verified()).access_token
    (passkey,) = world.call("GET", PASSKEYS, token=world.log_in(owner).access_token).body["items"]

    listed = world.call("GET", PASSKEYS, token=token)
    removed = world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"])
    missing = world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id="pky_" + "0" * 26)

    assert listed.body == {"items": []}
    assert (removed.status, removed.text) == (missing.status, missing.text)
    assert removed.status == 404
    assert finish_login(world, device.get(begin_login(world))).status == 200


def test_nobody_has_more_passkeys_than_a_few(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    for _ in range(MOST - 1):
        finish_registration(world, token, Authenticator().create(begin_registration(world, token)))
    last, over = begin_registration(world, token), begin_registration(world, token)
    assert finish_registration(world, token, Authenticator().create(last)).status == 204

    answers = [
        refused_registration(world, token, Authenticator().create(over)),
        world.call("POST", f"{PASSKEYS}/register/begin", token=token),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(409, "too_many_passkeys")] * 2


def test_the_owner_is_told_of_each_change_and_the_trail_keeps_it(
    world: World, security_events: list[dict[str, Any]]
) -> None:
    address, _ = with_passkey(world)
    token = world.log_in(address).access_token
    (passkey,) = world.call("GET", PASSKEYS, token=token).body["items"]
    world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=passkey["id"])

    assert [mail["Subject"] for mail in world.mailer.to(address)][1:] == [
        "A passkey was added to your account",
        "A passkey was removed from your account",
    ]
    changes = [line.get("change") for line in security_events if line["event"] == "user_updated"]
    assert changes == ["email_verified", "passkey_added", "passkey_removed"]


def test_a_mail_that_cannot_be_sent_undoes_nothing(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    options = begin_registration(world, token)
    world.mailer.broken = True

    assert finish_registration(world, token, Authenticator().create(options, HONEST)).status == 204
    assert len(world.call("GET", PASSKEYS, token=token).body["items"]) == 1


def test_a_login_by_password_is_not_touched_by_having_a_passkey(world: World) -> None:
    address, _ = with_passkey(world)

    assert world.call("POST", "/v1/auth/login", {"email": address, "password": PASSWORD}).status == 200
