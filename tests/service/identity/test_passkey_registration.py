"""Passkeys that were not made as asked: none is taken, and nothing is written."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.service.identity.ceremonies import (
    Change,
    begin_login,
    begin_registration,
    no_client_data,
    refused_login,
    refused_registration,
    two_names,
    with_passkey,
)
from tests.service.identity.world import World
from tests.support.authenticator import (
    Authenticator,
    decoded,
    encoded,
)


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
        *(_another_id, two_names, no_client_data),
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
