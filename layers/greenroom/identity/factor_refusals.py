"""The refusals of second factors and passkeys."""

from greenroom.refusals import InvalidInput, Refusal


class MfaRequired(Refusal):
    """The password was right, and the account asks for a code besides."""

    status, code, title = 401, "mfa_required", "A code of your authenticator app is required"


class TotpAlreadyOn(Refusal):
    """The account has an authenticator; it has to be removed before another is added."""

    status, code, title = 409, "totp_already_on", "An authenticator app is set up already"


class TotpNotStarted(Refusal):
    """There is no secret that waits for its first code, or it waited too long."""

    status, code, title = 409, "totp_not_started", "Begin setting up the authenticator app first"


class InvalidCode(InvalidInput):
    """The code is not one that the authenticator shows now."""

    status, code, title = 422, "invalid_code", "The code is wrong"

    def __init__(self) -> None:
        super().__init__("is not the code of this moment", field="code")


class InvalidPasskey(Refusal):
    """What came back is no answer to a challenge of ours, or not from where it should: one answer for all."""

    status, code, title = 400, "invalid_passkey", "The passkey could not be registered"


class TooManyPasskeys(Refusal):
    """The account has as many passkeys as it may have."""

    status, code, title = 409, "too_many_passkeys", "The account has too many passkeys"


class PasskeyRefused(Refusal):
    """No such passkey, a wrong answer or a disabled account: one answer for all."""

    status, code, title = 401, "passkey_refused", "The passkey was not accepted"
