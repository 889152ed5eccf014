"""What clients send to and get from the identity routes."""

from typing import Annotated, Literal

from pydantic import Secret, StringConstraints

from greenroom.actors import Role
from greenroom.identity.clock import from_epoch
from greenroom.identity.grants import Grant
from greenroom.identity.principal import Principal
from greenroom.identity.sessions import Session
from greenroom.identity.users import User
from greenroom.shapes import Body, Name, Revealed, View

Address = Annotated[str, StringConstraints(min_length=1, max_length=254)]
"""An e-mail address; what it must look like is decided by the rules of identity."""

Password = Secret[Annotated[str, StringConstraints(max_length=1024)]]
"""Bounded here against abuse only; a new one must have 8 to 128 characters."""

Token = Secret[Annotated[str, StringConstraints(min_length=1, max_length=200)]]
"""A token that we gave out."""


Code = Secret[Annotated[str, StringConstraints(min_length=1, max_length=40)]]
"""Of the authenticator app, or a recovery code."""


class RegistrationBody(Body):
    """A new account."""

    email: Address
    password: Password
    display_name: Name


class TokenBody(Body):
    """The token of a mail."""

    token: Token


class LoginBody(Body):
    """Who says to be whom. ``totp_code`` is of the authenticator app, or a recovery code."""

    email: Address
    password: Password
    totp_code: Code | None = None


class RefreshBody(Body):
    """The refresh token that has not been used."""

    refresh_token: Token


class AddressBody(Body):
    """An e-mail address."""

    email: Address


class NewPasswordBody(Body):
    """The token of a mail, and the password that shall hold from now on."""

    token: Token
    new_password: Password


class PasswordChangeBody(Body):
    """The password that holds, and the one that shall."""

    current_password: Password
    new_password: Password
    end_other_sessions: bool


class ProfileBody(Body):
    """What users may change of their own accounts."""

    display_name: Name


class RoleBody(Body):
    """What a user shall be. Nobody becomes an admin here."""

    role: Literal[Role.BUYER, Role.AGENT]


class SessionView(View):
    """A login that goes on."""

    id: str
    created_at: str
    """When the login was, RFC 3339 in UTC."""
    refreshed_at: str
    """When it was last continued; at first the login."""
    expires_at: str
    current: bool
    """Whether it is the session of this very request."""


class SessionsView(View):
    """All of them, newest first."""

    items: list[SessionView]


class TokensView(View):
    """The tokens of a session. ``expires_in`` is the access token's life in seconds."""

    access_token: Revealed
    refresh_token: Revealed
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme's name
    expires_in: int

    @classmethod
    def of(cls, grant: Grant) -> "TokensView":
        """Show what a login or a refresh gave."""
        return cls(
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_in=grant.expires_in,
        )


class MeView(View):
    """One's own account."""

    id: str
    email: str
    display_name: str
    role: Role
    email_verified: bool
    created_at: str
    """RFC 3339 in UTC."""


class JwkView(View):
    """A public key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class JwksView(View):
    """The public keys whose access tokens are accepted."""

    keys: list[JwkView]


class MailedView(View):
    """The same for every address."""

    message: str = "A mail to the address says how to go on."


class RegisteredView(View):
    """The same for every address."""

    message: str = "If the address can be registered, a mail to it says how to go on."


def me_view(user: User) -> MeView:
    """Show an account to its owner."""
    return MeView(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        role=user.role,
        email_verified=user.verified,
        created_at=user.created_at,
    )


def session_view(session: Session, principal: Principal) -> SessionView:
    """Show a session to its user."""
    return SessionView(
        id=session.id,
        created_at=from_epoch(session.authenticated_at),
        refreshed_at=from_epoch(session.refreshed_at),
        expires_at=from_epoch(session.expires_at),
        current=session.id == principal.session_id,
    )
