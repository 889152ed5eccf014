"""The settings of what checks tokens, and of what issues them."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from greenroom.limits.settings import LimitSettings
from greenroom.settings import Names, Origins, Seconds

from .relying_party import RelyingParty

KeyIds = Annotated[Names, Field(min_length=1)]
DomainName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]


class TokenSettings(LimitSettings):
    """For every function that takes access tokens."""

    token_key_ids: KeyIds
    """Keys whose tokens are accepted; the first one signs."""
    token_issuer: str
    token_audience: str


class IdentitySettings(TokenSettings):
    """For the function that keeps accounts and issues tokens."""

    identity_table: str
    bookings_table: str
    catalog_table: str
    cursor_secret_id: str
    public_url: str
    """Where the links in mails lead, without a trailing slash."""
    mail_from: str
    access_token_seconds: Seconds = 600
    session_seconds: Seconds = 30 * 24 * 3600
    """How long a session lasts at most, however much it is used."""
    session_idle_seconds: Seconds = 7 * 24 * 3600
    """How long it lasts without being refreshed."""
    most_sessions: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many sessions of one account live at the same time: one more login ends the oldest."""
    verify_email_seconds: Seconds = 24 * 3600
    reset_seconds: Seconds = 10 * 60
    change_email_seconds: Seconds = 60 * 60
    webauthn_rp_id: DomainName | None = None
    """The domain that passkeys are made for; None for that of ``public_url``."""
    webauthn_origins: Origins = ()
    """The pages that may ask for passkeys; empty for that of ``public_url``."""

    @field_validator("webauthn_origins")
    @classmethod
    def _of_the_domain(cls, origins: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        party = RelyingParty.of(told.data.get("webauthn_rp_id"), origins, told.data.get("public_url", ""))
        if not all(map(party.covers, origins)):
            raise ValueError("each must be https and of the domain that passkeys are made for, or below it")
        return origins

    @property
    def relying_party(self) -> RelyingParty:
        """Whose passkeys this stage makes."""
        return RelyingParty.of(self.webauthn_rp_id, self.webauthn_origins, self.public_url)
