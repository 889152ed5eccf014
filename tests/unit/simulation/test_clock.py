"""Simulated time goes forwards, and those who wait for the same moment come in the order of their start."""

import pytest

from tests.simulation.clock import Clock, Waits


def test_processes_run_in_the_order_of_time_then_of_their_start() -> None:
    clock, seen = Clock(), list[tuple[float, str]]()

    def process(name: str, *waits: float) -> Waits[None]:
        for wait in waits:
            yield wait
            seen.append((clock.now, name))

    clock.start(process("slow", 3.0))
    clock.start(process("twice", 1.0, 2.0))
    clock.start(process("late", 0.5), after=1.0)
    clock.run()

    assert seen == [(1.0, "twice"), (1.5, "late"), (3.0, "slow"), (3.0, "twice")]


def test_nothing_begins_in_the_past() -> None:
    clock = Clock()

    def process() -> Waits[None]:
        yield -1.0

    clock.start(process())

    with pytest.raises(ValueError, match="past"):
        clock.run()
