"""Offers, answers and other times: turns, versions of terms, and what moves when."""

from dataclasses import replace
from typing import Any

import pytest

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import ClaimChange, State
from greenroom.bookings.negotiation import MOST_TERMS
from greenroom.bookings.refusals import IllegalTransition, NotYourTurn, TermsChanged
from greenroom.bookings.terms import InvalidTerms
from greenroom.calendar.intervals import Interval
from greenroom.refusals import InvalidInput
from tests.unit.bookings.samples import (
    AGENT,
    BUYER,
    DAY,
    END,
    NOW,
    START,
    after,
    booking,
    offer,
    step,
    with_proposal,
)

LATER = actions.ProposeReschedule(start=START + DAY, time_zone="Europe/Madrid", reason="a clash")


def test_the_turn_goes_to_and_fro() -> None:
    requested = booking(State.REQUESTED)
    assert requested.turn is Role.AGENT

    offered = after(requested, (AGENT, offer()))
    countered = after(offered, (BUYER, offer(fee=90_000)))
    again = after(countered, (AGENT, offer(fee=110_000)))

    assert [each.turn for each in (offered, countered, again)] == [Role.BUYER, Role.AGENT, Role.BUYER]
    assert after(again, (BUYER, actions.Accept(3))).turn is None


@pytest.mark.parametrize(("turn", "other"), [(Role.BUYER, AGENT), (Role.AGENT, BUYER)])
@pytest.mark.parametrize("action", [offer(), actions.Accept(1)], ids=["counter", "accept"])
def test_who_has_just_spoken_waits_for_the_answer(turn: Role, other: Actor, action: actions.Action) -> None:
    with pytest.raises(NotYourTurn):
        step(booking(State.OFFERED, turn=turn), action, other)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_only_the_newest_terms_can_be_accepted(version: int) -> None:
    offered = after(booking(State.REQUESTED), (AGENT, offer()), (BUYER, offer(fee=90_000)))

    with pytest.raises(TermsChanged) as refused:
        step(offered, actions.Accept(version), AGENT)

    assert refused.value.field == "terms_version"
    assert after(offered, (AGENT, actions.Accept(2))).state is State.AWAITING_PAYMENT


def test_a_number_of_terms_is_never_used_twice_even_after_a_dropped_proposal() -> None:
    confirmed = booking(State.CONFIRMED)

    dropped = after(confirmed, (AGENT, LATER), (BUYER, actions.DeclineReschedule()))
    proposed = after(dropped, (BUYER, LATER))

    assert dropped.terms == confirmed.terms
    assert proposed.proposal
    assert proposed.proposal.terms.version == proposed.terms_versions == 3


def test_the_terms_of_a_booking_are_written_a_bounded_number_of_times() -> None:
    """One side alone could else propose and take back without end, each time with a letter to the other."""
    last = booking(State.CONFIRMED, terms_versions=MOST_TERMS - 1)
    full = booking(State.CONFIRMED, terms_versions=MOST_TERMS)
    offered = booking(State.OFFERED, terms_versions=MOST_TERMS)

    assert after(last, (BUYER, LATER)).terms_versions == MOST_TERMS
    for before, actor, action in ((full, BUYER, LATER), (full, AGENT, LATER), (offered, BUYER, offer())):
        with pytest.raises(IllegalTransition):
            step(before, action, actor)
    assert after(offered, (BUYER, actions.Accept(1))).state is State.AWAITING_PAYMENT


def test_an_offer_carries_what_was_offered_and_the_platform_s_share_of_the_fee() -> None:
    offered = step(
        booking(State.REQUESTED),
        offer(fee=100_001, rider="water", usage_rights="none", message="hello"),
        AGENT,
    )

    terms = offered.booking.terms
    assert terms
    assert (terms.fee, terms.total, terms.commission) == (100_001, 105_001, 10_000)
    assert (terms.rider, terms.usage_rights, terms.start, terms.end) == ("water", "none", START, END)
    assert offered.event.reason == "hello"
    assert offered.event.changes["terms"]["version"] == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"currency": "USD"}, "currency"),
        ({"deposit": 125_001}, "deposit"),
        ({"fee": -1}, "fee"),
        ({"travel": -1}, "travel"),
        ({"start": NOW}, "start"),
    ],
)
def test_contradictory_offers_are_refused_by_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTerms) as refused:
        step(booking(State.REQUESTED), offer(**wrong), AGENT)

    assert (refused.value.field, refused.value.status) == (field, 422)


@pytest.mark.parametrize("name", ["fee", "travel", "deposit"])
def test_what_no_card_can_pay_is_not_offered(name: str) -> None:
    in_dinars = booking(State.REQUESTED, currency="KWD")

    with pytest.raises(InvalidInput) as refused:
        step(in_dinars, offer(currency="KWD", **{name: 1_005}), AGENT)

    assert refused.value.field == name


def test_an_offer_of_another_time_moves_the_claim_and_keeps_the_duration() -> None:
    moved = step(booking(State.OFFERED), offer(start=START + DAY, time_zone="Asia/Tokyo"), BUYER)

    assert moved.claim is ClaimChange.TAKE
    assert moved.booking.interval == Interval(START + DAY, END + DAY)
    assert moved.booking.time_zone == "Asia/Tokyo"
    assert moved.event.changes["start"] == "2026-12-02T18:00:00Z"


def test_a_counter_at_the_same_time_claims_anew_to_hold_as_long_as_the_new_offer() -> None:
    assert step(booking(State.OFFERED), offer(), BUYER).claim is ClaimChange.TAKE


def test_a_proposed_other_time_moves_nothing_until_it_is_accepted() -> None:
    confirmed = booking(State.CONFIRMED)

    proposed = step(confirmed, LATER, AGENT)

    assert proposed.claim is ClaimChange.KEEP
    assert proposed.booking.interval == confirmed.interval
    assert (proposed.booking.terms, proposed.booking.time_zone) == (confirmed.terms, confirmed.time_zone)
    assert proposed.booking.turn is Role.BUYER
    assert (proposed.event.reason, proposed.event.changes["time_zone"]) == ("a clash", "Europe/Madrid")


def test_an_accepted_other_time_moves_the_claim_the_terms_and_the_zone_that_was_meant() -> None:
    proposed = after(booking(State.CONFIRMED), (AGENT, LATER))

    moved = step(proposed, actions.Accept(2), BUYER)

    assert moved.claim is ClaimChange.TAKE
    assert moved.booking.interval == Interval(START + DAY, END + DAY)
    assert moved.booking.time_zone == "Europe/Madrid"
    assert moved.booking.terms == proposed.proposal.terms  # type: ignore[union-attr]
    assert (moved.booking.proposal, moved.booking.turn, moved.booking.deadline) == (None, None, None)


@pytest.mark.parametrize("version", [1, 3])
def test_another_time_is_accepted_by_the_version_of_its_terms(version: int) -> None:
    with pytest.raises(TermsChanged):
        step(with_proposal(booking(State.CONFIRMED)), actions.Accept(version), BUYER)


def test_nobody_accepts_his_own_proposal() -> None:
    with pytest.raises(NotYourTurn):
        step(with_proposal(booking(State.CONFIRMED), by=Role.AGENT), actions.Accept(2), AGENT)


@pytest.mark.parametrize("action", [actions.Accept(1), actions.DeclineReschedule()])
def test_without_a_proposal_there_is_nothing_to_answer(action: actions.Action) -> None:
    with pytest.raises(IllegalTransition):
        step(booking(State.CONFIRMED), action, BUYER)


def test_only_the_side_whose_turn_it_is_answers_a_proposal_with_another() -> None:
    proposed = with_proposal(booking(State.CONFIRMED), by=Role.AGENT)

    with pytest.raises(NotYourTurn):
        step(proposed, LATER, AGENT)
    answered = step(proposed, LATER, BUYER).booking

    assert answered.proposal
    assert (answered.proposal.by, answered.proposal.terms.version) == (Role.BUYER, 3)


@pytest.mark.parametrize("actor", [BUYER, AGENT])
def test_a_proposal_is_refused_by_one_side_or_taken_back_by_the_other(actor: Actor) -> None:
    proposed = with_proposal(booking(State.CONFIRMED))

    dropped = after(proposed, (actor, actions.DeclineReschedule()))

    assert dropped == replace(proposed, proposal=None, turn=None, deadline=None, version=proposed.version + 1)


def test_no_other_time_is_proposed_in_the_past_or_for_an_engagement_that_has_begun() -> None:
    with pytest.raises(InvalidTerms):
        step(booking(State.CONFIRMED), replace(LATER, start=NOW), BUYER)
    with pytest.raises(IllegalTransition):
        step(booking(State.CONFIRMED), LATER, BUYER, START)
