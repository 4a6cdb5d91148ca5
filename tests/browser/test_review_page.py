"""The review page, in a real browser."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.browser.test_report_page import HOSTILE, VISIBLE
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from playwright.async_api import Page

    from tests.browser.conftest import Visit

    Reviewing = Callable[..., AbstractAsyncContextManager[tuple[Page, Server]]]

pytestmark = pytest.mark.browser
TASKS = [
    task(0, "Name a river.", ("", "The Elbe.")),
    task(1, HOSTILE, (HOSTILE, HOSTILE), ("second", "third")),
    task(2, "Name a lake.", ("", "Lake Constance.")),
]


@pytest.fixture
def reviewing(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> Reviewing:
    """The page of a sitting about three tasks, and its server."""

    @asynccontextmanager
    async def open_(note: str = "", **options: object) -> AsyncIterator[tuple[Page, Server]]:
        sitting = TasksSitting("Review of run", note, TASKS, Reviews(tmp_path), name="ann")
        async with Server(sitting) as server:
            page = (await visit(server.url, allowed=server.url, **options)).page
            await expect(page.locator(".question")).to_have_count(3)
            yield page, server
            await page.close()  # before its server goes: it may be fetching the next task

    return open_


async def press(page: Page, keys: str, count: str) -> None:
    """Keys, one after the other, until so many tasks are reviewed, and all of it is saved."""
    for key in keys:
        await page.keyboard.press(key)
    await expect(page.locator("#count")).to_have_text(count)
    await expect(page.locator("#saving")).to_have_text("All saved")


def kept(folder: Path, name: str = "ann") -> dict[str, str]:
    """A reviewer's verdicts in the folder, as words like "yny"; u is unsure."""
    letters = {True: "y", False: "n", "unsure": "u"}
    given = Reviews(folder).of("person", name)
    return {id_: "".join(letters[answer] for answer in one.answers.values()) for id_, one in given.items()}


async def test_three_keys_review_a_task(reviewing: Reviewing, tmp_path: Path) -> None:
    """The answers are in the run folder, the page goes on to the next task, and a reload goes on from there."""
    async with reviewing() as (page, _):
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await press(page, "yny", "1 of 3 reviewed")

        assert kept(tmp_path) == {"000000-00": "yny"}
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
        await page.reload()
        await expect(page.locator("#count")).to_have_text("1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
        await press(page, "nnn", "2 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text("Name a lake.")
        await press(page, "yyy", "3 of 3 reviewed")
        await expect(page.locator("main")).to_contain_text("All 3 tasks are reviewed.")


async def test_a_review_goes_on_at_another_sitting(
    reviewing: Reviewing,
) -> None:
    """With another link, at the first task without a verdict."""
    async with reviewing() as (page, first):
        await press(page, "yyy", "1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
    async with reviewing() as (page, second):
        await expect(page.locator("#count")).to_have_text("1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
        assert first.url.split("/")[-2] != second.url.split("/")[-2]


async def test_back_changes_an_answer(reviewing: Reviewing, tmp_path: Path) -> None:
    """Within a task, and of a task before; the last verdict counts."""
    async with reviewing() as (page, _):
        await press(page, "nbyyy", "1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
        await page.keyboard.press("b")
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await expect(page.locator('[aria-pressed="true"]')).to_have_count(3)
        await press(page, "yyn", "1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)

        assert kept(tmp_path) == {"000000-00": "yyn"}
        assert len((tmp_path / "review.jsonl").read_text(encoding="utf-8").splitlines()) == 2


async def test_a_skipped_task_comes_again(reviewing: Reviewing) -> None:
    """After all the others; it has no verdict meanwhile."""
    async with reviewing() as (page, _):
        await page.keyboard.press("s")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)
        await press(page, "yyy", "1 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text("Name a lake.")
        await press(page, "yyy", "2 of 3 reviewed")
        await expect(page.locator("main h2")).to_have_text("Name a river.")


async def test_buttons_do_what_keys_do(reviewing: Reviewing, tmp_path: Path) -> None:
    """In any order; the question that is left open is the current one."""
    async with reviewing() as (page, _):
        await page.locator(".question").nth(2).get_by_role("button", name="No").click()
        await page.locator(".question").nth(0).get_by_role("button", name="Yes").click()
        await expect(page.locator(".question").nth(1)).to_have_class("question current")
        await page.locator(".question").nth(1).get_by_role("button", name="Yes").click()
        await expect(page.locator("#count")).to_have_text("1 of 3 reviewed")

        assert kept(tmp_path) == {"000000-00": "yyn"}


async def test_hostile_text_is_shown_as_text(reviewing: Reviewing) -> None:
    """In every field; and a task with two instances says that both are asked about."""
    async with reviewing() as (page, _):
        await page.keyboard.press("s")
        await expect(page.locator("main h2")).to_have_text(VISIBLE)

        assert (await page.locator("main .text").all_inner_texts())[1:3] == [VISIBLE, VISIBLE]
        await expect(page.locator("main")).to_contain_text("2 instances: answer yes if it holds for each of them")
        assert await page.locator("main img, main a, main script").count() == 0


async def test_an_unfinished_run_is_said(reviewing: Reviewing) -> None:
    """Above the task."""
    async with reviewing("Unfinished run: it was stopped.") as (page, _):
        await expect(page.locator("#note")).to_have_text("Unfinished run: it was stopped.")


async def test_what_could_not_be_saved_goes_out_later(reviewing: Reviewing, tmp_path: Path) -> None:
    """The page says so and goes on; when the folder can be written once more, all of it is saved by itself."""
    async with reviewing(expected="500 (Internal Server Error)") as (page, _):
        (tmp_path / "review.jsonl").mkdir()
        for key in "yynnny":
            await page.keyboard.press(key)
        await expect(page.get_by_role("alert").first).to_contain_text("Not saved: ")
        await expect(page.locator("#count")).to_have_text("2 of 3 reviewed")
        (tmp_path / "review.jsonl").rmdir()
        await expect(page.locator("#saving")).to_have_text("All saved", timeout=15_000)
        await expect(page.get_by_role("alert").first).to_be_hidden()

    assert kept(tmp_path) == {"000000-00": "yyn", "000000-01": "nny"}


async def test_half_a_character_in_a_comment_loses_nothing(reviewing: Reviewing, tmp_path: Path) -> None:
    """The verdict is kept, and so is what else the comment says."""
    async with reviewing() as (page, _):
        await page.evaluate("at('comment').value = 'so \\ud83d'; at('comment').onchange()")
        await press(page, "yyn", "1 of 3 reviewed")

    [found] = Reviews(tmp_path).by("person").values()
    assert found.comment == "so \ufffd"


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 390)])
async def test_it_fits_desk_and_phone(
    reviewing: Reviewing,
    dark: bool,
    width: int,
) -> None:
    """Nothing is wider than the screen, and the questions are always in view."""
    async with reviewing(dark=dark, width=width) as (page, _):
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        wide = "[...document.querySelectorAll('button, p')].filter((it) => it.scrollWidth > it.clientWidth + 1).length"
        assert await page.evaluate(wide) == 0
        await expect(page.locator("#panel")).to_be_in_viewport(ratio=1)
