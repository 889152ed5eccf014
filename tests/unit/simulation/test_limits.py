"""A meter lets no span of its length have more than its limit, a bucket no more than it was given."""

from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.limits import Bucket, Meter

GAPS = st.lists(st.tuples(st.floats(0, 0.7), st.integers(1, 6)), max_size=60)


@given(GAPS)
def test_no_second_has_more_than_the_limit(asked: list[tuple[float, int]]) -> None:
    meter, now, given_out = Meter(10), 0.0, list[tuple[float, int]]()
    for gap, units in asked:
        now += gap
        if meter.take(units, now):
            given_out.append((now, units))

    sums = [sum(u for at, u in given_out if begin <= at < begin + 1) for begin, _ in given_out]
    assert max(sums, default=0) <= 10
    assert meter.peak == max(sums, default=0)
    assert meter.refused == len(asked) - len(given_out)


def test_what_there_is_room_for_is_given() -> None:
    meter = Meter(10)

    assert [meter.take(6, 0.0), meter.take(4, 0.5), meter.take(1, 0.9), meter.take(6, 1.0)] == [
        True,
        True,
        False,
        True,
    ]
    assert (meter.first_refused, meter.refused) == (0.9, 1)


@given(st.lists(st.floats(0, 0.5), max_size=60))
def test_a_bucket_gives_what_it_held_and_was_given_and_no_more(gaps: list[float]) -> None:
    bucket, now, taken = Bucket(rate=5, size=3), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)

        assert taken <= 3 + 5 * now + 1e-6


def test_a_full_bucket_lets_a_burst_through_and_fills_again() -> None:
    bucket = Bucket(rate=2, size=3)

    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1.0) for _ in range(3)] == [True, True, False]
