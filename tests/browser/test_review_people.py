"""Several people on the review page, in several browsers: names, corrections, what they settle, and filters."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.outputs.review.corrections import Corrections
from selfinstruct_chains.outputs.review.guidelines import guidelines
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.tasks import Provenance
from tests.browser.test_report_page import HOSTILE, VISIBLE
from tests.browser.test_review_keys import settled, type_
from tests.browser.test_review_page import kept
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page

    from selfinstruct_chains import Task
    from tests.browser.conftest import Visit

    Visiting = Callable[..., Awaitable[Visit]]

pytestmark = pytest.mark.browser


def about(one: Task, topic: str, language: str) -> Task:
    """The task, with where it comes from."""
    origin = Provenance(request=0, examples=(), model="m", calls=(), topic=topic, language=language)
    return one.model_copy(update={"provenance": origin})


TASKS = [
    about(task(0, "Name a river.", ("", "The Elbe.")), "water", "en"),
    about(task(1, "Is it wet?", ("Rain.", "yes"), ("Sand.", "no"), labels=True), "water", "de"),
    about(task(2, HOSTILE, (HOSTILE, HOSTILE)), "other", "en"),
    about(task(3, "Name a hill.", ("", "Como")), "land", "en"),
]
IDS = [task.id for task in TASKS]
NAME = "<img src=x onerror=alert(1)>\x1b\u202e"
SHOWN = NAME.replace("\x1b", "U+001B").replace("\u202e", "U+202E")


def sitting(folder: Path, name: str | None = None) -> TasksSitting:
    """The tasks, for whoever comes."""
    more = {IDS_OF_OTHERS[0]: task(50, "Name a plain.")}
    return TasksSitting("Review", "", TASKS, Reviews(folder), name=name, find=more.get, guidelines=guidelines("tasks"))


IDS_OF_OTHERS = ["000005-00"]


async def begin(visit: Visiting, url: str, name: str, **options: object) -> Page:
    """A browser of its own, in which somebody has given a name."""
    page = (await visit(url, allowed=url, **options)).page
    await page.get_by_label("Your name").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.locator("main h2")).to_be_visible()
    return page


@asynccontextmanager
async def two(visit: Visiting, folder: Path) -> AsyncIterator[tuple[Page, Page]]:
    """Two people on one server."""
    async with Server(sitting(folder)) as server:
        pages = await begin(visit, server.url, "ann"), await begin(visit, server.url, NAME)
        yield pages
        for page in pages:
            await page.close()


async def test_two_people_review_at_once_and_settle_what_they_disagree_about(visit: Visiting, tmp_path: Path) -> None:
    """Each has verdicts of their own; names and comments are shown as text, also those that would run."""
    async with two(visit, tmp_path) as (ann, other):
        await type_(ann, "yyyyyn", 0.02)
        await type_(ann, "c<b>yny</b>", 0.02)
        await expect(ann.locator("#comment")).to_have_value("<b>yny</b>")
        await ann.locator("#comment").fill(HOSTILE)
        await ann.keyboard.press("Enter")
        await type_(ann, "yyy", 0.02)
        await type_(other, "yynyynyny", 0.02)
        assert kept(tmp_path, "ann") == dict(zip(IDS, ["yyy", "yyn", "yyy"], strict=False))
        assert kept(tmp_path, NAME) == dict(zip(IDS, ["yyn", "yyn", "yny"], strict=False))

        await ann.get_by_role("button", name="Settle disagreements").click()
        await expect(ann.locator("#count")).to_have_text("0 of 2 settled")
        await expect(ann.locator(".question .said").nth(2)).to_have_text(f"no: {SHOWN}; yes: ann")
        await expect(ann.locator(".question.current p").first).to_contain_text("Is the output a correct")
        await type_(ann, "n", 0.02)
        await expect(ann.locator("#comments")).to_have_text(f"ann: {VISIBLE}")
        await type_(ann, "yu", 0.02)
        await expect(ann.locator("#count")).to_have_text("1 of 2 settled")
        await ann.get_by_role("button", name="Agreement").click()
        await expect(ann.locator("#tables")).to_contain_text("3 tasks")
        await ann.get_by_role("button", name="Close").click()
        await ann.get_by_role("button", name="Back to the review").click()
        await expect(ann.locator("#count")).to_have_text("3 of 4 reviewed")

    assert Reviews(tmp_path).by("person")[IDS[0]].rejected
    assert kept(tmp_path, "ann")[IDS[0]] == "yyy"
    assert Reviews(tmp_path).by("person")[IDS[2]].answers["appropriate_input"] == "unsure"


async def test_two_pages_of_one_reviewer_learn_of_each_other(visit: Visiting, tmp_path: Path) -> None:
    """A task that was answered on the other is not asked about again; the last answer to one counts."""
    async with Server(sitting(tmp_path, "ann")) as server:
        one, other = [(await visit(server.url, allowed=server.url)).page for _ in range(2)]
        for page in (one, other):
            await expect(page.locator("main h2")).to_have_text("Name a river.")
        await type_(one, "yyyyyy", 0.02)
        await type_(other, "nnn", 0.02)
        await expect(other.locator("#told")).to_contain_text("000000-00 was answered elsewhere too meanwhile")
        await expect(other.locator("#count")).to_have_text("2 of 4 reviewed")
        for page in (one, other):
            await page.close()

    assert kept(tmp_path, "ann") == {IDS[0]: "nnn", IDS[1]: "yyy"}


async def test_a_text_is_corrected_in_place(visit: Visiting, tmp_path: Path) -> None:
    """Beside the model's, with who and when; keys type then, and answer nothing. It can be taken back."""
    async with Server(sitting(tmp_path, "ann")) as server:
        page = (await visit(server.url, allowed=server.url)).page
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await page.keyboard.press("e")
        await page.get_by_label("Output", exact=True).fill("yny")
        await page.get_by_role("button", name="Save").focus()
        await page.keyboard.press("n")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".corrected")).to_contain_text("Corrected by ann")
        await expect(page.locator(".corrected .text")).to_have_text("yny")
        await settled(page)
        [found] = Corrections(tmp_path).all().values()
        assert (found.text.instances[0].output, found.original.instances[0].output) == ("yny", "The Elbe.")
        await page.keyboard.press("e")
        await page.get_by_label("Instruction", exact=True).fill(" ")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("main h2")).to_have_text("Correct the task")
        await page.keyboard.press("Escape")
        await page.keyboard.press("e")
        await page.get_by_role("button", name="Take the correction back").click()
        await expect(page.locator(".corrected")).to_have_count(0)
        await settled(page)
        await page.close()

    assert Corrections(tmp_path).all() == {}
    assert not (tmp_path / "review.jsonl").exists()


async def test_two_corrections_of_one_text_don_t_lose_one(visit: Visiting, tmp_path: Path) -> None:
    """The second is told of the first, and finds its own text again."""
    async with two(visit, tmp_path) as (ann, other):
        for page, text in ((ann, "The Rhine."), (other, HOSTILE)):
            await page.keyboard.press("e")
            await page.get_by_label("Output", exact=True).fill(text)
        for page in (ann, other):
            await page.keyboard.press("Control+Enter")
            await settled(page)
        await expect(other.locator("#told")).to_contain_text("ann has corrected it meanwhile")
        await expect(other.locator(".corrected .text")).to_have_text("The Rhine.")
        await other.keyboard.press("e")
        await other.keyboard.press("Control+Enter")
        await settled(other)
        await expect(other.locator(".corrected .text")).to_have_text(VISIBLE)

    assert Corrections(tmp_path).all()[IDS[0]].name == NAME


async def choose(page: Page, label: str, value: str, count: str) -> None:
    """Choose a filter, until it says so many."""
    await page.locator(f"#filter-{label.lower()}").select_option(label=value)
    await expect(page.locator("#count")).to_have_text(count)


async def test_tasks_are_filtered_searched_and_jumped_to(visit: Visiting, tmp_path: Path) -> None:
    """By kind, topic, language, state and text; an id leads to its task, also of one that is not in the sample."""
    for name, answers in (("ben", "yyn"), ("cid", "yyy")):
        Reviews(tmp_path).put(verdict(IDS[3], answers).model_copy(update={"name": name}))
    async with Server(sitting(tmp_path, "ann")) as server:
        page = (await visit(server.url, allowed=server.url)).page
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await page.locator("#find summary").click()
        await choose(page, "Kind", "classification", "0 of 1 reviewed (of 4 in the sample)")
        await expect(page.locator("main h2")).to_have_text("Is it wet?")
        await choose(page, "Kind", "all", "0 of 4 reviewed")
        await choose(page, "Topic", "water", "0 of 2 reviewed (of 4 in the sample)")
        await choose(page, "Language", "de", "0 of 1 reviewed (of 4 in the sample)")
        await choose(page, "Topic", "land", "0 of 0 reviewed (of 4 in the sample)")
        await expect(page.locator("main")).to_contain_text("No tasks here.")
        await choose(page, "Topic", "all", "0 of 1 reviewed (of 4 in the sample)")
        await choose(page, "Language", "all", "0 of 4 reviewed")
        await choose(page, "State", "disagreed", "0 of 1 reviewed (of 4 in the sample)")
        await expect(page.locator("main h2")).to_have_text("Name a hill.")
        await expect(page.locator(".said")).to_have_count(0)
        await type_(page, "yyd", 0.02)
        await choose(page, "State", "unreviewed", "0 of 3 reviewed (of 4 in the sample)")
        await choose(page, "State", "unsure", "1 of 1 reviewed (of 4 in the sample)")
        await choose(page, "State", "all", "1 of 4 reviewed")
        await page.locator("body").click(position={"x": 2, "y": 2})
        await page.keyboard.press("/")
        await page.keyboard.type("ELBE")
        await page.keyboard.press("Enter")
        await expect(page.locator("#count")).to_have_text("0 of 1 reviewed (of 4 in the sample)")
        for id_, text in ((IDS[2], VISIBLE), (IDS_OF_OTHERS[0], "Name a plain.")):
            await page.keyboard.press("/")
            await page.locator("#search").fill(id_)
            await page.keyboard.press("Enter")
            await expect(page.locator("main h2")).to_have_text(text)
        await type_(page, "yyy", 0.02)
        await page.close()

    assert kept(tmp_path) == {IDS[3]: "yyu", IDS_OF_OTHERS[0]: "yyy"}
