"""What is left of a booking once one of its sides is erased."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import Secret

from greenroom.actors import CLOCK, Role
from greenroom.bookings import actions
from greenroom.bookings.documents import terms_document
from greenroom.bookings.erasure import without_person
from greenroom.bookings.model import Booking, PaymentState, State
from greenroom.bookings.outcomes import Outcome
from greenroom.bookings.refusals import IllegalTransition
from greenroom.bookings.transitions import transition
from tests.unit.bookings.samples import (
    AGENT_ID,
    BUYER_ID,
    END,
    NOW,
    POLICY,
    booking,
    payment,
    terms,
    with_proposal,
)

SECRET, PSEUDONYM = "My flat above the bakery", "erased_1"
WRITTEN = {"venue": SECRET, "brief": SECRET, "budget": 77}
TEXTS = terms(rider=SECRET, usage_rights=SECRET)
OVER = [State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED, State.COMPLETED, State.CONFIRMED]
CONCLUDED = {State.CONFIRMED, State.CANCELLED, State.COMPLETED}


def erased(before: Booking, side: Role = Role.BUYER) -> Outcome:
    return transition(before, actions.Erase(side, PSEUDONYM), CLOCK, END, POLICY)


@pytest.mark.parametrize("state", OVER)
def test_a_buyer_goes_with_what_the_buyer_wrote(state: State) -> None:
    before = booking(state, **WRITTEN)

    outcome = erased(before)

    after = outcome.booking
    assert (after.buyer_id, after.venue, after.brief, after.budget) == (PSEUDONYM, "", "", None)
    assert {paid.client_secret for paid in after.payments} <= {Secret("")}
    assert (outcome.event.actor, outcome.event.reason) == (CLOCK, "")
    assert outcome.event.changes == {"side": "buyer"}


@pytest.mark.parametrize("state", OVER)
def test_what_accounting_and_the_other_side_need_stays(state: State) -> None:
    before = booking(state, **WRITTEN)
    gone: dict[str, Any] = {"buyer_id": "", "venue": "", "brief": "", "budget": None, "version": 0}
    gone["payments"] = ()

    after = erased(before).booking

    assert replace(after, **gone) == replace(before, **gone)
    assert [replace(paid, client_secret=Secret("")) for paid in before.payments] == list(after.payments)


@pytest.mark.parametrize("state", OVER)
def test_an_agent_goes_and_the_buyers_words_stay(state: State) -> None:
    before = booking(state, **WRITTEN)

    assert erased(before, Role.AGENT).booking == replace(
        before, agent_id=PSEUDONYM, version=before.version + 1
    )


@pytest.mark.parametrize("state", OVER)
def test_the_words_of_terms_stay_where_they_became_a_contract(state: State) -> None:
    after = erased(booking(state, terms=TEXTS)).booking

    assert after.terms == (TEXTS if state in CONCLUDED else terms())


def test_nobody_is_left_to_answer_a_proposed_time() -> None:
    after = erased(with_proposal(booking(State.CONFIRMED), deadline=END)).booking

    assert (after.proposal, after.turn, after.deadline) == (None, None, None)


@pytest.mark.parametrize("state", [State.REQUESTED, State.OFFERED, State.AWAITING_PAYMENT])
def test_who_is_still_waited_for_stays(state: State) -> None:
    with pytest.raises(IllegalTransition):
        erased(booking(state))


def test_an_engagement_that_is_not_over_keeps_its_sides() -> None:
    with pytest.raises(IllegalTransition):
        transition(booking(State.CONFIRMED), actions.Erase(Role.BUYER, PSEUDONYM), CLOCK, NOW, POLICY)


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.FAILED])
def test_who_may_still_have_paid_for_an_expired_booking_is_waited_for(state: PaymentState) -> None:
    with pytest.raises(IllegalTransition):
        erased(booking(State.EXPIRED, payments=(payment(state=state),)))
    assert erased(booking(State.WITHDRAWN, payments=(payment(state=state),)))


@pytest.mark.parametrize("state", OVER)
def test_the_log_keeps_what_happened_and_forgets_who_and_why(state: State) -> None:
    item = {
        "actor": {"role": "buyer", "id": BUYER_ID},
        "reason": SECRET,
        "type": "countered",
        "changes": {"terms": terms_document(TEXTS), "state": "offered"},
    }

    blanked = without_person(item, booking(state), user_id=BUYER_ID, pseudonym=PSEUDONYM)

    words = TEXTS if state in CONCLUDED else terms()
    assert blanked == {
        "actor": {"role": "buyer", "id": PSEUDONYM},
        "reason": "",
        "type": "countered",
        "changes": {"terms": terms_document(words), "state": "offered"},
    }
    assert without_person(blanked, booking(state), user_id=BUYER_ID, pseudonym=PSEUDONYM) == blanked


def test_what_the_other_side_said_stays() -> None:
    item = {"actor": {"role": "agent", "id": AGENT_ID}, "reason": "She is ill", "changes": {}}

    assert without_person(item, booking(State.DECLINED), user_id=BUYER_ID, pseudonym=PSEUDONYM) == item
