"""The report, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import expect

from selfinstruct_chains import Task
from selfinstruct_chains.outputs.report.report import write_report
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.browser.axe import serious
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import ENTRIES, REJECTIONS, TASKS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Download, Locator, Page

    from tests.browser.conftest import Visit

    Opened = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.browser
HOSTILE = (
    '<script>alert(1)</script><img src="http://evil.example/x" onerror="alert(2)">'
    '<a href="javascript:alert(3)">x</a>\x1b[31m\u202etxet\x00 =HYPERLINK("http://evil.example")'
)
VISIBLE = HOSTILE.replace("\x1b", "U+001B").replace("\u202e", "U+202E").replace("\x00", "U+0000")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on twenty tasks, some reviewed, and one with hostile text in every field."""
    folder = tmp_path_factory.mktemp("run")
    hostile = task(20, HOSTILE, (HOSTILE, HOSTILE), labels=True)
    run = run_folder(folder, [*TASKS, hostile], REJECTIONS, ENTRIES)
    reviews = Reviews(folder)
    reviews.put(verdict("000000-00", "yyy"))
    reviews.put(verdict("000000-01", "yyn"))
    reviews.put(verdict("000002-00", "nnn", by="judge").model_copy(update={"reason": HOSTILE, "model": HOSTILE}))
    return write_report(run.path).path


@pytest.fixture
def opened(visit: Callable[..., Awaitable[Visit]], report: Path) -> Opened:
    """Opens the report, until all its rows are there."""

    async def open_(**options: object) -> Page:
        page = (await visit(report.as_uri(), allowed=report.as_uri(), **options)).page
        await expect(page.locator("#found")).to_have_text("21 found")
        return page

    return open_


async def rows(page: Page) -> list[str]:
    """The ids in the table."""
    return await page.locator("#table td.id").all_inner_texts()


async def test_it_opens_with_every_figure(opened: Opened) -> None:
    """All are drawn from the beginning, and each can be had as a table."""
    page = await opened()

    await expect(page.locator("#figures dd").first).to_have_text("21")
    assert await page.locator("figure").count() == 12
    for figure in await page.locator("figure").all():
        await expect(figure.locator("svg:visible")).to_have_count(1)
    await expect(page.locator("#verbs svg:visible text", has_text="write").first).to_be_visible()
    await page.locator("#funnel summary").first.click()
    await expect(page.locator("#funnel .data").first).to_contain_text("joined the pool")


async def test_a_search_finds_all_its_words(opened: Opened) -> None:
    """In instructions, inputs, outputs and ids; without regard to case; in any order."""
    page = await opened()

    for words, count in (("poem", 12), ("STATEMENT true", 8), ("true 13", 1), ("000001-04", 1), ("elephant", 0)):
        await page.fill("#search", words)
        await expect(page.locator("#found")).to_have_text(f"{count} found")
    await page.get_by_role("button", name="Clear").click()
    await expect(page.locator("#found")).to_have_text("21 found")


async def test_filters_narrow_the_table(opened: Opened) -> None:
    """By status, rule, kind and review, and together with a search."""
    page = await opened()

    for choices, count in (
        ({"kind": "classification"}, 9),
        ({"verdict": "yes"}, 1),
        ({"verdict": "no"}, 2),
        ({"verdict": "none"}, 18),
        ({"status": "rejected"}, 5),
        ({"status": "seed"}, 1),
        ({"status": ""}, 27),
        ({"rule": "novelty"}, 1),
        ({"kind": "other", "verdict": "none"}, 10),
    ):
        for name, value in choices.items():
            await page.select_option(f"#{name}", value)
        await expect(page.locator("#found")).to_have_text(f"{count} found")
        await page.get_by_role("button", name="Clear").click()
        await expect(page.locator("#found")).to_have_text("21 found")


async def test_columns_sort_both_ways(opened: Opened) -> None:
    """And say so to screen readers; what has no value comes last."""
    page = await opened()
    header = page.locator("th", has_text="Id")

    assert (await rows(page))[0] == "000000-00"
    await header.get_by_role("button").click()
    await header.get_by_role("button").click()

    assert await header.get_attribute("aria-sort") == "descending"
    assert (await rows(page))[0] == "000002-00"
    await page.get_by_role("button", name="Review").click()
    assert (await rows(page))[:3] == ["000000-00", "000002-00", "000000-01"]


async def test_a_rejected_row_tells_why_and_by_whom(opened: Opened) -> None:
    """Opened and closed by the keyboard: the rule, the score, the neighbour and its text."""
    page = await opened()
    await page.select_option("#rule", "novelty")
    button = page.locator("#table button.open")

    await button.focus()
    await page.keyboard.press("Enter")

    assert await button.get_attribute("aria-expanded") == "true"
    details = page.locator("#table .details")
    await expect(details).to_contain_text("novelty: too similar to an instruction in the pool")
    await expect(details).to_contain_text("It is most similar to: 000000-01, ROUGE-L 0.86")
    await expect(details).to_contain_text("Write a poem about thing number 1.")
    await page.keyboard.press("Enter")
    await expect(details).to_have_count(0)


async def test_a_task_tells_where_it_comes_from(opened: Opened) -> None:
    """Its neighbours, its verdict, its request and the examples that the request showed."""
    page = await opened()

    await page.locator("#table button.open").first.click()

    details = page.locator("#table .details")
    for text in ("ROUGE-L 0.86", "✓ valid instruction", "Request 0, written by m.", "The 1 examples it was shown"):
        await expect(details).to_contain_text(text)
    await details.locator("summary").first.click()
    await expect(details).to_contain_text("seed-001: Name a river.")


async def test_hostile_text_is_shown_as_text(opened: Opened) -> None:
    """In every field, down to the last character; nothing runs, loads, or changes the direction of the page."""
    page = await opened()
    await page.fill("#search", "evil.example")
    await expect(page.locator("#found")).to_have_text("1 found")

    await page.locator("#table button.open").click()

    shown = await page.locator("#table .details .text").all_inner_texts()
    assert shown[:3] == [VISIBLE] * 3
    assert VISIBLE in await page.locator("#table .details").inner_text()
    assert await page.locator("#tasks img, #tasks a:not([href^='#task-']), #tasks script").count() == 0


async def test_a_script_in_the_page_would_not_run(opened: Opened) -> None:
    """The policy holds: an inline handler does nothing."""
    page = await opened(expected="violates the following Content Security Policy")

    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b id=t onclick=\"this.remove()\">x</b>')")
    await page.evaluate("document.getElementById('t').click()")

    assert await page.locator("#t").count() == 1


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 1200), (False, 390), (True, 390)])
async def test_it_fits_light_dark_and_phone(
    opened: Opened,
    dark: bool,
    width: int,
) -> None:
    """Colours follow the system's, charts too; and nothing is wider than the screen."""
    page = await opened(dark=dark, width=width)
    ink = page.locator("figure svg:visible text.ink").first

    await expect(ink).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 200) == dark
    fill = await ink.evaluate("text => getComputedStyle(text).fill")
    assert (sum(map(int, re.findall(r"\d+", fill))) > 400) == dark


async def test_charts_change_colours_with_the_system(opened: Opened) -> None:
    """Without being opened again."""
    page = await opened()
    text = page.locator("figure svg:visible text.ink").first
    before = await text.evaluate("text => getComputedStyle(text).fill")

    await page.emulate_media(color_scheme="dark")

    await expect(text).not_to_have_css("fill", before)


async def saved(page: Page, button: Locator) -> Download:
    """What the browser saves when the button is pressed."""
    async with page.expect_download() as waiting:
        await button.click()
    return await waiting.value


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 390)])
async def test_every_figure_is_saved_as_svg_and_png(opened: Opened, dark: bool, width: int) -> None:
    """A file that needs no page: in the page's colours, a picture three times as large beside it."""
    page = await opened(dark=dark, width=width)
    for figure in await page.locator("figure").all():
        name = await figure.get_attribute("data-name")
        svg = await saved(page, figure.get_by_role("button", name="as SVG"))
        png = await saved(page, figure.get_by_role("button", name="as PNG"))
        text, picture = (await svg.path()).read_text("utf-8"), (await png.path()).read_bytes()
        root = ET.fromstring(text)  # noqa: S314 - our own

        assert svg.suggested_filename.endswith(f"-{name}.svg")
        assert png.suggested_filename.endswith(f"-{name}.png")
        assert not re.search(r"class=|var\(|transparent", text)
        assert (root.find("{*}rect").get("fill") == "#191d23") == dark
        size = [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)]
        assert picture.startswith(b"\x89PNG")
        assert size == [round(3 * float(root.get(side))) for side in ("width", "height")]


async def test_hostile_text_is_saved_as_it_was(opened: Opened) -> None:
    """To the last character."""
    page = await opened()
    await page.fill("#search", "evil.example")
    await expect(page.locator("#found")).to_have_text("1 found")

    [line] = (await (await saved(page, page.locator("#save"))).path()).read_text("utf-8").splitlines()

    assert Task.model_validate_json(line).instruction == HOSTILE


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 390)])
async def test_it_is_accessible(opened: Opened, dark: bool, width: int) -> None:
    """axe-core finds nothing serious, with a row, its calls and a table of numbers unfolded."""
    page = await opened(dark=dark, width=width)
    await page.locator("#table button.open").first.click()
    for summary in await page.locator("summary").all():
        await summary.click()

    found = await serious(page)
    assert found == [], "\n".join(found)
