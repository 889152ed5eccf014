"""What the booking rules refuse."""

from greenroom.refusals import Refusal


class IllegalTransition(Refusal):
    """The booking's state does not allow the action."""

    status, code, title = 409, "illegal_transition", "The booking's state does not allow this"


class NotYourTurn(Refusal):
    """The other side has to answer first."""

    status, code, title = 409, "not_your_turn", "It is the other side's turn"


class TermsChanged(Refusal):
    """The terms that the caller means are not the newest."""

    status, code, title = 409, "terms_changed", "These are not the newest terms"


class Expired(Refusal):
    """The booking's deadline has passed."""

    status, code, title = 409, "expired", "The deadline has passed"


class ExceedsCaptured(Refusal):
    """More should go back than was taken and is still kept."""

    status, code, title = 422, "exceeds_captured", "That is more than is left of what was paid"


class WrongSide(Refusal):
    """The action belongs to the other side of the booking, never to the caller's."""

    status, code, title = 403, "forbidden", "Your side of the booking may not do this"
