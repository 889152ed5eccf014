"""The routes of identity."""

from greenroom.gateway.answers import Accepted, NoContent, Ok
from greenroom.gateway.routes import ADMIN, PUBLIC, SIGNED_IN, Limit
from greenroom.identity.clock import epoch
from greenroom.identity.factor_refusals import MfaRequired
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import (
    AddressUnproven,
    FreshLoginRequired,
    InvalidCredentials,
    InvalidToken,
    OperatorOnly,
    WeakPassword,
)
from greenroom.identity.sessions import Session
from greenroom.identity.users import User
from greenroom.refusals import NotFound, Unauthenticated

from . import link_pages, passkey_routes, privacy_routes, totp_routes
from .services import Services
from .shapes import (
    AddressBody,
    JwksView,
    JwkView,
    LoginBody,
    MailedView,
    MeView,
    NewPasswordBody,
    PasswordChangeBody,
    ProfileBody,
    RefreshBody,
    RegisteredView,
    RegistrationBody,
    RoleBody,
    SessionsView,
    TokenBody,
    TokensView,
    me_view,
    session_view,
)
from .table import routes

# Loading the other modules has declared their routes in the same table.
__all__ = ["link_pages", "passkey_routes", "privacy_routes", "routes", "totp_routes"]


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
    "POST",
    "/v1/auth/login",
    access=PUBLIC,
    limit=Limit.AUTHENTICATION,
    errors=(InvalidCredentials, MfaRequired),
)
def log_in(body: LoginBody, app: Services) -> Ok[TokensView]:
    """Log in by password.

    An unknown address, a wrong password, a wrong or used code and a disabled account get the same answer.
    Only after the right password `mfa_required` asks for the code of an account that has a second factor.
    """
    return Ok(body=TokensView.of(app.login.log_in(body.email, body.password, body.totp_code)))


@routes.route("POST", "/v1/auth/refresh", access=PUBLIC, limit=Limit.GENERAL, errors=(Unauthenticated,))
def refresh(body: RefreshBody, app: Services) -> Ok[TokensView]:
    """Continue a session.

    A refresh token works once, and its use gives the next. Using one again ends the session, unless it
    is the last one used, at most 10 seconds ago, and its successor has not been used: that is refused only.
    """
    return Ok(body=TokensView.of(app.refresh.refresh(body.refresh_token)))


@routes.route("POST", "/v1/auth/logout", access=SIGNED_IN)
def log_out(principal: Principal, app: Services) -> NoContent:
    """End this session. Its tokens are refused from now on."""
    app.leaving.one(principal.user_id, principal.session_id)
    return NoContent()


@routes.route("GET", "/v1/auth/sessions", access=SIGNED_IN)
def list_sessions(principal: Principal, app: Services) -> Ok[SessionsView]:
    """List one's own sessions, newest first."""
    found = app.sessions.of(principal.user_id, app.clock())
    items = [session_view(session, principal) for session in reversed(found)]
    return Ok(body=SessionsView(items=items))


@routes.route("DELETE", "/v1/auth/sessions", access=SIGNED_IN)
def end_sessions(principal: Principal, app: Services) -> NoContent:
    """End all of one's own sessions, this one too."""
    app.leaving.everywhere(principal.user_id)
    return NoContent()


def own_session(app: Services, principal: Principal, session_id: str) -> Session:
    """Return a live session of the caller's; raise ``NotFound``."""
    session = app.sessions.find(principal.user_id, session_id)
    if session is None or session.lapses_at <= epoch(app.clock()):
        raise NotFound
    return session


@routes.route("DELETE", "/v1/auth/sessions/{session_id}", access=SIGNED_IN, target=own_session)
def end_session(target: Session, app: Services) -> NoContent:
    """End one of one's own sessions, wherever it was begun."""
    app.leaving.one(target.user_id, target.id)
    return NoContent()


@routes.route("POST", "/v1/auth/password-reset", access=PUBLIC, limit=Limit.PASSWORD_RESET)
def ask_for_password_reset(body: AddressBody, app: Services) -> Accepted[MailedView]:
    """Ask for a new password.

    The answer is the same for every address: what follows is in a mail to it. Of the tokens mailed, only
    the newest works, once, for 10 minutes.
    """
    app.password_reset.request(body.email)
    return Accepted(body=MailedView())


@routes.route(
    "POST",
    "/v1/auth/password-reset/confirm",
    access=PUBLIC,
    limit=Limit.AUTHENTICATION,
    errors=(InvalidToken, WeakPassword),
)
def reset_password(body: NewPasswordBody, app: Services) -> NoContent:
    """Set a new password by the token of the mail.

    All sessions end. A second factor is not touched: the next login asks for it. A refused password
    leaves the token as it is.
    """
    app.password_reset.confirm(body.token, body.new_password)
    return NoContent()


@routes.route(
    "POST",
    "/v1/auth/password-change",
    access=SIGNED_IN,
    limit=Limit.AUTHENTICATION,
    errors=(InvalidCredentials, WeakPassword),
)
def change_password(body: PasswordChangeBody, principal: Principal, app: Services) -> NoContent:
    """Change one's own password. This session goes on; the owner is told by mail."""
    app.password_change.change(
        principal,
        current=body.current_password,
        new=body.new_password,
        end_other_sessions=body.end_other_sessions,
    )
    return NoContent()


@routes.route("GET", "/v1/me", access=SIGNED_IN)
def read_me(principal: Principal, app: Services) -> Ok[MeView]:
    """Read one's own account."""
    return Ok(body=me_view(app.profiles.read(principal.user_id)))


@routes.route("PATCH", "/v1/me", access=SIGNED_IN)
def change_me(body: ProfileBody, principal: Principal, app: Services) -> Ok[MeView]:
    """Change how one is called."""
    return Ok(body=me_view(app.profiles.rename(principal.user_id, body.display_name)))


@routes.route(
    "POST", "/v1/me/email", access=SIGNED_IN, limit=Limit.AUTHENTICATION, errors=(FreshLoginRequired,)
)
def ask_for_email_change(body: AddressBody, principal: Principal, app: Services) -> Accepted[MailedView]:
    """Ask for another e-mail address, within 5 minutes of a login.

    The answer is the same for every address. The account keeps its present one, whose owner is told,
    until the token of the mail to the new one comes back. Only the newest token works, once, for an hour.
    """
    app.email_change.request(principal, body.email)
    return Accepted(body=MailedView())


@routes.route(
    "POST",
    "/v1/me/email/confirm",
    access=SIGNED_IN,
    limit=Limit.AUTHENTICATION,
    errors=(InvalidToken,),
)
def change_email(body: TokenBody, principal: Principal, app: Services) -> NoContent:
    """Confirm the new e-mail address by the token of the mail, as the user who asked for it.

    The owner of the former address is told there.
    """
    app.email_change.confirm(principal, body.token)
    return NoContent()


def known_user(app: Services, principal: Principal, user_id: str) -> User:  # noqa: ARG001 - any admin may
    """Return a user; raise ``NotFound``."""
    user = app.users.by_id(user_id)
    if user is None:
        raise NotFound
    return user


@routes.route(
    "POST",
    "/v1/users/{user_id}/role",
    access=ADMIN,
    target=known_user,
    errors=(OperatorOnly, AddressUnproven),
)
def set_role(target: User, body: RoleBody, principal: Principal, app: Services) -> NoContent:
    """Make a user an agent, or a buyer again. It holds from the user's next request on."""
    app.administration.set_role(principal, target.id, body.role)
    return NoContent()


@routes.route("POST", "/v1/users/{user_id}/disable", access=ADMIN, target=known_user, errors=(OperatorOnly,))
def disable_user(target: User, principal: Principal, app: Services) -> NoContent:
    """End a user's sessions and let them begin no other."""
    app.administration.disable(principal, target.id)
    return NoContent()


@routes.route("POST", "/v1/users/{user_id}/enable", access=ADMIN, target=known_user, errors=(OperatorOnly,))
def enable_user(target: User, principal: Principal, app: Services) -> NoContent:
    """Let a disabled user log in again."""
    app.administration.enable(principal, target.id)
    return NoContent()


@routes.route("GET", "/.well-known/jwks.json", access=PUBLIC, limit=Limit.NONE)
def read_keys(app: Services) -> Ok[JwksView]:
    """Read the public keys of access tokens."""
    keys = [JwkView(**key) for key in app.keys.jwks()]
    return Ok(body=JwksView(keys=keys), headers={"Cache-Control": "public, max-age=300"})
