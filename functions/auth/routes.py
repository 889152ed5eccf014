"""The routes of identity."""

from greenroom.gateway.answers import Accepted, NoContent, Ok
from greenroom.gateway.routes import PUBLIC, SIGNED_IN, Limit, Routes
from greenroom.identity.grants import Grant
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import InvalidCredentials, InvalidToken, WeakPassword
from greenroom.refusals import Unauthenticated

from .services import Services
from .shapes import (
    JwksView,
    JwkView,
    LoginBody,
    MeView,
    RefreshBody,
    RegisteredView,
    RegistrationBody,
    TokenBody,
    TokensView,
)

routes = Routes("auth")


@routes.route("POST", "/v1/auth/register", access=PUBLIC, limit=Limit.AUTHENTICATION, errors=(WeakPassword,))
def register(body: RegistrationBody, app: Services) -> Accepted[RegisteredView]:
    """Register an account.

    The answer is the same for every address: what follows is in a mail to it. One can log in before the
    address is verified; what costs money needs it verified. Registering again sends the mail again.
    """
    app.registration.register(body.email, body.password, body.display_name)
    return Accepted(body=RegisteredView())


@routes.route(
    "POST", "/v1/auth/verify-email", access=PUBLIC, limit=Limit.AUTHENTICATION, errors=(InvalidToken,)
)
def verify_email(body: TokenBody, app: Services) -> NoContent:
    """Verify an e-mail address by the token of the mail.

    A token works once. The name and the password of the registration that it was mailed for are the
    account's from then on; sessions of another registration end.
    """
    app.registration.verify_email(body.token)
    return NoContent()


@routes.route(
    "POST", "/v1/auth/login", access=PUBLIC, limit=Limit.AUTHENTICATION, errors=(InvalidCredentials,)
)
def log_in(body: LoginBody, app: Services) -> Ok[TokensView]:
    """Log in by password.

    An unknown address, a wrong password and a disabled account get the same answer.
    """
    return Ok(body=_tokens(app.login.log_in(body.email, body.password)))


@routes.route("POST", "/v1/auth/refresh", access=PUBLIC, limit=Limit.GENERAL, errors=(Unauthenticated,))
def refresh(body: RefreshBody, app: Services) -> Ok[TokensView]:
    """Continue a session.

    A refresh token works once, and its use gives the next. Using one again ends the session, unless it
    is the last one used, at most 10 seconds ago, and its successor has not been used: that is refused only.
    """
    return Ok(body=_tokens(app.refresh.refresh(body.refresh_token)))


@routes.route("POST", "/v1/auth/logout", access=SIGNED_IN)
def log_out(principal: Principal, app: Services) -> NoContent:
    """End this session. Its tokens are refused from now on."""
    app.sessions.end(principal.user_id, principal.session_id)
    return NoContent()


@routes.route("GET", "/v1/me", access=SIGNED_IN)
def read_me(principal: Principal, app: Services) -> Ok[MeView]:
    """Read one's own account."""
    user = app.users.by_id(principal.user_id)
    if user is None:
        raise Unauthenticated
    return Ok(
        body=MeView(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            role=user.role,
            email_verified=user.verified,
            created_at=user.created_at,
        )
    )


@routes.route("GET", "/.well-known/jwks.json", access=PUBLIC, limit=Limit.NONE)
def read_keys(app: Services) -> Ok[JwksView]:
    """Read the public keys of access tokens."""
    keys = [JwkView(**key) for key in app.keys.jwks()]
    return Ok(body=JwksView(keys=keys), headers={"Cache-Control": "public, max-age=300"})


def _tokens(grant: Grant) -> TokensView:
    return TokensView(
        access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in
    )
