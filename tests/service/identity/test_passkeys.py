"""Passkeys, and whoever would come in by one that is not his, through the function's handler."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from greenroom.identity.passkey_registration import MOST
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import PASSWORD, Answer, World
from tests.support.authenticator import (
    BACKED_UP,
    BACKUP_POSSIBLE,
    HONEST,
    PRESENT,
    VERIFIED,
    Authenticator,
    Ceremony,
    decoded,
    encoded,
)

PASSKEYS = "/v1/auth/passkeys"
WRITES = {"put_item", "update_item", "delete_item", "transact_write_items"}
Change = Callable[[dict[str, Any]], None]


def begin_registration(world: World, token: str) -> dict[str, Any]:
    answer = world.call("POST", f"{PASSKEYS}/register/begin", token=token)
    assert answer.status == 200, answer.text
    options: dict[str, Any] = answer.body["options"]
    return options


def finish_registration(world: World, token: str, credential: dict[str, Any], **more: str) -> Answer:
    body = {"credential": credential, **more}
    return world.call("POST", f"{PASSKEYS}/register/finish", body, token=token)


def begin_login(world: World) -> dict[str, Any]:
    answer = world.call("POST", f"{PASSKEYS}/login/begin")
    assert answer.status == 200, answer.text
    options: dict[str, Any] = answer.body["options"]
    return options


def finish_login(world: World, credential: dict[str, Any]) -> Answer:
    return world.call("POST", f"{PASSKEYS}/login/finish", {"credential": credential})


def with_passkey(world: World) -> tuple[str, Authenticator]:
    """Return the address of somebody who has a passkey, and the device that holds it."""
    address, device = world.verified(), Authenticator()
    token = world.log_in(address).access_token
    credential = device.create(begin_registration(world, token))
    assert finish_registration(world, token, credential).status == 204
    return address, device


def stored(world: World) -> list[str]:
    """Return everything that is stored of identities and sessions, but for the limits' own counts."""
    sessions = [item for item in world.items(world.settings.limits_table) if item["sk"] == "SESSION"]
    return sorted(repr(item) for item in world.items(world.settings.identity_table) + sessions)


def refused_login(world: World, credential: dict[str, Any]) -> Answer:
    """Send an answer that must be refused, and see that nothing was written."""
    before = stored(world)
    answer = finish_login(world, credential)
    assert stored(world) == before
    return answer


def refused_registration(world: World, token: str, credential: dict[str, Any]) -> Answer:
    """Send a new passkey that must be refused, and see that nothing was written."""
    before = stored(world)
    answer = finish_registration(world, token, credential)
    assert stored(world) == before
    return answer


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
    assert world.app.refresh.refresh(answer.body["refresh_token"])


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


def _no_client_data(credential: dict[str, Any]) -> None:
    credential["response"]["clientDataJSON"] = encoded(b"[]")


def _deep_client_data(credential: dict[str, Any]) -> None:
    credential["response"]["clientDataJSON"] = encoded(b"[" * 20_000)


def _not_base64(credential: dict[str, Any]) -> None:
    credential["response"]["signature"] = "A"


def _two_names(credential: dict[str, Any]) -> None:
    credential["rawId"] = encoded(b"another")


def _anothers_handle(credential: dict[str, Any]) -> None:
    credential["response"]["userHandle"] = encoded(b"usr_somebody_else")


def _unknown(credential: dict[str, Any]) -> None:
    credential["id"] = credential["rawId"] = encoded(bytes(32))


@pytest.mark.parametrize(
    "change",
    [
        *(_flip_signature, _raise_counter, _move_origin, _another_signature, _no_data, _no_client_data),
        *(_deep_client_data, _not_base64, _two_names, _anothers_handle, _unknown),
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


def _attested(credential: dict[str, Any], **members: Any) -> None:
    attestation = cbor2.loads(decoded(credential["response"]["attestationObject"]))
    credential["response"]["attestationObject"] = encoded(cbor2.dumps(attestation | members))


def _by_certificates(credential: dict[str, Any]) -> None:
    _attested(credential, fmt="android-safetynet", attStmt={"ver": "1", "response": b"x"})


def _self_signed_wrongly(credential: dict[str, Any]) -> None:
    _attested(credential, fmt="packed", attStmt={"alg": -7, "sig": b"0"})


def _no_attestation(credential: dict[str, Any]) -> None:
    credential["response"]["attestationObject"] = encoded(b"\xff")


def _deep_attestation(credential: dict[str, Any]) -> None:
    credential["response"]["attestationObject"] = encoded(b"\x81" * 20_000)


def _huge_attestation(credential: dict[str, Any]) -> None:
    credential["response"]["attestationObject"] = encoded(b"\x9b\x7f" + b"\xff" * 7)


def _another_id(credential: dict[str, Any]) -> None:
    credential["id"] = credential["rawId"] = encoded(bytes(32))


@pytest.mark.parametrize(
    "change",
    [
        *(_by_certificates, _self_signed_wrongly, _no_attestation, _deep_attestation, _huge_attestation),
        *(_another_id, _two_names, _no_client_data),
    ],
)
def test_a_passkey_that_was_not_made_as_asked_is_refused_and_leaves_no_trace(
    world: World, change: Change
) -> None:
    token = world.log_in(world.verified()).access_token
    credential = Authenticator().create(begin_registration(world, token))
    change(credential)

    answer = refused_registration(world, token, credential)

    assert (answer.status, answer.code) == (400, "invalid_passkey")


def _attested_by_certificate(device: Authenticator, credential: dict[str, Any]) -> None:
    """Attest a passkey as a security key does that has a certificate of its maker's: all in order."""
    maker, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A maker")])
    certificate = (
        x509.CertificateBuilder(name, name, maker.public_key(), 1, now, now + timedelta(days=1))
        .sign(maker, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    attestation = cbor2.loads(decoded(credential["response"]["attestationObject"]))
    client_data = decoded(credential["response"]["clientDataJSON"])
    point = device.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signed = (
        b"\0" + attestation["authData"][:32] + sha256(client_data).digest() + device.credential_id + point
    )
    signature = maker.sign(signed, ec.ECDSA(hashes.SHA256()))
    _attested(credential, fmt="fido-u2f", attStmt={"sig": signature, "x5c": [certificate]})


def test_no_certificate_is_taken_however_well_it_attests(world: World) -> None:
    token, device = world.log_in(world.verified()).access_token, Authenticator()
    credential = device.create(begin_registration(world, token))
    _attested_by_certificate(device, credential)

    answer = refused_registration(world, token, credential)

    assert (answer.status, answer.code) == (400, "invalid_passkey")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("type", "password"),
        ("id", ""),
        ("id", "é"),
        ("id", "A" * 1401),
        ("response", {}),
        ("response", None),
    ],
)
def test_what_is_no_credential_at_all_is_invalid_input(world: World, place: str, value: Any) -> None:
    _, device = with_passkey(world)
    credential = {**device.get(begin_login(world)), place: value}

    answer = refused_login(world, credential)

    assert (answer.status, answer.code) == (422, "invalid_request")


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
    made = second.create(
        begin_registration(world, token),
        Ceremony(flags=PRESENT | VERIFIED | BACKUP_POSSIBLE | BACKED_UP),
    )
    finish_registration(world, token, made, name="Ann's phone")
    finish_login(world, first.get(begin_login(world)))

    items = world.call("GET", PASSKEYS, token=token).body["items"]
    removed = world.call("DELETE", f"{PASSKEYS}/{{passkey_id}}", token=token, passkey_id=items[0]["id"])

    assert [(item["name"], item["backed_up"], item["last_used_at"]) for item in items] == [
        ("Passkey", False, "2046-12-01T10:00:00Z"),
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
