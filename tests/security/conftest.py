"""The running systems for all attacks: one without limits, and one as guarded as a deployed stage.

A system is costly to start. Two workers share the work: one takes the matrix of who may do what, which is
half of it, the other all the rest.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.backstage import Backstage
from tests.security.canary import Canary, listening
from tests.security.cast import Cast
from tests.security.visitors import ORIGIN, SECOND_ORIGIN, Visitors
from tests.support.client import Client
from tests.support.system import RunningSystem, running_system

_HERE = Path(__file__).parent
_MATRIX = ("test_api1_", "test_api3_", "test_api5_")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            group = "security-matrix" if item.path.name.startswith(_MATRIX) else "security"
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def client(system: RunningSystem) -> Iterator[Client]:
    """Speaks with the system without limits; each answer is held against the document."""
    with Client(system) as made:
        yield made


@pytest.fixture(scope="session")
def backstage(system: RunningSystem) -> Backstage:
    return Backstage(system)


@pytest.fixture(scope="session")
def cast(client: Client, backstage: Backstage) -> Cast:
    return Cast(client, backstage)


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    """What nobody may ever visit."""
    with listening() as found:
        yield found


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system with its limits on and two origins allowed."""
    settings = {"RATE_LIMITS": "on", "CORS_ORIGINS": f"{ORIGIN},{SECOND_ORIGIN}"}
    data = tmp_path_factory.mktemp("guarded") / "data"
    with running_system(data, environment=settings) as running:
        yield running


@pytest.fixture(scope="session")
def visitors(guarded: RunningSystem) -> Iterator[Visitors]:
    """Visitors of the guarded system, each from an address of its own."""
    made = Visitors(guarded)
    yield made
    made.close()
