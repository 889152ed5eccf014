"""What letters state of terms, deadlines and money, so that one can answer without opening the booking."""

from typing import Any

import pytest

from greenroom.actors import Role
from greenroom.bookings.terms import Exclusivity
from greenroom.cancellation import Tier
from greenroom.messaging.announcements import announcement
from greenroom.messaging.letters import write_letter
from tests.unit.messaging.scenes import PUBLIC_URL, event_item, some_booking, written_terms

POLICY = (Tier(30, 10_000), Tier(0, 5_000))


def stated(kind: str, changes: dict[str, Any], side: Role = Role.AGENT, **booking: Any) -> list[str]:
    announced = announcement(event_item(kind, changes=changes))
    told = some_booking(**booking)
    return write_letter(announced, told, side, name="Bo", public_url=PUBLIC_URL).text.split("\n")


@pytest.mark.parametrize("kind", ["offered", "countered"])
def test_an_offer_is_told_whole_with_the_version_to_accept_and_the_time_to_answer(kind: str) -> None:
    terms = written_terms(
        version=3,
        rider="Two pianos\nand tea",
        exclusivity=Exclusivity(80, 1),
        usage_rights="one year online",
        cancellation_policy=POLICY,
    )

    lines = stated(kind, {"terms": terms, "deadline": "2026-11-05T09:00:00Z"})

    for line in (
        "Terms: version 3",
        "Fee: 1,200.00 EUR",
        "Travel: 50.00 EUR",
        "Total: 1,250.00 EUR",
        "Deposit: 250.00 EUR",
        "Balance: 1,000.00 EUR",
        "Rider: Two pianos and tea",
        "Exclusivity: no other engagement within 80 km, 1 day before and after",
        "Usage rights: one year online",
        "Refund if the buyer cancels: 100% until 30 days before the start, 50% until the start",
        "Answer by: Thursday 5 November 2026, 10:00 (UTC+01:00, Europe/Paris)",
    ):
        assert line in lines


def test_what_the_terms_do_not_hold_is_not_mentioned() -> None:
    lines = stated("offered", {"terms": written_terms(travel=0)})

    labels = {line.partition(":")[0] for line in lines}
    assert not labels & {"Fee", "Travel", "Rider", "Exclusivity", "Usage rights"}
    assert "Refund if the buyer cancels: none" in lines


def test_another_time_is_proposed_with_the_version_to_accept_the_refund_and_the_time_to_answer() -> None:
    terms = written_terms(version=4, cancellation_policy=(Tier(1, 2_000),))

    lines = stated("reschedule_proposed", {"terms": terms, "deadline": "2026-11-09T09:00:00Z"})

    assert "Terms: version 4, as before but for the time" in lines
    assert "Refund if the buyer cancels: 20% until 1 day before the start" in lines
    assert "Answer by: Monday 9 November 2026, 10:00 (UTC+01:00, Europe/Paris)" in lines


def test_a_request_names_the_budget() -> None:
    assert "Budget: 3,000.00 EUR" in stated("requested", {}, budget=300_000)
    assert not [line for line in stated("requested", {}) if line.startswith("Budget")]


@pytest.mark.parametrize(
    ("kind", "changes", "line"),
    [
        ("refund_ordered", {"refund": 12_300}, "Refund: 123.00 EUR"),
        ("cancelled", {"refund": 12_300}, "Refund: 123.00 EUR"),
        ("payment_disputed", {"amount": 25_000}, "Disputed: 250.00 EUR"),
        ("dispute_closed", {"won": True, "taken_back": 0}, "Decision: for the house"),
        ("dispute_closed", {"won": False, "taken_back": 25_000}, "Decision: for the buyer"),
        ("dispute_closed", {"won": False, "taken_back": 25_000}, "Returned to the buyer: 250.00 EUR"),
    ],
)
def test_money_that_moves_is_told_with_its_amount(kind: str, changes: dict[str, Any], line: str) -> None:
    assert line in stated(kind, changes)
