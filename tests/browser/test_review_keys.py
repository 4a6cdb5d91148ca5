"""Keys on the review page, in a real browser: at any speed, with a server that takes its time, each does its work."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.browser.test_review_page import kept
from tests.outputs.runs import task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from playwright.async_api import Page, Route

    from tests.browser.conftest import Visit

    Typing = Callable[..., AbstractAsyncContextManager[Page]]

pytestmark = pytest.mark.browser
TASKS = [task(number, f"Do thing {number}.") for number in range(200)]
IDS = [task.id for task in TASKS]
LETTERS = str.maketrans("d", "u")  # the key of "unsure", as `kept` has it


@pytest.fixture
def typing(visit: Callable[..., Awaitable[Visit]], tmp_path: Path) -> Typing:
    """A page whose server takes up to so many seconds for an answer, and a folder for its verdicts."""

    @asynccontextmanager
    async def open_(slow: float, folder: Path = tmp_path, **options: str) -> AsyncIterator[Page]:
        random = Random(0)

        async def late(route: Route) -> None:
            await asyncio.sleep(random.uniform(0, slow))
            await route.fallback()

        async with Server(TasksSitting("Review", "", TASKS, Reviews(folder), name="ann")) as server:
            page = (await visit(server.url, allowed=server.url, **options)).page
            await expect(page.locator(".question")).to_have_count(3)
            if slow:
                await page.route("**/entries", late)
                await page.route("**/cards", late)
            yield page
            await page.close()

    return open_


async def type_(page: Page, keys: Sequence[str], every: float) -> None:
    """Press keys, one each so many seconds; then wait until all of it is saved."""
    clock = asyncio.get_running_loop().time
    start = clock()
    for number, key in enumerate(keys):
        await asyncio.sleep(start + number * every - clock())
        await page.keyboard.press(key)
    await settled(page)


async def settled(page: Page) -> None:
    """Nothing waits any more, neither to be heeded nor to be saved."""
    async with asyncio.timeout(60):
        while not await page.evaluate("waiting.length === 0 && !working && outbox.length === 0"):
            await page.wait_for_timeout(50)


@pytest.mark.parametrize(
    ("every", "slow", "tasks"),
    [
        (0.02, 0.0, 60),
        (0.02, 0.3, 60),
        (0.02, 2.0, 60),
        (0.06, 2.0, 40),
        (0.2, 0.3, 12),
        (0.2, 2.0, 12),
        (0.6, 0.3, 5),
        (0.6, 2.0, 5),
    ],
)
async def test_every_verdict_is_as_it_was_typed(
    typing: Typing, tmp_path: Path, every: float, slow: float, tasks: int
) -> None:
    """No key is lost, and none is about another task, whatever the speed and the latency."""
    random = Random(f"{every}{slow}")
    words = ["".join(random.choices("ynd", k=3)) for _ in range(tasks)]

    async with typing(slow) as page:
        await type_(page, "".join(words), every)

    assert kept(tmp_path) == dict(zip(IDS, (word.translate(LETTERS) for word in words), strict=False))
    assert len((tmp_path / "review.jsonl").read_text().splitlines()) == tasks


async def test_fifty_tasks_at_five_keys_a_second(typing: Typing, tmp_path: Path) -> None:
    """All right, with a server of 300 ms, and each with the seconds that it was looked at."""
    random = Random(50)
    words = ["".join(random.choices("yn", k=3)) for _ in range(50)]

    async with typing(0.3) as page:
        await type_(page, "".join(words), 0.2)
        await expect(page.locator("#count")).to_have_text("50 of 200 reviewed")

    assert kept(tmp_path) == dict(zip(IDS, words, strict=False))
    assert all(one.seconds for one in Reviews(tmp_path).by("person").values())


@pytest.mark.parametrize("seed", range(3))
async def test_what_keys_come_to_depends_on_the_keys_alone(typing: Typing, tmp_path: Path, seed: int) -> None:
    """Also of those that go back, skip and undo: a slow server and quick fingers give what a quick server gives."""
    keys = Random(seed).choices(
        ["y", "n", "d", "s", "b", "u", "ArrowLeft", "ArrowRight"], [6, 6, 2, 1, 1, 1, 1, 1], k=150
    )
    outcomes = []
    for name, slow, every in (("slow", 2.0, 0.02), ("quick", 0.0, 0.05)):
        (tmp_path / name).mkdir()
        async with typing(slow, tmp_path / name) as page:
            await type_(page, keys, every)
            outcomes.append((kept(tmp_path / name), await page.locator("main h2").inner_text()))

    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0][0]) > 10


async def test_keys_that_come_before_the_first_task_are_not_lost(typing: Typing, tmp_path: Path) -> None:
    """They wait for it, also where the page does not yet know what they do."""
    async with typing(0) as page:

        async def late(route: Route) -> None:
            await asyncio.sleep(1)
            await route.fallback()

        for path in ("**/state*", "**/cards"):
            await page.route(path, late)
        await page.reload()
        await type_(page, "yny", 0.02)
        await expect(page.locator("#count")).to_have_text("1 of 200 reviewed")
        await settled(page)

    assert kept(tmp_path) == {IDS[0]: "yny"}


async def test_capital_letters_do_the_same(typing: Typing, tmp_path: Path) -> None:
    """Caps Lock is harmless, and so is a keyboard of another script; with Ctrl or Alt a key is the browser's."""
    async with typing(0) as page:
        await type_(page, ["Y", "N", "Shift+y"], 0.02)
        for code, key in (("KeyY", "\u043d"), ("KeyN", "\u0442"), ("KeyY", "\u043d")):
            event = f"new KeyboardEvent('keydown', {{code: '{code}', key: '{key}', bubbles: true}})"
            await page.evaluate(f"document.body.dispatchEvent({event})")
        await type_(page, ["Control+y", "Alt+n", "x", "1"], 0.02)

    assert kept(tmp_path) == {IDS[0]: "yny", IDS[1]: "yny"}


async def test_the_last_task_is_taken_back(typing: Typing, tmp_path: Path) -> None:
    """And the one before it; one that had a verdict before has that again. The file keeps what was taken back."""
    async with typing(0.3) as page:
        await type_(page, "yyynnnddd", 0.02)
        await type_(page, "uu", 0.02)
        await expect(page.locator("main h2")).to_have_text("Do thing 1.")
        await expect(page.locator('[aria-pressed="true"]')).to_have_count(0)
        assert kept(tmp_path) == {IDS[0]: "yyy"}
        await type_(page, ["b", "n", "n", "n"], 0.02)
        assert kept(tmp_path) == {IDS[0]: "nnn"}
        await type_(page, "u", 0.02)

    assert kept(tmp_path) == {IDS[0]: "yyy"}
    assert len((tmp_path / "review.jsonl").read_text().splitlines()) == 7


async def test_other_keys_can_be_chosen(typing: Typing, tmp_path: Path) -> None:
    """On the page, for good; two things can't have the same one."""
    async with typing(0) as page:
        await page.get_by_role("button", name="Keys").click()
        await page.get_by_label("yes", exact=True).fill("n")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#key-trouble")).to_have_text("n can't do two things.")
        await page.get_by_label("yes", exact=True).fill("J")
        await page.get_by_role("button", name="Save").click()
        await type_(page, "jnj", 0.02)
        await page.reload()
        await expect(page.locator(".question")).to_have_count(3)
        await type_(page, "yjjn", 0.02)

    assert kept(tmp_path) == {IDS[0]: "yny", IDS[1]: "yyn"}


async def test_a_page_that_is_loaded_anew_sends_what_it_had_not(typing: Typing, tmp_path: Path) -> None:
    """It is in the tab's storage until the server has said that it is kept."""
    async with typing(0, expected="net::ERR_FAILED") as page:
        await page.route("**/entries", lambda route: route.abort())
        for key in "yyynnn":
            await page.keyboard.press(key)
        await expect(page.locator("#saving")).to_have_text("2 on the way")
        await expect(page.locator("#trouble")).to_contain_text("2 waiting here; they go out by themselves")
        assert kept(tmp_path) == {}
        await page.unroute("**/entries")
        await page.reload()
        await expect(page.locator("main h2")).to_have_text("Do thing 2.")
        await settled(page)

    assert kept(tmp_path) == {IDS[0]: "yyy", IDS[1]: "nnn"}
