"""What the main journeys ask of the tables, step by step, and that the costs are reckoned from just that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import costs

ROOT = Path(__file__).resolve().parents[2]
MARGIN = 1.02

BUDGETS = {
    "list celebrities (20)": (2, 1, 0),
    "availability (7 days)": (2, 1, 0),
    "book": (2, 0, 13),
    "start payment": (3, 2, 14),
    "payment captured": (3, 1, 15),
    "ask for an offer": (2, 0, 9),
    "offer": (2, 0, 10),
    "counter-offer": (2, 0, 10),
    "accept": (2, 0, 9),
    "marks of three mails": (9, 3, 6),
}
"""By step: round trips, read units and write units, indexes included; admission is not part of a step."""
BOOKING = ("list celebrities (20)", "availability (7 days)", "book", "start payment", "payment captured")
NEGOTIATION = ("ask for an offer", "offer", "counter-offer", "accept")
MAILS = "marks of three mails"

Units = dict[str, tuple[float, float, float]]


@pytest.fixture(scope="module")
def units() -> Units:
    """Count in a process of its own, as ``make units`` does."""
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.units"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.rsplit(None, 3) for line in outcome.stdout.splitlines()[1:]]
    return {name: (float(trips), float(read), float(write)) for name, trips, read, write in rows}


def test_no_step_asks_more_of_the_tables_than_it_did(units: Units) -> None:
    for name, counted in units.items():
        print(f"{name}: {counted} of {BUDGETS[name]}: round trips, read units, write units")

    assert units.keys() == BUDGETS.keys()
    assert not [
        name
        for name, counted in units.items()
        if any(count > most * MARGIN for count, most in zip(counted, BUDGETS[name], strict=True))
    ]


def test_the_costs_are_reckoned_from_the_units_that_are_counted(units: Units) -> None:
    def total(kind: int, *steps: str) -> float:
        return sum(units[step][kind] for step in steps)

    a_mail = [units[MAILS][kind] / 3 for kind in (1, 2)]
    assert max(total(1, step) for step in BOOKING[:2]) == costs.READS_A_READ
    assert total(1, *BOOKING, MAILS) == costs.READS_A_BOOKING
    assert total(2, *BOOKING, MAILS) == costs.WRITES_A_BOOKING
    assert total(1, *NEGOTIATION) + costs.MAILS_A_NEGOTIATION * a_mail[0] == costs.READS_A_NEGOTIATION
    assert total(2, *NEGOTIATION) + costs.MAILS_A_NEGOTIATION * a_mail[1] == costs.WRITES_A_NEGOTIATION
