"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, a new one every 30 seconds)."""

import re

import pyotp
from pyotp.exceptions import OTPVerificationError

STEP_SECONDS = 30
WINDOW = 1
"""By how many steps a phone's clock may be off, either way."""

_ISSUER = "Greenroom"
_FORM = re.compile(r"[0-9]{6}")


def new_totp_secret() -> str:
    """Return 160 random bits in base 32, as authenticator apps take them."""
    return pyotp.random_base32(32)


def otpauth_uri(secret: str, account: str) -> str:
    """Return what an authenticator app scans. ``account`` is what the app shows it under."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER)


def matching_step(secret: str, code: str, now: int) -> int | None:
    """Return the time step that ``code`` belongs to, None when it is none of now's (epoch seconds)."""
    if not _FORM.fullmatch(code):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=WINDOW)
    except OTPVerificationError:
        return None
