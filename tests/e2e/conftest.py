"""A browser for the end-to-end tests of pages; all of them share the worker's one system."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Watched, running_browser, watch
from tests.support.system import RunningSystem

_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run them all: the system is one."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module; it ends with it, as its event loop would be in the way of others."""
    with running_browser() as running:
        yield running


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A new page in a context of its own, with everything it does recorded."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield watch(context.new_page())
    context.close()


@pytest.fixture
def console(watched: Watched, system: RunningSystem) -> Watched:
    """The console, open and running."""
    watched.page.goto(f"{system.base_url}/")
    expect(watched.page.locator("#pulse")).to_have_text("running")
    return watched
