"""Bookings and events as stored items: nothing is lost on the way, and only what waits is indexed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from greenroom.actors import Role
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, State
from greenroom.bookings.records import DUE_SHARDS, booking_from, booking_item, due_shard, event_item
from greenroom.bookings.store import claim_of
from greenroom.calendar.intervals import Interval, format_instant
from greenroom.storage.items import decode_item, encode_item
from tests.unit.bookings.samples import (
    BUYER,
    END,
    HOUR,
    NOW,
    PAID,
    START,
    booking,
    offer,
    payment,
    refunded,
    step,
    with_proposal,
)

MANY = [
    *map(booking, State),
    booking(State.REQUESTED, venue="Olympia", brief="two\nlines", budget=0),
    booking(State.REQUESTED, budget=5_000_000),
    with_proposal(booking(State.CONFIRMED), by=Role.BUYER),
    booking(State.EXPIRED, payments=(refunded(PAID, settled=1, due=2), payment(number=2))),
]


@pytest.mark.parametrize("original", MANY, ids=lambda each: each.state.value)
def test_a_stored_booking_reads_back_as_it_was(original: Booking) -> None:
    stored = decode_item(encode_item(booking_item(original)))

    assert booking_from(stored) == original


@pytest.mark.parametrize("original", MANY, ids=lambda each: each.state.value)
def test_exactly_what_is_due_at_some_time_is_in_the_index_of_what_is_due(original: Booking) -> None:
    item, due = booking_item(original), booking_item(original, NOW)

    assert item.keys() & {"due_at", "due_shard"} == set()
    assert due == item | {"due_at": format_instant(NOW), "due_shard": due["due_shard"]}
    assert booking_from(decode_item(encode_item(due))) == original


def test_what_is_due_is_spread_over_all_shards() -> None:
    shards = {booking_item(booking(State.OFFERED, id=f"bkg_{n:026d}"), NOW)["due_shard"] for n in range(64)}

    assert shards == {due_shard(number) for number in range(DUE_SHARDS)}


def test_fractions_of_a_second_are_cut_off_alike_in_deadline_and_claim() -> None:
    fraction = timedelta(milliseconds=999)
    offered = booking(State.OFFERED)
    assert offered.deadline
    late = replace(offered, deadline=offered.deadline + fraction)

    assert booking_from(booking_item(late)).deadline == offered.deadline == claim_of(late).expires_at


def test_an_event_is_stored_with_where_it_left_the_booking() -> None:
    moved = step(booking(State.OFFERED), offer(start=START + HOUR, message="later?"), BUYER)

    item = event_item(moved.booking, moved.event, "evt_1")

    assert (item["pk"], item["sk"]) == (f"BOOKING#{moved.booking.id}", "EVENT#000004")
    assert (item["state"], item["start"], item["end"]) == (
        "offered",
        "2026-12-01T19:00:00Z",
        "2026-12-01T21:00:00Z",
    )
    assert (item["actor"], item["reason"]) == ({"role": "buyer", "id": BUYER.id}, "later?")
    assert (item["type"], item["at"]) == ("countered", "2026-11-02T09:00:00Z")
    assert item["changes"]["terms"]["version"] == 2


@pytest.mark.parametrize("state", [State.OFFERED, State.AWAITING_PAYMENT])
def test_an_open_booking_holds_its_time_with_buffers_until_its_deadline(state: State) -> None:
    held = claim_of(booking(state))

    assert held.interval == Interval(START - HOUR, END + HOUR / 2)
    assert (held.kind, held.expires_at) == ("hold", booking(state).deadline)


def test_a_confirmed_booking_keeps_its_time_even_while_a_proposal_has_a_deadline() -> None:
    held = claim_of(with_proposal(booking(State.CONFIRMED)))

    assert (held.kind, held.expires_at) == ("booking", None)


def test_a_confirmed_booking_with_a_proposal_is_swept_when_the_proposal_lapses() -> None:
    proposed = with_proposal(booking(State.CONFIRMED))
    accepted = step(proposed, actions.Accept(2), BUYER).booking

    assert booking_item(proposed)["deadline"] == "2026-11-09T09:00:00Z"
    assert "deadline" not in booking_item(accepted)
