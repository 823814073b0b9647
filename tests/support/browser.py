"""A real browser for tests: Debian's Chromium, driven by Playwright, at the size of an office machine.

Every page is watched: what it writes on the console as an error, every script error, and every request that leaves the
loopback is a complaint, and a test with complaints fails unless it forgave them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, sync_playwright

ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to start as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OFFICE_SCREEN = (1366, 768)
OURS = {"127.0.0.1", "localhost", "::1"}
INSIDE_THE_BROWSER = {"data", "blob", "about", "chrome-error"}


class BrowserMissing(Exception):
    """There is no Chromium on this machine; the message says what to install."""


def find_chromium() -> str:
    """Return the path of Chromium. Raises BrowserMissing."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise BrowserMissing("no Chromium: apt-get install chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium for the length of a block. Raises BrowserMissing."""
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield chromium
        finally:
            chromium.close()


@dataclass
class Visits:
    """The people who look at our pages in one test: one browser context each, so that they may sign in side by side."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    """What the pages did that they should not, oldest first."""
    _contexts: list[BrowserContext] = field(default_factory=list)

    def begin(self, locale: str = "zh-CN") -> Page:
        """Return an empty page of a new person."""
        width, height = OFFICE_SCREEN
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(60_000)  # a loaded machine is no bug
        context.on("request", self._asks)
        context.on("console", self._says)
        context.on("weberror", lambda error: self._complain(f"script error: {error.error}"))
        self._contexts.append(context)
        return context.new_page()

    def forgive(self, words: str) -> None:
        """Drop complaints that contain *words*: a page answered 409 on purpose, say."""
        self.complaints = [complaint for complaint in self.complaints if words not in complaint]

    def end(self) -> None:
        """Close every person's pages."""
        for context in self._contexts:
            context.close()

    def _asks(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in INSIDE_THE_BROWSER and address.hostname not in OURS:
            self._complain(f"asked outside: {request.url}")

    def _says(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complain(f"console: {message.text} ({message.location.get('url', '')})")

    def _complain(self, complaint: str) -> None:
        self.complaints.append(complaint)


__all__ = ["ARGUMENTS", "Browser", "BrowserMissing", "Error", "Page", "Visits", "browser", "find_chromium"]
