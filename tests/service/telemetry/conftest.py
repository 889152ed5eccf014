"""Error reports over their real transport, to an ingest of the test's own."""

from collections.abc import Callable, Iterator

import pytest

from greenroom.settings import Settings
from greenroom.telemetry import errors
from tests.support.ingest import Ingest, running_ingest
from tests.support.reports import close

Configure = Callable[..., None]
"""Takes settings by their environment's names, in place of or beside the ordinary ones."""


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with running_ingest() as running:
        yield running


@pytest.fixture
def configure(ingest: Ingest) -> Iterator[Configure]:
    """Configure error reports, as often as a test wants to; undone at the end."""

    def again(**settings: str) -> None:
        errors.configure(Settings.read({"STAGE": "test"}))
        close()
        told = {"STAGE": "test", "SERVICE_VERSION": "7.1", "SENTRY_DSN": ingest.dsn}
        errors.configure(Settings.read(told | settings))

    yield again
    errors.configure(Settings.read({"STAGE": "test"}))
    close()


@pytest.fixture
def reported(configure: Configure, ingest: Ingest) -> Ingest:
    """An ingest to which everything is reported."""
    configure()
    return ingest
