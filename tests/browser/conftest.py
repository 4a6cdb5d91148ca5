"""Debian's Chromium, driven by Playwright, with the network closed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Dialog, Page, Route

_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Visit:
    """A page in the browser, and what went wrong on it."""

    def __init__(self, page: Page, allowed: str, expected: str = "") -> None:
        self.page = page
        self._expected = expected
        self._allowed = allowed
        self.requests: list[str] = []
        """What it asked for, besides what it was allowed."""
        self.troubles: list[str] = []
        """Its errors and warnings, and dialogs it opened."""
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.troubles.append(popup.url))

    async def _dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # which the browser opens itself, and who leaves accepts
            self.troubles.append(dialog.message)
        await dialog.accept()

    async def let_through(self, route: Route) -> None:
        """Only what is allowed; all else is noted and stopped."""
        url = route.request.url
        if url.startswith(self._allowed):
            await route.continue_()
        else:
            self.requests.append(url)
            await route.abort()

    def check(self) -> None:
        """Nothing left the page, and nothing went wrong on it but what was expected."""
        assert self.requests == []
        assert [trouble for trouble in self.troubles if not self._expected or self._expected not in trouble] == []


@pytest.fixture
async def visit() -> AsyncIterator[Callable[..., Awaitable[Visit]]]:
    """A function that opens an address in the browser; what goes wrong on the page fails the test."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here (Debian's package of that name)")
    visits: list[Visit] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_QUIET)

        async def open_(  # noqa: PLR0913 - what visitors may have
            url: str, *, allowed: str, dark: bool = False, width: int = 1200, scripts: bool = True, expected: str = ""
        ) -> Visit:
            context = await browser.new_context(
                color_scheme="dark" if dark else "light",
                viewport={"width": width, "height": 900},
                locale="en-GB",
                java_script_enabled=scripts,
            )
            opened = Visit(await context.new_page(), allowed, expected)
            visits.append(opened)
            await context.route("**/*", opened.let_through)
            await opened.page.goto(url)
            return opened

        yield open_
        await browser.close()
    for each in visits:
        each.check()
