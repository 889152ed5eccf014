"""Setting a new password by mail."""

import pyotp
import pytest
from pydantic import Secret

from greenroom.identity.bearer_secrets import new_secret
from greenroom.identity.passwords import Passwords
from greenroom.refusals import Unauthenticated
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, Answer, World, revealed

RESET, CONFIRM, LOGIN = "/v1/auth/password-reset", "/v1/auth/password-reset/confirm", "/v1/auth/login"


def asked(world: World, address: str) -> Secret[str]:
    """Ask for a new password and return the token of the mail."""
    assert world.call("POST", RESET, {"email": address}).status == 202
    return world.mailer.token_for(address)


def confirmed(world: World, token: Secret[str] | str, password: Secret[str] | str = OTHER_PASSWORD) -> Answer:
    return world.call("POST", CONFIRM, {"token": token, "new_password": password})


def log_in(world: World, address: str, password: Secret[str] | str) -> Answer:
    return world.call("POST", LOGIN, {"email": address, "password": password})


def assert_invalid(answer: Answer) -> None:
    assert (answer.status, answer.code) == (400, "invalid_token")


def test_the_mailed_token_sets_a_new_password_and_ends_every_session(world: World) -> None:
    address = world.verified()
    sessions = world.sessions(address, 3)
    token = asked(world, address)

    assert world.principal(sessions[0].access_token), "asking alone ends nothing"
    answer = confirmed(world, token)

    assert (answer.status, answer.text) == (204, "")
    for session in sessions:
        with pytest.raises(Unauthenticated):
            world.principal(session.access_token)
        with pytest.raises(Unauthenticated):
            world.app.refresh.refresh(session.refresh_token)
    assert log_in(world, address, PASSWORD).status == 401
    assert log_in(world, address, OTHER_PASSWORD).status == 200
    assert "password" in world.mailer.to(address)[-1]["Subject"]
    assert "token" not in world.mailer.to(address)[-1].get_content()


def test_a_token_works_once(world: World) -> None:
    address = world.verified()
    token = asked(world, address)
    confirmed(world, token)

    assert_invalid(confirmed(world, token, PASSWORD))

    assert log_in(world, address, OTHER_PASSWORD).status == 200


def test_two_simultaneous_uses_of_a_token_are_one(world: World) -> None:
    token = asked(world, world.verified())

    answers = at_once(4, lambda: confirmed(world, token))

    assert sorted(answer.status for answer in answers if isinstance(answer, Answer)) == [204, 400, 400, 400]


def test_only_the_newest_token_works(world: World) -> None:
    address = world.verified()
    first = asked(world, address)
    world.call("POST", RESET, {"email": address.upper()})
    second = world.mailer.token_for(address)

    assert_invalid(confirmed(world, first))

    assert confirmed(world, second).status == 204


def test_a_token_works_for_ten_minutes_and_not_longer(world: World) -> None:
    early, late = world.verified(), world.verified()
    early_token, late_token = asked(world, early), asked(world, late)

    world.clock.advance(seconds=599)
    assert confirmed(world, early_token).status == 204
    world.clock.advance(seconds=1)

    assert_invalid(confirmed(world, late_token))


@pytest.mark.parametrize("bad", ["x", "é" * 43, new_secret()], ids=["short", "not ASCII", "well-formed"])
def test_a_token_that_we_did_not_mail_is_refused(world: World, bad: str) -> None:
    assert_invalid(confirmed(world, bad))


def test_a_token_of_another_mail_sets_no_password(world: World) -> None:
    verification = world.mailer.token_for(world.registered())

    assert_invalid(confirmed(world, verification))


def test_a_refused_password_leaves_the_token_as_it_is(world: World) -> None:
    token = asked(world, world.verified())

    for weak in ("short", "password1", "Sunshine"):
        answer = confirmed(world, token, weak)
        assert (answer.status, answer.code) == (422, "weak_password")
        assert [error["field"] for error in answer.body["errors"]] == ["new_password"]

    assert confirmed(world, token).status == 204


def test_a_password_that_was_changed_meanwhile_voids_the_token(world: World) -> None:
    address = world.verified()
    session = world.log_in(address)
    token = asked(world, address)
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD, "end_other_sessions": False}
    assert world.call("POST", "/v1/auth/password-change", change, token=session.access_token).status == 204

    assert_invalid(confirmed(world, token, "a third password of mine"))


def test_known_unknown_and_disabled_addresses_get_the_same_answer_for_the_same_work(world: World) -> None:
    disabled = world.verified()
    user = world.app.users.by_email(disabled)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))
    addresses = [world.verified(), world.registered(), world.address(), disabled]
    answers, work = [], []

    for address in addresses:
        mails = len(world.mailer.to(address))
        dynamodb = Recording(world.dynamodb)
        answers.append(world.over(dynamodb=dynamodb).call("POST", RESET, {"email": address}))
        work.append((dynamodb.names, len(world.mailer.to(address)) - mails))

    assert [answer.status for answer in answers] == [202] * 4
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1
    assert work == [(["get_item", "get_item", "transact_write_items"], 1)] * 4
    for address in addresses[2:]:
        assert "token" not in world.mailer.to(address)[-1].get_content()


def test_a_reset_hashes_only_for_a_token_that_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = asked(world, world.verified())
    hashed: list[Secret[str]] = []
    real = Passwords.hash

    def counted(passwords: Passwords, password: Secret[str]) -> Secret[str]:
        hashed.append(password)
        return real(passwords, password)

    monkeypatch.setattr(Passwords, "hash", counted)

    assert_invalid(confirmed(world, new_secret()))
    assert hashed == []
    assert confirmed(world, token).status == 204
    assert hashed == [OTHER_PASSWORD]


def test_no_token_is_stored_in_the_clear(world: World) -> None:
    token = asked(world, world.verified())

    assert token.get_secret_value() not in repr(world.items(world.settings.identity_table))


def test_a_disabled_account_gets_no_new_password_and_stays_disabled(world: World) -> None:
    address = world.verified()
    token = asked(world, address)
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))

    assert_invalid(confirmed(world, token))

    assert log_in(world, address, OTHER_PASSWORD).status == 401


def test_the_owner_of_an_address_takes_over_an_account_prepared_for_it(world: World) -> None:
    address = world.address()
    world.app.registration.register(address, Secret("the attackers own"), "Attacker")
    attackers_mail = world.mailer.token_for(address)
    world.app.registration.register(address, Secret("the attackers second"), "Attacker")
    other_mail = world.mailer.token_for(address)
    waiting = world.log_in(address, Secret("the attackers own"))

    assert confirmed(world, asked(world, address)).status == 204

    with pytest.raises(Unauthenticated):
        world.principal(waiting.access_token)
    for token in (attackers_mail, other_mail):
        assert_invalid(world.call("POST", "/v1/auth/verify-email", {"token": token}))
    assert world.principal(world.log_in(address, OTHER_PASSWORD).access_token).verified


def test_a_notice_that_cannot_be_sent_does_not_undo_the_new_password(world: World) -> None:
    address = world.verified()
    token = asked(world, address)
    world.mailer.broken = True

    assert confirmed(world, token).status == 204

    assert log_in(world, address, OTHER_PASSWORD).status == 200


def test_events_name_the_user_and_hold_neither_address_nor_token(
    world: World, security_events: list[dict[str, object]]
) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    security_events.clear()

    unknown = world.address()
    world.call("POST", RESET, {"email": unknown})
    token = asked(world, address)
    confirmed(world, token)

    assert [(line["event"], line.get("user_id")) for line in security_events] == [
        ("authn_token_created", None),
        ("authn_token_created", user.id),
        ("authn_password_change", user.id),
    ]
    for secret in (address, unknown, token, OTHER_PASSWORD):
        assert revealed(secret) not in repr(security_events)


def test_a_second_factor_is_asked_for_after_a_reset_as_before(world: World) -> None:
    address = world.verified()
    (grant,) = world.sessions(address, 1)
    secret = world.call("POST", "/v1/auth/mfa/totp", token=grant.access_token).body["secret"]
    code = pyotp.TOTP(secret).at(world.clock())
    enrolled = world.call("POST", "/v1/auth/mfa/totp/confirm", {"code": code}, token=grant.access_token)
    assert enrolled.status == 200

    assert confirmed(world, asked(world, address)).status == 204

    refused = log_in(world, address, OTHER_PASSWORD)
    assert (refused.status, refused.code) == (401, "mfa_required")
