"""Why somebody cannot be erased yet."""

from greenroom.refusals import Refusal


class EngagementsOpen(Refusal):
    """Somebody waits for the person, or for money."""

    status, code, title = 409, "engagements_open", "There are engagements to be kept, or money is on its way"


class RosterNotEmpty(Refusal):
    """People would be left without their agent."""

    status, code, title = 409, "roster_not_empty", "The roster has to be handed over first"
