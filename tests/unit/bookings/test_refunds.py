"""What a cancellation returns: by policy, by who cancels, never more than was taken."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.actors import Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import Booking, PaymentKind, PaymentState, State
from greenroom.bookings.settlement import refund_on_cancel
from greenroom.cancellation import (
    CancellationPolicy,
    InvalidPolicy,
    Tier,
    cancellation_policy,
    refund_by_policy,
    tier_at,
)
from greenroom.money import share
from tests.unit.bookings.samples import (
    ADMIN,
    AGENT,
    BUYER,
    DAY,
    HALF_UNTIL_A_WEEK,
    PAID,
    START,
    booking,
    owed,
    payment,
    refunded,
    step,
    terms,
)

TICK = timedelta(microseconds=1)
BALANCE_PAID = replace(payment(PaymentKind.BALANCE), state=PaymentState.CAPTURED)


@st.composite
def policies(draw: st.DrawFn) -> CancellationPolicy:
    days = draw(st.lists(st.integers(0, 400), max_size=5, unique=True))
    shares = sorted(draw(st.lists(st.integers(0, 10_000), min_size=len(days), max_size=len(days))))
    return cancellation_policy(Tier(*tier) for tier in zip(sorted(days), shares, strict=True))


@pytest.mark.parametrize(
    ("left", "refund"),
    [
        (400 * DAY, 25_000),
        (30 * DAY, 25_000),
        (30 * DAY - TICK, 12_500),
        (7 * DAY, 12_500),
        (7 * DAY - TICK, 0),
        (timedelta(), 0),
        (-TICK, 0),
    ],
)
@pytest.mark.parametrize("actor", [BUYER, ADMIN])
def test_the_policy_decides_what_comes_back_to_the_second(left: timedelta, refund: int, actor: Actor) -> None:
    outcome = step(booking(State.CONFIRMED), actions.Cancel("rain"), actor, START - left)

    assert (outcome.booking.state, owed(outcome.booking.payments)) == (State.CANCELLED, [refund])
    assert (outcome.event.changes["refund"], outcome.event.reason) == (refund, "rain")


def test_an_agent_who_cancels_returns_everything_to_the_last() -> None:
    paid = booking(State.CONFIRMED, payments=(PAID, BALANCE_PAID))

    outcome = step(paid, actions.Cancel(), AGENT, START)

    assert owed(outcome.booking.payments) == [25_000, 100_000]


def test_a_refund_is_spread_over_the_payments_and_none_returns_more_than_it_took() -> None:
    paid = booking(State.CONFIRMED, payments=(PAID, BALANCE_PAID))

    outcome = step(paid, actions.Cancel(), BUYER, START - 10 * DAY)

    assert owed(outcome.booking.payments) == [25_000, 37_500]


def test_a_payment_that_went_back_whole_does_not_count_against_the_refund() -> None:
    again = replace(PAID, id="pay_again", honoured=False)
    plain = booking(State.CONFIRMED)
    for returned in (refunded(again, due=25_000), refunded(again, settled=25_000)):
        twice = replace(plain, payments=(PAID, returned))

        for left in (40 * DAY, 10 * DAY, DAY):
            now = START - left
            assert refund_on_cancel(twice, Role.BUYER, now) == refund_on_cancel(plain, Role.BUYER, now)
        assert refund_on_cancel(twice, Role.AGENT, START) == 25_000


def test_what_was_returned_in_part_is_not_returned_again() -> None:
    partly = booking(State.CONFIRMED, payments=(refunded(PAID, settled=5_000),))

    assert refund_on_cancel(partly, Role.BUYER, START - 10 * DAY) == 7_500
    assert refund_on_cancel(partly, Role.BUYER, START - DAY) == 0
    assert refund_on_cancel(partly, Role.AGENT, START - DAY) == 20_000


def _paid(amounts: list[tuple[int, int]], policy: CancellationPolicy) -> Booking:
    payments = tuple(
        refunded(replace(PAID, id=f"pay_{number}", amount=amount), settled=min(settled, amount))
        for number, (amount, settled) in enumerate(amounts)
    )
    return booking(State.CONFIRMED, payments=payments, terms=terms(cancellation_policy=policy))


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.sampled_from([0, 0, 1, 10**7])), max_size=3),
    policies(),
    st.sampled_from([BUYER, AGENT, ADMIN]),
    st.lists(st.integers(0, 450 * 24 * 60), min_size=2, max_size=4),
)
def test_a_refund_never_grows_as_the_start_nears_and_parts_sum_within_what_was_taken(
    amounts: list[tuple[int, int]], policy: CancellationPolicy, actor: Actor, minutes_left: list[int]
) -> None:
    paid = _paid(amounts, policy)
    refunds = []
    for left in sorted(minutes_left, reverse=True):
        cancelled = step(paid, actions.Cancel(), actor, START - timedelta(minutes=left))
        after = cancelled.booking
        refunds.append(sum(owed(after.payments)))
        assert cancelled.event.changes["refund"] == refunds[-1]
        assert 0 <= after.returned <= after.captured
        assert all(0 <= part.refunded + part.refund_due <= part.amount for part in after.payments)
    assert refunds == sorted(refunds, reverse=True)


@given(policies(), st.integers(0, 10**12), st.integers(0, 450 * 24 * 60))
def test_a_policy_returns_the_share_of_the_tier_with_the_most_days_still_left(
    policy: CancellationPolicy, captured: int, minutes_left: int
) -> None:
    left = timedelta(minutes=minutes_left)
    reached = [tier for tier in policy if left >= tier.days_before * DAY]
    best = max(reached, key=lambda tier: tier.days_before, default=None)

    assert tier_at(policy, START, START - left) == best
    expected = share(captured, best.refund_share) if best else 0
    assert refund_by_policy(policy, START, START - left, captured) == expected


@pytest.mark.parametrize(
    "tiers",
    [
        [Tier(7, 5_000), Tier(30, 4_999)],
        [Tier(7, 5_000), Tier(7, 5_000)],
        [Tier(7, 10_001)],
        [Tier(7, -1)],
        [Tier(-1, 0)],
        [Tier(3651, 0)],
    ],
)
def test_a_policy_by_which_waiting_pays_or_out_of_range_is_refused(tiers: list[Tier]) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        cancellation_policy(tiers)

    assert refused.value.field == "cancellation_policy"


def test_terms_never_hold_a_policy_by_which_waiting_pays() -> None:
    assert terms(cancellation_policy=HALF_UNTIL_A_WEEK[::-1]).cancellation_policy == HALF_UNTIL_A_WEEK
    with pytest.raises(InvalidPolicy):
        terms(cancellation_policy=(Tier(30, 0), Tier(7, 5_000)))
