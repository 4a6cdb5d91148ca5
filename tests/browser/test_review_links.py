"""The review page under other names and after a restart, and what axe-core says of it; in a real browser."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from selfinstruct_chains.outputs.review.address import Address
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.browser.axe import serious
from tests.browser.test_review_keys import settled, type_
from tests.browser.test_review_page import kept
from tests.browser.test_review_people import IDS, TASKS, sitting
from tests.outputs.review.test_review import verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.test_review_people import Visiting

pytestmark = pytest.mark.browser


async def test_a_page_that_is_left_open_goes_on_after_a_restart(visit: Visiting, tmp_path: Path) -> None:
    """What was answered while nobody was there goes out by itself."""
    async with Server(sitting(tmp_path, "ann"), address=Address.of(tmp_path)) as server:
        page = (await visit(server.url, allowed=server.url, expected="ERR_")).page
        await type_(page, "yyy", 0.02)
    for key in "nnn":
        await page.keyboard.press(key)
    await expect(page.locator("#trouble")).to_contain_text("Not saved: ")
    assert kept(tmp_path) == {IDS[0]: "yyy"}
    async with Server(sitting(tmp_path, "ann"), address=Address.of(tmp_path)):
        await settled(page)
        await expect(page.locator("#trouble")).to_be_hidden()
        await page.close()

    assert kept(tmp_path) == {IDS[0]: "yyy", IDS[1]: "nnn"}


async def test_a_task_that_is_gone_is_said_and_goes_by(visit: Visiting, tmp_path: Path) -> None:
    """What was answered about others is kept."""
    async with Server(sitting(tmp_path, "ann"), address=Address.of(tmp_path)) as server:
        page = (await visit(server.url, allowed=server.url, expected="ERR_")).page
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await page.wait_for_timeout(300)
    for key in "nnnyyy":
        await page.keyboard.press(key)
    rest = TasksSitting("Review", "", TASKS[1:], Reviews(tmp_path), name="ann")
    async with Server(rest, address=Address.of(tmp_path)):
        await settled(page)
        await expect(page.locator("#told")).to_contain_text("Not kept of 000000-00: the run has no such task any more")
        await page.close()

    assert kept(tmp_path) == {IDS[1]: "yyy"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "forwarded"])
async def test_the_link_works_under_other_names_and_ports(visit: Visiting, tmp_path: Path, host: str) -> None:
    """localhost, 127.0.0.1, and another port that leads here, as ssh -L or an editor's forwarding has it."""
    async with Server(sitting(tmp_path, "ann")) as server, forwarded(server.url) as port:
        url = server.url.replace("127.0.0.1", host)
        if host == "forwarded":
            url = server.url.replace(server.url.split("/")[2], f"localhost:{port}")
        page = (await visit(url, allowed=url)).page
        await expect(page.locator("main h2")).to_have_text("Name a river.")
        await type_(page, "yny", 0.02)
        await page.close()

    assert kept(tmp_path) == {IDS[0]: "yny"}


@asynccontextmanager
async def forwarded(url: str) -> AsyncIterator[int]:
    """A port from which bytes go to the server of `url`, and back."""
    port = int(url.split("/")[2].split(":")[1])

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390)])
async def test_axe_finds_nothing_serious(visit: Visiting, tmp_path: Path, dark: bool, width: int) -> None:
    """On the page with a card, while a text is corrected, in the view to settle, and in each dialog."""
    for name, answers in (("ben", "yyn"), ("cid", "yyy")):
        Reviews(tmp_path).put(verdict(IDS[0], answers).model_copy(update={"name": name}))
    async with Server(sitting(tmp_path)) as server:
        page = (await visit(server.url, allowed=server.url, dark=dark, width=width)).page
        await expect(page.get_by_label("Your name")).to_be_visible()
        found = {"naming": await serious(page)}
        await page.keyboard.press("Enter")
        await expect(page.locator("main h2")).to_be_visible()
        await page.keyboard.press("y")
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found["card"] = await serious(page)
        await page.keyboard.press("e")
        found["correcting"] = await serious(page)
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Settle disagreements").click()
        await expect(page.locator("#count")).to_have_text("0 of 1 settled")
        found["settling"] = await serious(page)
        await page.get_by_role("button", name="Agreement").click()
        await expect(page.locator("#tables table")).to_have_count(1)
        found["agreement"] = await serious(page)
        await page.get_by_role("button", name="Close").click()
        await page.get_by_role("button", name="Keys").click()
        found["keys"] = await serious(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.close()

    assert found == {name: [] for name in found}
