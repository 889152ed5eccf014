"""The simulation and the real desk end the same rush alike; how many tries each took is for people to see."""

import pytest

from tests.simulation.against import Counting, rush, simulated
from tests.support.memory_dynamodb import MemoryDynamoDB


@pytest.mark.parametrize("conflicting", [False, True])
def test_the_real_desk_and_the_simulation_end_a_rush_alike(conflicting: bool) -> None:
    client = Counting(MemoryDynamoDB(), conflicting)

    real = rush(client, 6, 3)
    made = simulated(client.assumed(), 6, 3, seed=1)

    for found in (real, made):
        assert (found["sold"], found["taken"]) == (3, 12)
        assert found["commit"] == 3
        assert found["transaction"] == found["commit"] + found["outdated"] + found["conflict"]
    assert not (real["conflict"] + made["conflict"]) or conflicting
