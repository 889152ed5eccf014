"""The settings of what checks tokens, and of what issues them."""

from typing import Annotated

from pydantic import Field

from greenroom.settings import Names, Seconds, Settings

KeyIds = Annotated[Names, Field(min_length=1)]


class TokenSettings(Settings):
    """For every function that takes access tokens."""

    limits_table: str
    token_key_ids: KeyIds
    """Keys whose tokens are accepted; the first one signs."""
    token_issuer: str
    token_audience: str


class IdentitySettings(TokenSettings):
    """For the function that keeps accounts and issues tokens."""

    identity_table: str
    public_url: str
    """Where the links in mails lead, without a trailing slash."""
    mail_from: str
    access_token_seconds: Seconds = 600
    session_seconds: Seconds = 30 * 24 * 3600
    verify_email_seconds: Seconds = 24 * 3600
