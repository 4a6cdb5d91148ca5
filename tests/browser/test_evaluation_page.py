"""An evaluation's page, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.page import page as page_of
from tests.browser.test_report_page import HOSTILE, VISIBLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page

    from tests.browser.conftest import Visit

    Opened = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.browser
N = 45


@pytest.fixture
def opened(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> Opened:
    """Opens the page on two models, of which `tuned` is right on item 43 alone; item 3 is hostile."""
    items = [
        Item(str(number), f"Question {number}?", "", ("right",), number % 5 == 0, category=["even", "odd"][number % 2])
        for number in range(N)
    ]
    items[3] = Item("3", HOSTILE, HOSTILE, (HOSTILE,), is_classification=False, category=HOSTILE)
    base = {item.id: Answer("wrong", stopped=False) for item in items}
    tuned = base | {"43": Answer("right", stopped=True), "3": Answer(HOSTILE)}
    del tuned["42"]
    path = tmp_path / "evaluation.html"
    path.write_text(page_of(evaluation(items, {"base": base, "tuned": tuned}), "items.jsonl"), encoding="utf-8")

    async def open_(**options: object) -> Page:
        page = (await visit(path.as_uri(), allowed=path.as_uri(), **options)).page
        await expect(page.locator("#found")).to_have_text(f"{N} found, 1 to 20 shown")
        return page

    return open_


async def test_it_opens_with_every_figure_and_is_searched(opened: Opened) -> None:
    page = await opened()

    await expect(page.locator("#means tbody th")).to_have_text(["base", "tuned", "(one sentence)", "(input echoed)"])
    await expect(page.locator("#differences .plot .dot").first).to_be_visible()
    await expect(page.locator("#notes")).to_contain_text("tuned: 1 of 45 items have no answer")
    await page.fill("#search", "question 43")
    await expect(page.locator("#found")).to_have_text("1 found")
    await expect(page.locator(".item .side .text")).to_have_text(["right", "wrong", "right"])
    await page.fill("#search", "question 42")
    await expect(page.locator(".item")).to_contain_text("(no answer)")


async def test_filters_and_order(opened: Opened) -> None:
    page = await opened()

    await page.select_option("#order", label="tuned best against base")
    await expect(page.locator(".item .question").nth(1)).to_have_text("Question 43?")
    await page.select_option("#category", label="even")
    await page.select_option("#kind", label="classification")
    await expect(page.locator("#found")).to_have_text("5 found")
    await page.click("button[type=reset]")
    await page.get_by_role("button", name="Last").click()
    await expect(page.locator(".item .question").last).to_have_text("Question 44?")


@pytest.mark.parametrize("options", [{"dark": True}, {"width": 400}])
async def test_what_models_wrote_is_shown_and_never_run(opened: Opened, options: dict[str, object]) -> None:
    page = await opened(**options)

    await page.fill("#search", "hyperlink")
    await expect(page.locator("#found")).to_have_text("1 found")
    await expect(page.locator(".item .question")).to_have_text(VISIBLE)
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0
