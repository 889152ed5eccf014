"""The rule of a sliding limit against a model that looks at every window."""

from hypothesis import given
from hypothesis import strategies as st

from greenroom.limits.policies import GENERAL, Policy, Spacing
from greenroom.limits.standing import opens_at, seconds_until, standing

SMALL = Policy(name="small", limit=4, seconds=1)
SPACED = Policy(name="spaced", limit=6, seconds=1, spacing=(Spacing(2, 100), Spacing(4, 300)))
GAPS = st.lists(st.integers(0, 700), min_size=1, max_size=60)


def _admitted(policy: Policy, gaps: list[int]) -> list[int]:
    """Return which of the requests, each so long after the one before it, are let in; oldest first."""
    now, hits = 10_000, list[int]()
    for gap in gaps:
        now += gap
        if opens_at(policy, hits) <= now:
            hits.insert(0, now)
    return hits[::-1]


@given(GAPS)
def test_no_window_wherever_it_begins_holds_more_than_the_limit(gaps: list[int]) -> None:
    admitted = _admitted(SMALL, gaps)

    for first in admitted:
        assert sum(first <= hit < first + SMALL.window for hit in admitted) <= SMALL.limit


@given(GAPS)
def test_nobody_is_denied_while_fewer_than_the_limit_are_inside(gaps: list[int]) -> None:
    now, kept = 10_000, list[int]()
    for gap in gaps:
        now += gap
        if sum(hit > now - SMALL.window for hit in kept) < SMALL.limit:
            kept.append(now)

    assert kept == _admitted(SMALL, gaps)


@given(GAPS)
def test_a_denied_caller_is_let_in_at_the_moment_that_it_is_told_and_not_before(gaps: list[int]) -> None:
    hits = _admitted(SPACED, gaps)[::-1]
    opens = opens_at(SPACED, hits)

    def allowed(now: int) -> bool:
        inside = sum(hit > now - SPACED.window for hit in hits)
        spaced = all(inside < each.after or hits[0] <= now - each.gap for each in SPACED.spacing)
        return inside < SPACED.limit and spaced

    assert allowed(max(opens, hits[0]))
    if opens > hits[0]:
        assert not allowed(opens - 1)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_after_the_told_seconds_the_moment_is_past_and_a_second_less_would_not_do(
    moment: int, now: int
) -> None:
    seconds = seconds_until(moment, now)

    assert now + seconds * 1000 >= moment
    assert seconds == 1 or now + (seconds - 1) * 1000 < moment


def test_what_is_left_comes_back_when_the_oldest_hit_leaves_the_window() -> None:
    first = standing(GENERAL, [1_000_000], 1_000_000)
    later = standing(GENERAL, [1_600_000, 1_000_000], 1_600_000)
    again = standing(GENERAL, [1_900_001, 1_600_000, 1_000_000], 1_900_001)

    assert (first.remaining, first.reset) == (99, 900)
    assert (later.remaining, later.reset) == (98, 300)
    assert (again.remaining, again.reset) == (98, 600)


def test_after_half_of_the_general_quota_requests_are_spaced_and_ever_more_so() -> None:
    def gap(hits: int) -> int:
        return max(0, opens_at(GENERAL, [1_000_000] * hits) - 1_000_000)

    assert [gap(n) for n in (49, 50, 59, 60, 70, 80, 90, 99)] == [0, 500, 500, 1000, 2000, 4000, 8000, 8000]
    assert gap(100) == GENERAL.window
