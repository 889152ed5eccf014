"""Passkeys at the login, and whoever would come in by one that is not his, through the function's handler."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import Secret

from tests.service.identity.ceremonies import (
    Change,
    begin_login,
    begin_registration,
    finish_login,
    finish_registration,
    no_client_data,
    refused_login,
    refused_registration,
    two_names,
    with_passkey,
)
from tests.service.identity.racing import at_once
from tests.service.identity.world import World
from tests.support.authenticator import (
    BACKED_UP,
    PRESENT,
    VERIFIED,
    Authenticator,
    Ceremony,
    decoded,
    encoded,
)


def test_a_passkey_logs_its_owner_in_without_a_name_or_a_password(world: World) -> None:
    address, device = with_passkey(world)
    user = world.app.users.by_email(address)
    assert user

    options = begin_login(world)
    answer = finish_login(world, device.get(options))

    assert options.keys() == {"challenge", "rpId", "timeout", "userVerification"}
    assert (options["rpId"], options["userVerification"]) == ("greenroom.test", "required")
    assert answer.status == 200
    assert answer.body.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert world.principal(answer.body["access_token"]).user_id == user.id
    assert world.app.refresh.refresh(Secret(answer.body["refresh_token"]))


def test_the_options_of_a_new_passkey_ask_for_one_that_is_two_factors(world: World) -> None:
    address, device = with_passkey(world)
    token = world.log_in(address).access_token

    options = begin_registration(world, token)

    assert options["rp"] == {"id": "greenroom.test", "name": "Greenroom"}
    assert options["user"]["name"] == address
    assert address.encode() not in decoded(options["user"]["id"])
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [known["id"] for known in options["excludeCredentials"]] == [encoded(device.credential_id)]
    assert {"type": "public-key", "alg": -7} in options["pubKeyCredParams"]
    assert (options["attestation"], options["timeout"]) == ("none", 300_000)


# What is wrong with the ceremony that an answer comes from; the signature is genuine.
WRONG_CEREMONIES = {
    "another origin": Ceremony(origin="https://greenroom.test.attacker.test"),
    "the origin without TLS": Ceremony(origin="http://greenroom.test"),
    "another port": Ceremony(origin="https://greenroom.test:8443"),
    "an origin below ours": Ceremony(origin="https://evil.greenroom.test"),
    "another relying party": Ceremony(rp_id="attacker.test"),
    "a challenge that we never gave": Ceremony(challenge="A" * 43),
    "no challenge of our form": Ceremony(challenge="short"),
    "nobody there": Ceremony(flags=VERIFIED),
    "a user who was not verified": Ceremony(flags=PRESENT),
    "a page in another's frame": Ceremony(more={"crossOrigin": True}),
    "a page below another's": Ceremony(more={"topOrigin": "https://attacker.test"}),
    "a challenge that is no text": Ceremony(more={"challenge": 7}),
    "no origin": Ceremony(more={"origin": None}),
    "a backup without being able to": Ceremony(flags=PRESENT | VERIFIED | BACKED_UP),
}


@pytest.mark.parametrize("ceremony", WRONG_CEREMONIES.values(), ids=WRONG_CEREMONIES)
def test_a_login_from_a_wrong_ceremony_is_refused_and_leaves_no_trace(
    world: World, ceremony: Ceremony
) -> None:
    _, device = with_passkey(world)

    answer = refused_login(world, device.get(begin_login(world), ceremony))

    assert (answer.status, answer.code) == (401, "passkey_refused")


@pytest.mark.parametrize("ceremony", WRONG_CEREMONIES.values(), ids=WRONG_CEREMONIES)
def test_a_registration_from_a_wrong_ceremony_is_refused_and_leaves_no_trace(
    world: World, ceremony: Ceremony
) -> None:
    token = world.log_in(world.verified()).access_token
    options = begin_registration(world, token)

    answer = refused_registration(world, token, Authenticator().create(options, ceremony))

    assert (answer.status, answer.code) == (400, "invalid_passkey")


def test_an_answer_of_one_ceremony_is_none_of_the_other(world: World) -> None:
    address, device = with_passkey(world)
    token = world.log_in(address).access_token

    creating = refused_login(world, device.get(begin_login(world), Ceremony(kind="webauthn.create")))
    options = begin_registration(world, token)
    getting = refused_registration(
        world, token, Authenticator().create(options, Ceremony(kind="webauthn.get"))
    )

    assert (creating.status, getting.status) == (401, 400)


def test_a_challenge_is_for_the_ceremony_that_it_was_given_for(world: World) -> None:
    address, device = with_passkey(world)
    token = world.log_in(address).access_token
    for_registration, for_login = begin_registration(world, token), begin_login(world)

    login = refused_login(world, device.get(for_login, Ceremony(challenge=for_registration["challenge"])))
    registration = refused_registration(
        world,
        token,
        Authenticator().create(for_registration, Ceremony(challenge=for_login["challenge"])),
    )

    assert (login.status, registration.status) == (401, 400)


def test_a_challenge_of_another_session_adds_no_passkey(world: World) -> None:
    address = world.verified()
    victim, other = (world.log_in(who).access_token for who in (address, world.verified()))
    again = world.log_in(address).access_token

    for token in (other, again):
        options = begin_registration(world, token)
        answer = refused_registration(world, victim, Authenticator().create(options))
        assert (answer.status, answer.code) == (400, "invalid_passkey")


def test_an_answer_works_once(world: World) -> None:
    _, device = with_passkey(world)
    credential = device.get(begin_login(world))
    assert finish_login(world, credential).status == 200

    replayed = refused_login(world, credential)

    assert (replayed.status, replayed.code) == (401, "passkey_refused")


def test_a_challenge_that_was_answered_is_used_also_where_authenticators_do_not_count(world: World) -> None:
    address, device = world.verified(), Authenticator()
    token = world.log_in(address).access_token
    not_counting = Ceremony(sign_count=0)
    finish_registration(world, token, device.create(begin_registration(world, token), not_counting))
    credential = device.get(begin_login(world), not_counting)
    assert finish_login(world, credential).status == 200

    assert refused_login(world, credential).status == 401
    assert finish_login(world, device.get(begin_login(world), not_counting)).status == 200


def test_of_many_uses_of_one_answer_at_once_one_counts(world: World) -> None:
    address, device = with_passkey(world)
    user = world.app.users.by_email(address)
    assert user
    before = len(world.sessions_of(user.id))
    credential = device.get(begin_login(world))

    answers = at_once(6, lambda: finish_login(world, credential).status)

    assert sorted(answers, key=str) == [200, 401, 401, 401, 401, 401]
    assert len(world.sessions_of(user.id)) == before + 1


def test_a_challenge_works_for_five_minutes_and_not_longer(world: World) -> None:
    _, device = with_passkey(world)
    early, late = begin_login(world), begin_login(world)

    world.clock.advance(seconds=299)
    assert finish_login(world, device.get(early)).status == 200
    world.clock.advance(seconds=1)

    assert refused_login(world, device.get(late)).status == 401


def test_challenges_are_stored_as_digests_and_forgotten(world: World) -> None:
    challenge = begin_login(world)["challenge"]

    items = [item for item in world.items(world.settings.identity_table) if item["sk"] == "CHALLENGE"]

    assert challenge not in repr(items)
    assert all(item["ttl"] == item["expires_at"] for item in items)


def _flip_signature(credential: dict[str, Any]) -> None:
    signature = bytearray(decoded(credential["response"]["signature"]))
    signature[-1] ^= 1
    credential["response"]["signature"] = encoded(bytes(signature))


def _raise_counter(credential: dict[str, Any]) -> None:
    data = bytearray(decoded(credential["response"]["authenticatorData"]))
    data[36] += 5
    credential["response"]["authenticatorData"] = encoded(bytes(data))


def _move_origin(credential: dict[str, Any]) -> None:
    client_data = json.loads(decoded(credential["response"]["clientDataJSON"]))
    client_data["padding"] = "x"
    credential["response"]["clientDataJSON"] = encoded(json.dumps(client_data).encode())


def _another_signature(credential: dict[str, Any]) -> None:
    credential["response"]["signature"] = encoded(b"0")


def _no_data(credential: dict[str, Any]) -> None:
    credential["response"]["authenticatorData"] = encoded(b"0")


def _deep_client_data(credential: dict[str, Any]) -> None:
    credential["response"]["clientDataJSON"] = encoded(b"[" * 20_000)


def _not_base64(credential: dict[str, Any]) -> None:
    credential["response"]["signature"] = "A"


def _anothers_handle(credential: dict[str, Any]) -> None:
    credential["response"]["userHandle"] = encoded(b"usr_somebody_else")


def _unknown(credential: dict[str, Any]) -> None:
    credential["id"] = credential["rawId"] = encoded(bytes(32))


@pytest.mark.parametrize(
    "change",
    [
        *(_flip_signature, _raise_counter, _move_origin, _another_signature, _no_data, no_client_data),
        *(_deep_client_data, _not_base64, two_names, _anothers_handle, _unknown),
    ],
)
def test_an_answer_that_was_tampered_with_is_refused_and_leaves_no_trace(
    world: World, change: Change
) -> None:
    _, device = with_passkey(world)
    credential = device.get(begin_login(world))
    change(credential)

    answer = refused_login(world, credential)

    assert (answer.status, answer.code) == (401, "passkey_refused")


def test_whatever_is_wrong_the_answer_is_the_same(world: World) -> None:
    address, device = with_passkey(world)
    user = world.app.users.by_email(address)
    assert user
    unknown = finish_login(world, Authenticator(user_handle=device.user_handle).get(begin_login(world)))
    wrong = finish_login(world, device.get(begin_login(world), Ceremony(flags=PRESENT)))
    world.tables.write(world.app.users.change(user, disabled=True))
    disabled = refused_login(world, device.get(begin_login(world)))

    assert {answer.status for answer in (unknown, wrong, disabled)} == {401}
    assert len({answer.text for answer in (unknown, wrong, disabled)}) == 1


def test_anothers_key_under_a_known_name_is_refused(world: World) -> None:
    _, device = with_passkey(world)
    thief = Authenticator(credential_id=device.credential_id, user_handle=device.user_handle, sign_count=50)

    assert refused_login(world, thief.get(begin_login(world))).status == 401


def test_a_key_of_ones_own_opens_no_other_account(world: World) -> None:
    _, victim = with_passkey(world)
    _, attacker = with_passkey(world)
    posing = replace(attacker, user_handle=victim.user_handle)

    assert refused_login(world, posing.get(begin_login(world))).status == 401


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_a_counter_that_does_not_grow_is_refused_as_a_copied_key(
    world: World, count: int, security_events: list[dict[str, Any]]
) -> None:
    _, device = with_passkey(world)
    assert finish_login(world, device.get(begin_login(world), Ceremony(sign_count=5))).status == 200
    security_events.clear()

    answer = refused_login(world, device.get(begin_login(world), Ceremony(sign_count=count)))

    assert (answer.status, answer.code) == (401, "passkey_refused")
    assert ("authn_token_reuse", "CRITICAL") in [
        (line["event"], line["severity"]) for line in security_events
    ]
    assert finish_login(world, device.get(begin_login(world), Ceremony(sign_count=6))).status == 200


def test_a_credential_that_somebody_has_already_is_not_registered_again(world: World) -> None:
    _, device = with_passkey(world)
    token = world.log_in(world.verified()).access_token
    twin = Authenticator(credential_id=device.credential_id)

    answer = refused_registration(world, token, twin.create(begin_registration(world, token)))

    assert (answer.status, answer.code) == (400, "invalid_passkey")
