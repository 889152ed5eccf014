"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, a new one every 30 seconds)."""

import re

import pyotp
from pydantic import Secret
from pyotp.exceptions import OTPVerificationError

STEP_SECONDS = 30
WINDOW = 1
"""By how many steps a phone's clock may be off, either way."""

_ISSUER = "Greenroom"
_FORM = re.compile(r"[0-9]{6}")


def new_totp_secret() -> Secret[str]:
    """Return 160 random bits in base 32, as authenticator apps take them."""
    return Secret(pyotp.random_base32(32))


def otpauth_uri(secret: Secret[str], account: str) -> Secret[str]:
    """Return what an authenticator app scans. ``account`` is what the app shows it under."""
    app = pyotp.TOTP(secret.get_secret_value())
    return Secret(app.provisioning_uri(name=account, issuer_name=_ISSUER))


def matching_step(secret: Secret[str], code: Secret[str], now: int) -> int | None:
    """Return the time step that ``code`` belongs to, None when it is none of now's (epoch seconds).

    Spaces in a code do not count.
    """
    digits = code.get_secret_value().replace(" ", "")
    if not _FORM.fullmatch(digits):
        return None
    try:
        return pyotp.TOTP(secret.get_secret_value()).verify_and_get_timecode(
            digits, for_time=now, valid_window=WINDOW
        )
    except OTPVerificationError:
        return None
