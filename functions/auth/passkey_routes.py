"""The routes of passkeys: adding and removing one's own, and logging in by one."""

from greenroom.gateway.answers import NoContent, Ok
from greenroom.gateway.routes import PUBLIC, SIGNED_IN, Limit
from greenroom.identity.factor_refusals import InvalidPasskey, PasskeyRefused, TooManyPasskeys
from greenroom.identity.passkeys import Passkey
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import FreshLoginRequired

from .passkey_shapes import (
    CreationOptionsView,
    NewPasskeyBody,
    PasskeyLoginBody,
    PasskeysView,
    PasskeyView,
    RequestOptionsView,
    RequestView,
)
from .services import Services
from .shapes import TokensView
from .table import routes

_PASSKEYS = "/v1/auth/passkeys"


@routes.route(
    "POST",
    f"{_PASSKEYS}/register/begin",
    access=SIGNED_IN,
    verified=True,
    errors=(FreshLoginRequired, TooManyPasskeys),
)
def begin_passkey(principal: Principal, app: Services) -> Ok[CreationOptionsView]:
    """Begin to add a passkey, within 5 minutes of a login.

    The challenge works once, for 5 minutes, in this session.
    """
    made = app.factors.passkey_registration.begin(principal)
    return Ok(body=CreationOptionsView.of(made, app.factors.party))


@routes.route(
    "POST",
    f"{_PASSKEYS}/register/finish",
    access=SIGNED_IN,
    verified=True,
    errors=(FreshLoginRequired, InvalidPasskey, TooManyPasskeys),
)
def add_passkey(body: NewPasskeyBody, principal: Principal, app: Services) -> NoContent:
    """Add the passkey that the browser has made. The owner is told by mail."""
    app.factors.passkey_registration.finish(principal, body.credential.as_sent(), body.name)
    return NoContent()


@routes.route("POST", f"{_PASSKEYS}/login/begin", access=PUBLIC, limit=Limit.AUTHENTICATION)
def begin_passkey_login(app: Services) -> Ok[RequestOptionsView]:
    """Begin a login by passkey. Nobody is named: the authenticator knows whose it is.

    The challenge works once, for 5 minutes.
    """
    challenge = app.factors.passkey_login.begin()
    return Ok(body=RequestOptionsView(options=RequestView(challenge=challenge, rp_id=app.factors.party.id)))


@routes.route(
    "POST",
    f"{_PASSKEYS}/login/finish",
    access=PUBLIC,
    limit=Limit.AUTHENTICATION,
    errors=(PasskeyRefused,),
)
def log_in_by_passkey(body: PasskeyLoginBody, app: Services) -> Ok[TokensView]:
    """Log in by passkey. It counts as two factors: no code is asked for besides."""
    return Ok(body=TokensView.of(app.factors.passkey_login.finish(body.credential.as_sent())))


@routes.route("GET", _PASSKEYS, access=SIGNED_IN)
def list_passkeys(principal: Principal, app: Services) -> Ok[PasskeysView]:
    """List one's own passkeys, oldest first."""
    found = app.factors.passkeys.of(principal.user_id)
    return Ok(body=PasskeysView(items=[PasskeyView.of(passkey) for passkey in found]))


def own_passkey(app: Services, principal: Principal, passkey_id: str) -> Passkey:
    """Return a passkey of the caller's; raise ``NotFound``."""
    return app.factors.passkeys.find(principal.user_id, passkey_id)


@routes.route(
    "DELETE",
    f"{_PASSKEYS}/{{passkey_id}}",
    access=SIGNED_IN,
    target=own_passkey,
    errors=(FreshLoginRequired,),
)
def remove_passkey(target: Passkey, principal: Principal, app: Services) -> NoContent:
    """Remove one of one's own passkeys, within 5 minutes of a login.

    All other sessions end, and the owner is told by mail.
    """
    app.factors.passkey_registration.remove(principal, target.id)
    return NoContent()
