"""The way to a function: firewall, gateway, sandboxes as fast as Lambda makes them, and our own quota."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from greenroom.calendar.refusals import SlotTaken
from greenroom.limits.policies import GENERAL
from greenroom.storage.contention import RETRY_AFTER, CalendarBusy
from stacks.sizes import FEED, RESERVED, Provisioned
from stacks.stages import all_stages
from tests.simulation.clock import Clock, Waits
from tests.simulation.functions import Answer, Function, Service, SimulatedHits
from tests.simulation.settings import Assumed, Deployed

DEPLOYED = Deployed(requests=500, burst=1000, bookings=50, catalog=100, outbox=20, warm=3, flood=600)


def work(seconds: float = 0.05) -> Waits[str]:
    yield seconds
    return "done"


def asked(
    deployed: Deployed = DEPLOYED,
    *,
    times: int = 1,
    address: str = "",
    caller: str = "",
    doing: Callable[[], Waits[str]] = work,
) -> tuple[Service, list[Answer]]:
    """Ask so many times at once, each from an address and for a caller of its own if none is given."""
    clock, answers = Clock(), list[Answer]()
    service = Service(clock, deployed, Assumed(), lambda median: median)

    def ask(number: int) -> Waits[None]:
        answer = yield from service.ask(
            "bookings", address=address or f"a{number}", caller=caller or f"c{number}", work=doing
        )
        answers.append(answer)

    for number in range(times):
        clock.start(ask(number))
    clock.run()
    return service, answers


def test_the_settings_are_those_of_the_stage() -> None:
    (prod,) = (stage for stage in all_stages({}) if stage.name == "prod")
    deployed = Deployed.of("prod")

    assert isinstance(prod.warm_start, Provisioned)
    assert (deployed.requests, deployed.burst) == (prod.requests_per_second, prod.burst)
    assert (deployed.warm, deployed.flood) == (prod.warm_start.least, prod.flood_per_minute)
    assert (deployed.bookings, deployed.catalog) == (RESERVED["bookings"], RESERVED["catalog"])
    assert deployed.feed == FEED


def test_those_for_whom_a_sandbox_waits_do_not_wait_for_one() -> None:
    service, answers = asked(times=4)

    assert sorted(round(answer.seconds, 3) for answer in answers) == [0.055, 0.055, 0.055, 1.255]
    assert service.functions["bookings"].started == 1


def test_a_function_has_no_more_sandboxes_than_it_may() -> None:
    service, answers = asked(times=80)

    assert service.functions["bookings"].peak == 50
    assert service.answers == {"ok": 50, "sandboxes of bookings": 30}
    assert {answer.retry_after for answer in answers if answer.kind != "ok"} == {1}


def test_lambda_makes_a_thousand_sandboxes_at_once_and_then_a_hundred_a_second() -> None:
    clock = Clock()
    function = Function("bookings", clock, Assumed(), 5000, SimulatedHits())

    assert sum(function.sandbox() is not None for _ in range(1500)) == 1000
    clock.now = 1.0
    assert sum(function.sandbox() is not None for _ in range(1500)) == 100


def test_the_gateway_lets_a_burst_through_and_no_more() -> None:
    service, _ = asked(replace(DEPLOYED, burst=10, warm=50), times=30)

    assert service.answers == {"ok": 10, "gateway": 20}


def test_the_firewall_refuses_an_address_of_its_own() -> None:
    service, _ = asked(replace(DEPLOYED, flood=7, warm=50), times=20, address="one")

    assert service.answers == {"ok": 7, "firewall": 13}


def test_the_quota_is_ours_and_says_when_to_come_again() -> None:
    service, answers = asked(replace(DEPLOYED, bookings=500, warm=500), times=120, caller="one")

    # Half of it as fast as one likes; what comes after that comes too early.
    assert service.answers == {"ok": GENERAL.spacing[0].after, "quota of one caller": 70}
    assert all((answer.retry_after or 0) >= 1 for answer in answers if answer.kind != "ok")


@pytest.mark.parametrize(
    ("refusal", "kind", "again"),
    [
        (SlotTaken(), "slot_taken", None),
        (CalendarBusy(retry_after=RETRY_AFTER), "races for one day", RETRY_AFTER),
    ],
)
def test_what_the_desk_refuses_is_told(refusal: Exception, kind: str, again: int | None) -> None:
    def refuse() -> Waits[str]:
        yield 0.01
        raise refusal

    service, (answer,) = asked(doing=refuse)

    assert (answer.kind, answer.retry_after) == (kind, again)
    assert service.functions["bookings"].running == 0
