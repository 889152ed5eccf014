"""An authenticator in software: makes passkeys and answers challenges as a browser passes them on.

It does what WebAuthn asks of one, and, where a test says so, what an attacker would.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, BACKUP_POSSIBLE, BACKED_UP, HAS_CREDENTIAL = 0x01, 0x04, 0x08, 0x10, 0x40


def encoded(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """What goes into one answer; the defaults are those of an honest browser at the right page."""

    origin: str = "https://greenroom.test"
    rp_id: str | None = None
    """None for the one that the options name."""
    challenge: str | None = None
    """None for the one that the options give."""
    kind: str | None = None
    flags: int = PRESENT | VERIFIED
    sign_count: int | None = None
    """None for one more than the last time."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the client data."""


HONEST = Ceremony()


@dataclass
class Authenticator:
    """A device with one passkey, once it has made it."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: str = ""
    sign_count: int = 0

    def create(self, options: Mapping[str, Any], ceremony: Ceremony = HONEST) -> dict[str, Any]:
        """Make a passkey for the options of a registration and return the browser's JSON of it."""
        self.user_handle = options["user"]["id"]
        ceremony = replace(ceremony, rp_id=ceremony.rp_id or options["rp"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(ceremony, HAS_CREDENTIAL) + attested + cbor2.dumps(cose_key)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = _client_data(ceremony.kind or "webauthn.create", options, ceremony)
        response = {
            "clientDataJSON": encoded(client_data),
            "attestationObject": encoded(attestation),
            "transports": ["internal"],
            "publicKeyAlgorithm": -7,
        }
        return self._credential(response)

    def get(self, options: Mapping[str, Any], ceremony: Ceremony = HONEST) -> dict[str, Any]:
        """Answer the options of a login and return the browser's JSON of the answer."""
        ceremony = replace(ceremony, rp_id=ceremony.rp_id or options["rpId"])
        data = self._data(ceremony, 0)
        client_data = _client_data(ceremony.kind or "webauthn.get", options, ceremony)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": self.user_handle,
        }
        return self._credential(response)

    def _data(self, ceremony: Ceremony, flags: int) -> bytes:
        self.sign_count = self.sign_count + 1 if ceremony.sign_count is None else ceremony.sign_count
        assert ceremony.rp_id is not None
        rp_hash = sha256(ceremony.rp_id.encode()).digest()
        return rp_hash + bytes([ceremony.flags | flags]) + self.sign_count.to_bytes(4, "big")

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": encoded(self.credential_id),
            "rawId": encoded(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": response,
        }


def _client_data(kind: str, options: Mapping[str, Any], ceremony: Ceremony) -> bytes:
    members = {
        "type": kind,
        "challenge": ceremony.challenge or options["challenge"],
        "origin": ceremony.origin,
        "crossOrigin": False,
        **ceremony.more,
    }
    return json.dumps(members, separators=(",", ":")).encode()
