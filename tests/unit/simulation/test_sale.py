"""A sale in simulated time: whoever comes, nothing is sold twice, lost or let through past a limit."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenroom.calendar.days import live_claims
from tests.simulation.functions import instant
from tests.simulation.limits import PARTITION_READS, PARTITION_WRITES
from tests.simulation.on_sale import COLUMNS, SCENARIOS, Row, main, sweep
from tests.simulation.sale import Sale, Scenario
from tests.simulation.settings import Assumed, Deployed

DEPLOYED = st.builds(
    Deployed,
    requests=st.integers(2, 500),
    burst=st.integers(1, 1000),
    bookings=st.integers(1, 50),
    catalog=st.integers(1, 50),
    outbox=st.integers(1, 20),
    warm=st.integers(0, 20),
    flood=st.integers(10, 600),
)
SALES = st.builds(
    Scenario,
    name=st.just("any"),
    buyers=st.integers(1, 25),
    slots=st.integers(1, 24),
    days=st.integers(1, 3),
    seconds=st.floats(0.01, 5),
    shared_address=st.booleans(),
    in_order=st.booleans(),
    deployed=DEPLOYED,
    assumed=st.builds(
        Assumed, patience=st.integers(1, 5), mails_a_second=st.integers(1, 20), serialised=st.booleans()
    ),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SALES, st.integers(0, 1000))
def test_whoever_comes_everything_adds_up(scenario: Scenario, seed: int) -> None:
    sale = Sale(scenario, seed).run()
    service, tables, stream = sale.service, sale.tables, sale.stream

    # Nothing is sold twice, nor what is not for sale, and what was sold is held.
    starts = [start for start, _ in sale.sold]
    assert len(starts) == len(set(starts))
    assert set(starts) <= set(sale.for_sale)
    held = live_claims(tables.days.values(), instant(0))
    assert {claim.booking_id for claim in held} == {booking_id for _, booking_id in sale.sold}
    assert not any(one.interval.overlaps(other.interval) for one, other in combinations(held, 2))

    # Everybody and everything ends in one way.
    assert sum(sale.ended.values()) == scenario.buyers
    assert sale.ended["won"] == len(sale.sold) == sale.paid
    assert sum(service.answers.values()) == service.offered.count
    happened = tables.happened
    assert happened["transaction"] == happened["commit"] + happened["outdated"] + happened["conflict"]
    assert happened["commit"] == 3 * len(sale.sold)

    # No limit is passed.
    for partition in (*tables.base, tables.by_agent, *tables.by_due, tables.catalogue):
        assert partition.writes.peak <= PARTITION_WRITES
        assert partition.reads.peak <= PARTITION_READS
    for function in service.functions.values():
        assert function.peak <= function.most
        assert function.running == 0
    assert stream.peak <= scenario.deployed.outbox
    assert stream.provider.peak <= scenario.assumed.mails_a_second

    # Every event is told, those of one booking in their order.
    for _, booking_id in sale.sold:
        told = [record.version for record in stream.delivered if record.booking_id == booking_id]
        assert told == [1, 2, 3]
    assert len(stream.delivered) == 3 * len(sale.sold)


def test_a_seed_always_ends_the_same_and_another_one_otherwise() -> None:
    scenario = Scenario(name="one day", buyers=100, slots=24, seconds=1)

    first, again, other = (Row.of(Sale(scenario, seed).run()) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_in_a_calm_sale_nobody_is_refused() -> None:
    (calm,) = (scenario for scenario in SCENARIOS if scenario.name == "calm")

    row = Row.of(Sale(calm, 1).run())

    assert (row.sold, row.twice) == (20, 0)
    assert row.taken + row.contended + row.limited + row.throttled + row.gave_up == 0


def test_a_rush_sells_every_slot_though_most_lose() -> None:
    (one_day,) = (scenario for scenario in SCENARIOS if scenario.name == "one day in one second")

    row = Row.of(Sale(replace(one_day, buyers=300), 1).run())

    assert (row.sold, row.twice, row.gave_up) == (24, 0, 0)
    assert row.taken > 0


def test_whoever_knows_the_slots_takes_them_from_the_first_to_the_last() -> None:
    scenario = Scenario(
        name="in order", buyers=3, slots=6, seconds=60, in_order=True, assumed=Assumed(patience=9)
    )

    sale = Sale(scenario, 3).run()

    assert [start for start, _ in sale.sold] == sale.for_sale[:3]


def test_people_behind_one_address_use_its_quota_up_together() -> None:
    shared = Scenario(name="one address", buyers=120, slots=24, seconds=5, shared_address=True)

    alone, together = (
        Row.of(Sale(replace(shared, shared_address=address), 1).run()) for address in (False, True)
    )

    assert alone.limited == 0
    assert together.limited > 0
    assert together.gave_up > 0


def test_a_warm_rush_waits_for_no_sandbox() -> None:
    cold = Scenario(name="rush", buyers=200, slots=24, seconds=0.5)

    started, waiting = (
        Row.of(Sale(replace(cold, deployed=deployed), 1).run())
        for deployed in (Deployed.of(), Deployed.of().warmed())
    )

    assert started.p95 > 1000 > waiting.p95


def test_the_command_prints_a_row_for_what_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--buyers", "5", "--slots", "3", "--seconds", "1", "--seed", "2"])

    head, _, row = (
        [cell.strip() for cell in line.split("|")] for line in capsys.readouterr().out.splitlines()
    )
    found = dict(zip(head, row, strict=True))
    assert (found["sold"], found["twice"]) == ("3", "0")
    assert len(head) == len(COLUMNS) + 3


def test_a_day_of_more_slots_than_hours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--buyers", "5", "--slots", "25"])

    assert "24 slots" in capsys.readouterr().err


def test_the_sweep_tells_the_first_rate_at_which_each_limit_is_met() -> None:
    found = dict(sweep(1, seconds=0.4, rates=(20, 400)))

    assert found["as prod is"]["sandboxes of catalog"][0] == 400
    assert "sandboxes of catalog" not in found["all raised"]
