"""A headless Chromium, and pages that record whatever a page must not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Return the browser's executable; without one skip the test, but fail it in CI."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium was found, and in CI the pages must be tested")
    pytest.skip("no Chromium was found on this machine: the pages are not tested")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run the browser. No event loop may be entered in this thread meanwhile."""
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()


@dataclass(slots=True)
class Watched:
    """A page, and what it did: its complaints, the dialogs it opened, and the addresses it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def foreign(self, base_url: str) -> list[str]:
        """Return what it asked of other hosts."""
        return [url for url in self.asked if not url.startswith((f"{base_url}/", "data:", "blob:"))]


def watch(page: Page) -> Watched:
    """Record what the page does from now on."""
    watched = Watched(page)
    page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda request: watched.asked.append(request.url))

    def dismiss(dialog: object) -> None:
        watched.dialogs.append(str(getattr(dialog, "message", "")))
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    return watched
