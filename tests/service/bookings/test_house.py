"""Any deeds, by callers whose clocks are up to two minutes wrong and who overtake one another.

The same machine must fall when a day document is written without the condition on its version: otherwise
it would prove nothing about the one thing that keeps two buyers apart.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from greenroom.storage import contention, days
from greenroom.storage.writes import Put
from tests.service.bookings.house import MOST_SKEW, Deed, House

SECONDS = int(MOST_SKEW.total_seconds())
SKEWS = st.integers(-SECONDS, SECONDS).map(lambda seconds: timedelta(seconds=seconds))
MANNERS = ["repeat", "be_late", "look_in"]
"""Which promise nothing to who is overtaken between two of their calls."""
NAMES = [*["book"] * 3, "book_what_is_free", *["offer", "accept"] * 2, "propose", "end"]
NAMES += [*["pay", "deliver"] * 2, "sweep", "give_back", "dispute", *MANNERS]
DEEDS: st.SearchStrategy[Deed] = st.tuples(st.sampled_from(NAMES), st.integers(0, 23), st.integers(0, 11))
WAITS = st.sampled_from([1, 1, 13, 14, 15, 60, 24 * 60]).map(lambda minutes: timedelta(minutes=minutes))


class FullHouse(RuleBasedStateMachine):
    """The house, with whatever may happen in it."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House()

    @rule(deeds=st.lists(st.tuples(DEEDS, SKEWS), min_size=2, max_size=6))
    def act(self, deeds: list[tuple[Deed, timedelta]]) -> None:
        for deed, skew in deeds:
            self.house.do(deed, skew)
            self.house.check()

    @rule(slow=DEEDS, fast=DEEDS, skews=st.tuples(SKEWS, SKEWS), rivals=st.booleans())
    def overtake(self, slow: Deed, fast: Deed, skews: tuple[timedelta, timedelta], *, rivals: bool) -> None:
        if slow[0] not in ("book_what_is_free", *MANNERS):
            fast = (fast[0], slow[1], fast[2]) if rivals else fast
            self.house.do(slow, skews[0], lambda: self.house.do(fast, skews[1]))

    @rule(wait=WAITS)
    def wait(self, wait: timedelta) -> None:
        self.house.world.clock.advance(wait)

    @invariant()
    def nothing_is_wrong(self) -> None:
        self.house.check()

    def teardown(self) -> None:
        self.house.settle()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "_BASE_SECONDS", 0)


def _run(examples: int, **more: Any) -> None:
    run_state_machine_as_test(
        FullHouse,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            # Shrinking a story of this length may take longer than a test may: add it to look into a failure.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            **more,
        ),
    )


def test_live_claims_never_overlap_and_every_engagement_has_its_whole_time() -> None:
    _run(40)


def test_without_the_condition_on_a_day_s_version_it_all_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    conditional = days.put
    monkeypatch.setattr(days, "put", lambda table, document: Put(table, conditional(table, document).item))

    with pytest.raises(AssertionError):
        _run(40, derandomize=True, database=None, print_blob=False)
