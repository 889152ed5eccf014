"""The routes of the authenticator app, the second factor of a login by password."""

from greenroom.gateway.answers import NoContent, Ok
from greenroom.gateway.routes import SIGNED_IN
from greenroom.identity.factor_refusals import InvalidCode, TotpAlreadyOn, TotpNotStarted
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import FreshLoginRequired
from greenroom.shapes import Body, Revealed, View

from .services import Services
from .shapes import Code
from .table import routes

_TOTP = "/v1/auth/mfa/totp"


class CodeBody(Body):
    """The six digits that the authenticator shows."""

    code: Code


class TotpView(View):
    """What an authenticator app takes: the URI as a picture, or the secret by hand."""

    secret: Revealed
    """In base 32."""
    otpauth_uri: Revealed


class RecoveryCodesView(View):
    """What opens the account when the authenticator is lost. Shown once."""

    recovery_codes: list[Revealed]


@routes.route("POST", _TOTP, access=SIGNED_IN, verified=True, errors=(FreshLoginRequired, TotpAlreadyOn))
def begin_totp(principal: Principal, app: Services) -> Ok[TotpView]:
    """Begin to set up an authenticator app, within 5 minutes of a login.

    Nothing changes until a code of it is confirmed, within 10 minutes. Beginning again gives another secret.
    """
    begun = app.factors.totp.begin(principal)
    return Ok(body=TotpView(secret=begun.secret, otpauth_uri=begun.uri))


@routes.route(
    "POST",
    f"{_TOTP}/confirm",
    access=SIGNED_IN,
    verified=True,
    errors=(FreshLoginRequired, TotpAlreadyOn, TotpNotStarted, InvalidCode),
)
def confirm_totp(body: CodeBody, principal: Principal, app: Services) -> Ok[RecoveryCodesView]:
    """Switch the second factor on by a first code, which is used by that.

    Each of the recovery codes stands in for a code once. All other sessions end, and the owner is told by
    mail.
    """
    return Ok(body=RecoveryCodesView(recovery_codes=app.factors.totp.confirm(principal, body.code)))


@routes.route("DELETE", _TOTP, access=SIGNED_IN, errors=(FreshLoginRequired,))
def remove_totp(principal: Principal, app: Services) -> NoContent:
    """Switch the second factor off, within 5 minutes of a login.

    All other sessions end, and the owner is told by mail.
    """
    app.factors.totp.remove(principal)
    return NoContent()
