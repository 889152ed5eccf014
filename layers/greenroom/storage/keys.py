"""Every key of every table, built here and nowhere else."""

from datetime import date
from hashlib import sha256
from typing import NamedTuple

from pydantic import Secret


class Key(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


def digest(value: str) -> str:
    """Return the hex SHA-256 of a value that must not be stored itself."""
    return sha256(value.encode()).hexdigest()


def secret_digest(secret: Secret[str]) -> str:
    """Return the same of a secret."""
    return digest(secret.get_secret_value())


# identity
def user(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "PROFILE")


def session(user_id: str, session_id: str) -> Key:
    return Key(f"USER#{user_id}", f"SESSION#{session_id}")


def email_owner(folded_email: str) -> Key:
    return Key(f"EMAIL#{digest(folded_email)}", "OWNER")


def refresh_token(token: Secret[str]) -> Key:
    return Key(f"REFRESH#{secret_digest(token)}", "TOKEN")


def verify_token(token: Secret[str]) -> Key:
    return Key(f"VERIFY#{secret_digest(token)}", "TOKEN")


def one_time_token(purpose: str, token: Secret[str]) -> Key:
    return Key(f"{purpose}#{secret_digest(token)}", "TOKEN")


def newest_token(purpose: str, subject: str) -> Key:
    """The one token of a subject (an address, a user) that still counts."""
    return Key(f"{purpose}#{digest(subject)}", "NEWEST")


def second_factor(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "SECOND_FACTOR")


def pending_totp(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "PENDING_TOTP")


def passkey(user_id: str, passkey_id: str) -> Key:
    return Key(f"USER#{user_id}", f"PASSKEY#{passkey_id}")


def credential_owner(credential_id: str) -> Key:
    return Key(f"CREDENTIAL#{digest(credential_id)}", "OWNER")


def challenge(challenge_text: str) -> Key:
    return Key(f"CHALLENGE#{digest(challenge_text)}", "CHALLENGE")


# limits
def live_session(session_id: str) -> Key:
    return Key(f"SESSION#{session_id}", "SESSION")


def quota(policy: str, subject: str) -> Key:
    return Key(f"QUOTA#{policy}#{subject}", "QUOTA")


# catalog
LISTING = "CATALOG"
LISTING_VERSION = Key(LISTING, "#VERSION")


def celebrity(celebrity_id: str) -> Key:
    return Key(f"CELEBRITY#{celebrity_id}", "PROFILE")


def schedule(celebrity_id: str) -> Key:
    return Key(f"CELEBRITY#{celebrity_id}", "SCHEDULE")


def celebrity_versions(celebrity_id: str) -> Key:
    """The versions of the two above: small, and read with every look at them."""
    return Key(f"CELEBRITY#{celebrity_id}", "#VERSIONS")


def slug(value: str) -> Key:
    return Key(f"SLUG#{value}", "OWNER")


def listing_row(celebrity_id: str) -> Key:
    return Key(LISTING, celebrity_id)


def roster(agent_id: str) -> Key:
    """The ids of an agent's celebrities."""
    return Key(f"AGENT#{agent_id}", "ROSTER")


# bookings
def day(celebrity_id: str, utc_day: date) -> Key:
    return Key(f"DAY#{celebrity_id}", utc_day.isoformat())


def block(celebrity_id: str, block_id: str) -> Key:
    return Key(f"BLOCKS#{celebrity_id}", block_id)


def erasure(user_id: str) -> Key:
    return Key(f"ERASURE#{user_id}", "JOB")


def upload(upload_id: str) -> Key:
    return Key(f"UPLOAD#{upload_id}", "UPLOAD")


def booking(booking_id: str) -> Key:
    return Key(f"BOOKING#{booking_id}", "BOOKING")


def event(booking_id: str, version: int) -> Key:
    return Key(f"BOOKING#{booking_id}", f"EVENT#{version:06d}")


def sent(booking_id: str, version: int, channel: str) -> Key:
    return Key(f"BOOKING#{booking_id}", f"SENT#{version:06d}#{channel}")


def provider_event(event_id: str) -> Key:
    return Key(f"PROVIDER_EVENT#{event_id}", "EVENT")


def idempotency(scope_digest: str) -> Key:
    return Key(f"IDEMPOTENCY#{scope_digest}", "RESULT")
