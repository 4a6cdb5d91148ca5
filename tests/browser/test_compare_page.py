"""The page of a comparison, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.outputs.compare.comparison import compare
from selfinstruct_chains.outputs.compare.page import write
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.browser.axe import serious
from tests.browser.test_report_page import HOSTILE, VISIBLE
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import ENTRIES, REJECTIONS, TASKS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page

    from tests.browser.conftest import Visit

    Opened = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on two reviewed runs, whose second has another prompt, and a hostile task, rule and prompt."""
    home = tmp_path_factory.mktemp("two")
    config = load_config("openai", {"novelty.threshold": 0.6})
    prompt = config.classification.prompt
    chat = prompt.chat.model_copy(update={"user": prompt.chat.user + "\n" + HOSTILE.replace("{", "")})
    config = config.with_role("classification", prompt=prompt.model_copy(update={"chat": chat}))
    tasks = [task(0, HOSTILE), *TASKS[1:]]
    run_folder(home / "a", tasks, REJECTIONS, ENTRIES)
    drop = Rejection(id="000001-19", rule=HOSTILE, stage="instruction", text=HOSTILE, request=1)
    run_folder(home / "b", tasks, [*REJECTIONS, drop], ENTRIES, config=config)
    for name, yes in (("a", 2), ("b", 15)):
        for place, one in enumerate(TASKS):
            Reviews(home / name).put(verdict(one.id, "yyy" if place < yes else "yyn"))
    write(compare([home / "a", home / "b"]), home / "page.html")
    return home / "page.html"


@pytest.fixture
def opened(visit: Callable[..., Awaitable[Visit]], comparison: Path) -> Opened:
    """Opens the page."""

    async def open_(**options: object) -> Page:
        return (await visit(comparison.as_uri(), allowed=comparison.as_uri(), **options)).page

    return open_


async def test_it_opens_with_every_part(opened: Opened) -> None:
    """What it comes to stands above; a link leads to each part; differences are drawn, the clear ones in bold."""
    page = await opened()

    await expect(page.locator("#runs dt")).to_have_text(["A", "B"])
    await expect(page.locator("#short p").first).to_contain_text("more of B's (+65.0")
    await expect(page.locator("#settings tbody th").first).to_have_text("novelty.threshold")
    await expect(page.locator("#counts thead th")).to_have_text(["", "A a", "B b", "the paper"])
    await expect(page.locator("#differences .value.clear").first).to_contain_text("higher")
    drawn = ["accepted instructions", "classification tasks", "all three, by people"]
    await expect(page.locator("#shares h3")).to_have_text(drawn)
    for link in await page.locator("#contents a").all():
        await expect(page.locator(await link.get_attribute("href") or "")).to_have_count(1)


@pytest.mark.parametrize("options", [{}, {"dark": True}, {"width": 400}])
async def test_what_others_wrote_is_shown_and_never_run(opened: Opened, options: dict[str, object]) -> None:
    """In the names of rules, in prompts, and in instructions; nothing is wider than the page."""
    page = await opened(**options)

    await expect(page.locator("#dropped tbody th", has_text="HYPERLINK")).to_contain_text(VISIBLE)
    await expect(page.locator("#prompts .added", has_text="HYPERLINK")).to_have_text(f"+{VISIBLE}")
    await expect(page.locator("#nearest .text", has_text="HYPERLINK").first).to_have_text(VISIBLE)
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0


@pytest.mark.parametrize("options", [{}, {"dark": True}, {"width": 400}])
async def test_everybody_can_use_it(opened: Opened, options: dict[str, object]) -> None:
    """Axe finds nothing serious."""
    assert await serious(await opened(**options)) == []
