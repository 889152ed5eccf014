"""Checking what authenticators answer (WebAuthn level 2), by the ``webauthn`` library.

The library reads bytes from an untrusted client, in three formats, and may raise any exception on them. Every
exception refuses the answer.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .relying_party import RelyingParty

ES256, EDDSA, RS256 = -7, -8, -257
ALGORITHMS = (ES256, EDDSA, RS256)
"""COSE numbers of the signatures that are taken, the preferred one first."""

# We ask for no attestation. Authenticators then send none, or sign for themselves.
_ATTESTATIONS = frozenset({"none", "packed"})
_LARGEST_CREDENTIAL_ID = 1023

Credential = Mapping[str, Any]
"""What a browser's ``PublicKeyCredential.toJSON()`` gives."""


class AnswerRefused(Exception):
    """The answer is malformed, not for us, not by a present and verified user, or not genuine."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A key pair that an authenticator has made for us."""

    id: str
    """In base64url."""
    public_key: bytes
    """In COSE form."""
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Assertion:
    """A genuine answer of a known key."""

    sign_count: int
    backed_up: bool


def challenge_in(credential: Credential) -> str:
    """Return the challenge that an answer says to answer; raise ``AnswerRefused`` when it says none."""
    try:
        client_data = json.loads(_decoded(credential["response"]["clientDataJSON"]))
        challenge = client_data["challenge"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AnswerRefused from None
    # A page in somebody else's frame says so. Ours are never framed.
    if not isinstance(challenge, str) or client_data.get("crossOrigin") or "topOrigin" in client_data:
        raise AnswerRefused
    return challenge


def check_registration(credential: Credential, *, challenge: str, party: RelyingParty) -> NewCredential:
    """Return the new credential of a registration's answer; raise ``AnswerRefused``."""
    import webauthn.helpers.cose  # noqa: PLC0415 - saves a start of auth 86 modules, and few requests need it

    try:
        attestation = webauthn.base64url_to_bytes(credential["response"]["attestationObject"])
        _check_format(webauthn.helpers.parse_attestation_object(attestation).fmt)
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=[
                webauthn.helpers.cose.COSEAlgorithmIdentifier(number) for number in ALGORITHMS
            ],
        )
    except Exception:
        raise AnswerRefused from None
    credential_id = webauthn.helpers.bytes_to_base64url(verified.credential_id)
    if len(verified.credential_id) > _LARGEST_CREDENTIAL_ID or credential_id != credential["id"]:
        raise AnswerRefused
    return NewCredential(
        id=credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        backed_up=verified.credential_backed_up,
    )


def _check_format(attestation: str) -> None:
    """Refuse the formats that hold certificates: nothing is decided by them, and parsing them is a risk."""
    if attestation not in _ATTESTATIONS:
        raise AnswerRefused


def check_assertion(
    credential: Credential, *, challenge: str, party: RelyingParty, public_key: bytes
) -> Assertion:
    """Return what a login's answer proves; raise ``AnswerRefused``. The caller compares the counter."""
    import webauthn  # noqa: PLC0415 - as above

    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        raise AnswerRefused from None
    return Assertion(verified.new_sign_count, verified.credential_backed_up)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
