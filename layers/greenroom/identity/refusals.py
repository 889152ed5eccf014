"""The refusals of identity. None says more than a stranger may know."""

from greenroom.refusals import InvalidInput, Refusal


class InvalidCredentials(Refusal):
    """No such account, a wrong password or a disabled account: one answer for all."""

    status, code, title = 401, "invalid_credentials", "The e-mail address or the password is wrong"


class InvalidToken(Refusal):
    """A one-time token is unknown, used, outdated or void: one answer for all."""

    status, code, title = 400, "invalid_token", "The token is not valid, or not any more"


class WeakPassword(InvalidInput):
    """The password is too short, too long or too easily guessed."""

    status, code, title = 422, "weak_password", "The password is not acceptable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, field="password")


class InvalidEmail(InvalidInput):
    """Not an address that mail can be sent to."""

    def __init__(self) -> None:
        super().__init__("must be an e-mail address", field="email")
