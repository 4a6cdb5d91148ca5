"""The report's table, in a real browser: places in it, what is saved and printed of it, and prompts and replies."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains import Rejection, Task, self_instruct
from selfinstruct_chains.outputs.report.report import write_report
from selfinstruct_chains.run.calls import Calls
from selfinstruct_chains.run.reader import RunReader
from tests.browser.test_report_page import rows, saved
from tests.outputs.runs import run_folder, task
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page

    from tests.browser.conftest import Visit

    Opened = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.browser
MANY = 50_000


@pytest.fixture
def many(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> Opened:
    """Opens the report on 120 tasks, at a place in it."""
    tasks = [task(number, f"Write about thing {number}.", ("in", f"out {number}")) for number in range(120)]
    dropped = Rejection(id="000011-10", rule="too_short", stage="instruction", text="Go", request=11)
    path = write_report(run_folder(tmp_path / "run", tasks, [dropped]).path).path

    async def open_(place: str = "", **options: object) -> Page:
        return (await visit(path.as_uri() + place, allowed=path.as_uri(), **options)).page

    return open_


async def test_an_address_opens_a_task(many: Opened) -> None:
    """Also one on a later page of the table, one that the filters hide, and one after another."""
    page = await many("#task-000010-03")
    aimed, details = page.locator("#table tr.aimed"), page.locator("#table tr.aimed + .details")

    await expect(aimed).to_contain_text("000010-03")
    await expect(aimed).to_be_in_viewport()
    await expect(details).to_contain_text("out 103")
    await expect(page.locator("#pager")).to_contain_text("Page 3 of 3")
    await page.fill("#search", "nothing of the kind")
    await expect(page.locator("#found")).to_have_text("0 found")
    await page.evaluate("location.hash = '#task-000011-10'")
    await expect(details).to_contain_text("too_short")
    await expect(page.locator("#search")).to_have_value("")
    await page.evaluate("location.hash = '#task-%E0%A4%A'")
    await expect(page.locator("#found")).to_have_text("No task %E0%A4%A in this table.")
    await page.evaluate("location.hash = '#task-seed-001'")
    await expect(details).to_contain_text("The Elbe.")


async def test_an_id_is_a_link_to_its_task(many: Opened) -> None:
    """Also where it is somebody's neighbour: the address can be sent to others."""
    page = await many()

    await page.locator("#table button.open").first.click()
    await page.locator("#table .details a", has_text="seed-001").first.click()

    await expect(page.locator("#table tr.aimed")).to_contain_text("seed-001")
    assert page.url.endswith("#task-seed-001")


async def test_a_search_finds_where_tasks_come_from(many: Opened) -> None:
    """The request, the model, the examples that were shown; what has the very id comes first."""
    page = await many()

    for words, count in (("000007-", 10), ("seed-001 m", 120), ("000010-03", 1)):
        await page.fill("#search", words)
        await expect(page.locator("#found")).to_contain_text(f"{count} found")
    await page.select_option("#status", "")
    await page.fill("#search", "seed-001")
    await expect(page.locator("#found")).to_contain_text("121 found")
    assert (await rows(page))[0] == "seed-001"


async def test_what_is_found_is_saved(many: Opened) -> None:
    """All of it, and not just the page of the table that is shown: as the run's own files have it."""
    page = await many()
    save = page.get_by_role("button", name="Save as JSONL")

    await expect(page.locator("#found")).to_have_text("120 found, 1 to 50 shown")
    lines = (await (await saved(page, save)).path()).read_text("utf-8").splitlines()
    await page.select_option("#rule", "too_short")
    dropped = (await (await saved(page, save)).path()).read_text("utf-8").splitlines()

    tasks = [task(number, f"Write about thing {number}.", ("in", f"out {number}")) for number in range(120)]
    assert [Task.model_validate_json(line) for line in lines] == tasks
    assert [Rejection.model_validate_json(line).text for line in dropped] == ["Go"]


def text_of(pdf: Path) -> str:
    """What can be read in a PDF."""
    program = shutil.which("pdftotext")
    if not program:
        pytest.skip("no pdftotext here (Debian's package poppler-utils)")
    return subprocess.run([program, "-layout", pdf, "-"], capture_output=True, check=True).stdout.decode()


async def test_it_prints_whole(many: Opened, tmp_path: Path) -> None:
    """Light on paper, also of a dark screen; every figure, and all rows that are found, with inputs and outputs."""
    page = await many(dark=True)
    await expect(page.locator("#found")).to_have_text("120 found, 1 to 50 shown")

    await page.pdf(path=tmp_path / "page.pdf", format="A4")

    assert await page.locator("#table button.open").count() == 50  # as before
    text = text_of(tmp_path / "page.pdf")
    for said in ("ROUGE-L F-measure", "non-empty inputs", "pool, with seeds", "120 found"):
        assert said in text
    assert all(f"Write about thing {number}." in text and f"in → out {number}" in text for number in range(120))
    assert "Save as JSONL" not in text


async def test_without_scripts_it_can_be_read(many: Opened) -> None:
    """Numbers, figures and the first tasks; nothing that would need scripts is shown."""
    page = await many(scripts=False)

    await expect(page.locator("figure svg:visible")).to_have_count(8)
    await expect(page.locator("table.first tbody tr")).to_have_count(50)
    await expect(page.locator("table.first")).to_contain_text("in → out 49")
    await expect(page.locator("main button:visible, main input:visible, main select:visible")).to_have_count(0)


async def test_prompts_and_replies_are_unfolded(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> None:
    """Of a task that is opened, from the journal; of one beyond the bound, where to find them."""
    run = tmp_path / "run"
    self_instruct(config(), run, models=Author().model).invoke({"n": 12})
    path = write_report(run, calls=2).path
    page = (await visit(path.as_uri(), allowed=path.as_uri())).page
    await expect(page.locator("#found")).to_have_text("12 found")
    about = Calls(RunReader(run)).about((await rows(page))[0])

    await page.locator("#table button.open").first.click()
    await page.locator(".replies summary").click()
    await expect(page.locator(".call h4")).to_have_count(len(about.calls))
    for call, box in zip(about.calls, await page.locator(".call").all(), strict=True):
        texts = await box.locator(".text").all_inner_texts()
        assert texts == [*(turn.text for turn in call.prompt.turns), call.entry.reply]
    await page.locator("#table button.open").last.click()
    await page.locator(".replies summary").last.click()
    await expect(page.locator(".replies").last).to_contain_text(f"See selfinstruct log run {(await rows(page))[-1]}")


@pytest.mark.slow
async def test_fifty_thousand_tasks_open(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> None:
    """A page of 50,000 tasks and as many rejections opens, and can be searched and leafed through."""
    tasks = (
        task(number, f"Write about thing {number} {number % 977}.", ("in " * 30, "out " * 30)) for number in range(MANY)
    )
    dropped = (Rejection(id=f"r{n}", rule="too_short", stage="instruction", text="Go", request=0) for n in range(MANY))
    path = write_report(run_folder(tmp_path / "run", tasks, dropped).path, sample=200).path
    page = (await visit("about:blank", allowed=path.as_uri())).page
    await page.goto(path.as_uri())
    await expect(page.locator("#found")).to_have_text("50,000 found, 1 to 50 shown", timeout=60_000)

    await page.fill("#search", "thing 49999")
    await expect(page.locator("#found")).to_have_text("1 found", timeout=30_000)
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_role("button", name="Last", exact=True).click()
    await expect(page.locator("#found")).to_have_text("50,000 found, 49,951 to 50,000 shown")
