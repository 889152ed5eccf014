"""Registering and confirming an address."""

import pytest
from pydantic import Secret

from greenroom.actors import Role
from greenroom.identity.bearer_secrets import new_secret
from greenroom.identity.refusals import InvalidCredentials, InvalidEmail, InvalidToken, WeakPassword
from greenroom.refusals import Unauthenticated, Unavailable
from greenroom.storage import keys
from tests.service.identity.racing import at_once
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World


def test_a_new_account_is_a_buyers_and_works_at_once_but_is_not_verified(world: World) -> None:
    address = world.registered()

    principal = world.principal(world.log_in(address).access_token)

    assert (principal.role, principal.verified) == (Role.BUYER, False)


def test_the_mailed_token_verifies_the_account_and_the_sessions_that_live(world: World) -> None:
    address = world.registered()
    first, second = world.log_in(address), world.log_in(address)

    world.app.registration.verify_email(world.mailer.token_for(address))

    for grant in (first, second, world.log_in(address)):
        assert world.principal(grant.access_token).verified


def test_a_token_works_once(world: World) -> None:
    address = world.registered()
    token = world.mailer.token_for(address)
    world.app.registration.verify_email(token)

    with pytest.raises(InvalidToken):
        world.app.registration.verify_email(token)


def test_two_simultaneous_uses_of_a_token_are_one(world: World) -> None:
    token = world.mailer.token_for(world.registered())

    outcomes = at_once(8, lambda: world.app.registration.verify_email(token))

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [InvalidToken] * 7


@pytest.mark.parametrize(
    "bad",
    ["", "x", "../../etc", "é" * 43, new_secret().get_secret_value()],
    ids=["empty", "short", "a path", "letters beyond ASCII", "unknown"],
)
def test_a_token_that_we_did_not_mail_is_refused(world: World, bad: str) -> None:
    with pytest.raises(InvalidToken):
        world.app.registration.verify_email(Secret(bad))


def test_a_token_works_for_a_day_and_not_longer(world: World) -> None:
    early, late = world.registered(), world.registered()

    world.clock.advance(seconds=86399)
    world.app.registration.verify_email(world.mailer.token_for(early))
    world.clock.advance(seconds=1)

    with pytest.raises(InvalidToken):
        world.app.registration.verify_email(world.mailer.token_for(late))


def test_no_password_and_no_token_is_stored_in_the_clear(world: World) -> None:
    address = world.registered()
    grant = world.log_in(address)

    stored = repr(world.items(world.settings.identity_table) + world.items(world.settings.limits_table))

    for secret in (PASSWORD, world.mailer.token_for(address), grant.refresh_token, grant.access_token):
        assert secret.get_secret_value() not in stored


def test_one_address_in_two_spellings_is_one_account(world: World) -> None:
    address = world.verified()

    world.app.registration.register(address.upper(), OTHER_PASSWORD, "Ann")

    assert world.log_in(address.title())
    assert world.log_in(address.upper())
    with pytest.raises(InvalidCredentials):
        world.log_in(address, OTHER_PASSWORD)


def test_simultaneous_registrations_of_one_address_make_one_account(world: World) -> None:
    address = world.address()

    outcomes = at_once(8, lambda: world.app.registration.register(address, PASSWORD, "Ann"))

    assert outcomes == [None] * 8
    accounts = [
        item
        for item in world.items(world.settings.identity_table)
        if item["sk"] == "PROFILE" and item["folded_email"] == address
    ]
    assert len(accounts) == 1
    assert len(world.mailer.to(address)) == 8


def test_the_owner_of_a_verified_account_is_told_and_nothing_else_happens(world: World) -> None:
    address = world.verified()
    session = world.log_in(address)

    world.app.registration.register(address, OTHER_PASSWORD, "Somebody else")

    mail = world.mailer.to(address)[-1].get_content()
    assert "already" in mail
    assert "token" not in mail
    assert world.principal(session.access_token)
    assert world.log_in(address)


def test_a_mail_never_holds_what_the_registrant_typed(world: World) -> None:
    address = world.address()

    world.app.registration.register(address, PASSWORD, "Win at http://attacker.test")
    world.app.registration.verify_email(world.mailer.token_for(address))
    world.app.registration.register(address, PASSWORD, "Win at http://attacker.test")

    assert len(world.mailer.to(address)) == 2
    assert not any("attacker" in message.as_string() for message in world.mailer.to(address))


def test_an_account_prepared_for_somebody_elses_address_becomes_the_owners(world: World) -> None:
    address = world.address()
    world.app.registration.register(address, Secret("the attackers own"), "Attacker")
    waiting = world.log_in(address, Secret("the attackers own"))

    world.app.registration.register(address, PASSWORD, "Ann")
    world.app.registration.verify_email(world.mailer.token_for(address))

    with pytest.raises(Unauthenticated):
        world.principal(waiting.access_token)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(waiting.refresh_token)
    with pytest.raises(InvalidCredentials):
        world.log_in(address, Secret("the attackers own"))
    principal = world.principal(world.log_in(address).access_token)
    user = world.app.users.by_id(principal.user_id)
    assert principal.verified
    assert user is not None
    assert user.display_name == "Ann"


def test_registering_an_unverified_address_again_changes_nothing_until_the_mail_is_answered(
    world: World,
) -> None:
    address = world.registered()
    session = world.log_in(address)

    world.app.registration.register(address, OTHER_PASSWORD, "Another")

    assert world.principal(session.access_token)
    assert world.log_in(address)
    with pytest.raises(InvalidCredentials):
        world.log_in(address, OTHER_PASSWORD)


def test_once_verified_the_tokens_of_other_registrations_are_void(world: World) -> None:
    address = world.address()
    world.app.registration.register(address, OTHER_PASSWORD, "Attacker")
    attackers = world.mailer.token_for(address)
    world.app.registration.register(address, PASSWORD, "Ann")
    world.app.registration.verify_email(world.mailer.token_for(address))

    with pytest.raises(InvalidToken):
        world.app.registration.verify_email(attackers)

    assert world.log_in(address)


def test_the_token_of_an_earlier_registration_of_ones_own_still_works(world: World) -> None:
    address = world.registered()
    first = world.mailer.token_for(address)
    session = world.log_in(address)
    world.app.registration.register(address, PASSWORD, "Ann")

    world.app.registration.verify_email(first)

    assert world.principal(session.access_token).verified


def test_a_mail_that_cannot_be_sent_is_said_and_can_be_asked_for_again(world: World) -> None:
    address = world.address()
    world.mailer.broken = True
    with pytest.raises(Unavailable):
        world.app.registration.register(address, PASSWORD, "Ann")
    world.mailer.broken = False

    world.app.registration.register(address, PASSWORD, "Ann")
    world.app.registration.verify_email(world.mailer.token_for(address))

    assert world.principal(world.log_in(address).access_token).verified


def test_a_mail_goes_to_the_address_as_mail_servers_take_it(world: World) -> None:
    local_part = world.address().partition("@")[0]

    world.app.registration.register(f"{local_part}@bücher.example.com", PASSWORD, "Ann")
    world.app.registration.verify_email(world.mailer.token_for(f"{local_part}@xn--bcher-kva.example.com"))
    world.app.registration.register(f"{local_part}@bücher.example.com", PASSWORD, "Ann")

    assert len(world.mailer.to(f"{local_part}@xn--bcher-kva.example.com")) == 2


def test_a_refused_registration_leaves_nothing_behind(world: World) -> None:
    address = world.address()

    with pytest.raises(WeakPassword):
        world.app.registration.register(address, Secret("short"), "Ann")
    with pytest.raises(InvalidEmail):
        world.app.registration.register("no address", PASSWORD, "Ann")

    assert world.app.users.by_email(address) is None
    assert world.mailer.sent == []


def test_a_disabled_account_cannot_be_verified_back_to_life(world: World) -> None:
    address = world.registered()
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))

    with pytest.raises(InvalidToken):
        world.app.registration.verify_email(world.mailer.token_for(address))


def test_more_sessions_than_a_transaction_holds_are_all_verified_or_ended(world: World) -> None:
    kept, taken = world.registered(), world.registered()
    kept_sessions = world.sessions(kept, 60)
    taken_sessions = world.sessions(taken, 60)
    world.app.registration.verify_email(world.mailer.token_for(kept))

    world.app.registration.register(taken, OTHER_PASSWORD, "Owner")
    world.app.registration.verify_email(world.mailer.token_for(taken))

    assert all(world.principal(session.access_token).verified for session in kept_sessions)
    for session in taken_sessions:
        with pytest.raises(Unauthenticated):
            world.principal(session.access_token)


def test_events_name_the_user_and_never_the_address(
    world: World, security_events: list[dict[str, object]]
) -> None:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user

    assert [(line["event"], line["user_id"]) for line in security_events] == [
        ("user_created", user.id),
        ("user_updated", user.id),
    ]
    assert address not in repr(security_events)


def test_the_owner_item_of_an_address_does_not_show_the_address(world: World) -> None:
    address = world.registered()

    assert address not in keys.email_owner(address).pk
    assert world.tables.get(world.settings.identity_table, keys.email_owner(address))
