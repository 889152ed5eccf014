"""The refusals of identity. None says more than a stranger may know."""

from greenroom.refusals import InvalidInput, Refusal


class InvalidCredentials(Refusal):
    """No such account, a wrong password or a disabled account: one answer for all."""

    status, code, title = 401, "invalid_credentials", "The e-mail address or the password is wrong"


class FreshLoginRequired(Refusal):
    """The session is good, but what was asked for needs one that began minutes ago: log in again."""

    status, code, title = 403, "fresh_login_required", "This needs a login of the last 5 minutes"


class InvalidToken(Refusal):
    """A one-time token is unknown, used, outdated or void: one answer for all."""

    status, code, title = 400, "invalid_token", "The token is not valid, or not any more"


class WeakPassword(InvalidInput):
    """The password is too short, too long or too easily guessed."""

    status, code, title = 422, "weak_password", "The password is not acceptable"

    def __init__(self, detail: str, *, field: str = "password") -> None:
        super().__init__(detail, field=field)


class InvalidEmail(InvalidInput):
    """Not an address that mail can be sent to."""

    def __init__(self) -> None:
        super().__init__("must be an e-mail address", field="email")


class OperatorOnly(Refusal):
    """Admins are made and unmade by the operator's command, so that one stolen session cannot do either."""

    status, code, title = 409, "operator_only", "Only the operator can change the account of an admin"


class AddressUnproven(Refusal):
    """Anybody could have registered the address of this account."""

    status, code, title = 409, "user_not_verified", "The e-mail address of that account is not verified"
