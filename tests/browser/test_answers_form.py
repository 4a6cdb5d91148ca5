"""The blind form for answers, in a real browser."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.outputs.review.answers import AnswersSitting, Ratings, shown
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.training.evaluation.folder import Answered
from tests.browser.test_report_page import HOSTILE, VISIBLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from playwright.async_api import Locator, Page

    from tests.browser.conftest import Visit

    Rating = Callable[..., AbstractAsyncContextManager[tuple[Page, Ratings]]]

pytestmark = pytest.mark.browser
ITEMS = [Item("a", HOSTILE, HOSTILE, ("x",), is_classification=False)]
ANSWERS = shown(Answered(ITEMS, {"yak": {"a": Answer(HOSTILE)}, "zebra": {"a": Answer("The second answer.")}}), 9)
FIRST, SECOND = (VISIBLE if one.text == HOSTILE else one.text for one in ANSWERS)


@pytest.fixture
def rating(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> Rating:
    """The form with two answers, and what it keeps."""

    @asynccontextmanager
    async def open_(**options: object) -> AsyncIterator[tuple[Page, Ratings]]:
        ratings = Ratings(tmp_path / "ratings.jsonl", "me", ANSWERS)
        async with Server(AnswersSitting("Answers of compared", ANSWERS, ratings)) as server:
            page = (await visit(server.url, allowed=server.url, **options)).page
            await expect(page.locator(".question")).to_have_count(1)
            yield page, ratings
            await page.close()

    return open_


def answer(page: Page) -> Locator:
    """Where the answer on the page is."""
    return page.locator("main .text").last


async def test_one_key_rates_an_answer_and_another_takes_it_back(rating: Rating) -> None:
    """Each with its text alone, whoever gave it; a reload goes on where one was."""
    async with rating() as (page, ratings):
        await expect(answer(page)).to_have_text(FIRST)
        await expect(page.locator("#undo")).to_be_disabled()
        await page.keyboard.press("b")
        await expect(answer(page)).to_have_text(SECOND)
        await expect(page.locator("#saving")).to_have_text("All saved")
        assert ratings.given == {ANSWERS[0].id: "B"}
        await page.keyboard.press("u")
        await expect(answer(page)).to_have_text(FIRST)
        await expect(page.locator('[aria-pressed="true"]')).to_have_count(0)
        await expect(page.locator("#saving")).to_have_text("All saved")
        assert ratings.given == {}
        await page.get_by_role("button", name="Irrelevant or invalid").click()
        await expect(answer(page)).to_have_text(SECOND)
        await page.reload()
        await expect(answer(page)).to_have_text(SECOND)
        await page.keyboard.press("a")
        await expect(page.locator("main")).to_contain_text("All 2 answers are reviewed.")
        await expect(page.locator("#saving")).to_have_text("All saved")
        assert ratings.given == {ANSWERS[0].id: "D", ANSWERS[1].id: "A"}


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 390)])
async def test_it_fits_desk_and_phone(rating: Rating, dark: bool, width: int) -> None:
    """Nothing is wider than the screen, and the four levels are always in view."""
    async with rating(dark=dark, width=width) as (page, _):
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await expect(page.locator("#panel")).to_be_in_viewport(ratio=1)
