"""One start of a run: the word that it leaves in its folder, its notes, and what its models cost."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.config import Price
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.start import Chain, prices
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from pathlib import Path


def word(folder: Path) -> dict[str, Any]:
    """What a run's process left in its folder."""
    found: dict[str, Any] = json.loads((folder / "progress.json").read_text())
    return found


async def test_a_run_leaves_word_while_it_is_at_work(tmp_path: Path) -> None:
    """From its begin on: what it is at, and who it is; and at its end that it is there."""
    seen: list[dict[str, Any]] = []

    async def author(prompt: str, seed: int | None) -> Reply:
        for _ in range(500):
            if seen or (tmp_path / "progress.json").exists():
                break
            await asyncio.sleep(0.01)
        seen.append(word(tmp_path))
        return scripted_author(prompt, seed)

    monitor = Monitor()
    models = ScriptedChat(reply=author)
    await self_instruct(config(), tmp_path, models=models, monitor=monitor).ainvoke({"n": 3})
    first, last = seen[0], word(tmp_path)

    told = {"why": "", "pid": os.getpid(), "host": socket.gethostname(), "wanted": 3}
    for one, state, finished in ((first, "running", 0), (last, "finished", 3)):
        assert {key: one[key] for key in (*told, "state", "finished")} == told | {"state": state, "finished": finished}
        assert one["started"] == round(monitor.started, 1)
        assert one["updated"] == round(one["updated"], 1) >= one["started"]
    assert last["calls"] == monitor.calls
    assert monitor.ended >= monitor.started


async def test_a_run_that_fails_leaves_word_of_why(tmp_path: Path) -> None:
    """In the words that are told."""

    def author(prompt: str, seed: int | None) -> Reply:
        raise ProviderError("the key is wrong")

    with pytest.raises(ProviderError):
        await self_instruct(config(), tmp_path, models=ScriptedChat(reply=author)).ainvoke({"n": 3})

    assert (word(tmp_path)["state"], word(tmp_path)["why"]) == ("stopped", "the key is wrong")


async def test_a_run_that_is_cancelled_leaves_word_of_it(tmp_path: Path) -> None:
    """It was stopped from outside."""
    asked = asyncio.Event()

    async def author(prompt: str, seed: int | None) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        return Reply("")

    run = asyncio.create_task(self_instruct(config(), tmp_path, models=ScriptedChat(reply=author)).ainvoke({"n": 3}))
    await asked.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert (word(tmp_path)["state"], word(tmp_path)["why"]) == ("stopped", "it was cancelled")


async def test_a_run_notes_only_what_there_is_to_say(tmp_path: Path) -> None:
    """As many tasks again as there are is nothing to say; fewer is."""
    for n, notes in (
        (4, []),
        (4, []),
        (3, ["the folder has 4 finished tasks already; asking for 3 takes none of them away"]),
    ):
        monitor = Monitor()
        await self_instruct(config(), tmp_path, models=Author().model, monitor=monitor).ainvoke({"n": n})
        assert monitor.notes == notes


def test_what_models_cost() -> None:
    """The file's by what is known of them; of the caller's own models and steps only the chain file's price tells."""
    stated = Price(input=1, output=2)
    chain = config(model__name="gpt-4.1-mini", instances__output_first__model__price=stated.model_dump())
    known = price(chain.model_for("instructions"))
    own = brought(
        {"classification": ScriptedChat(reply=scripted_author), "output_first": ScriptedChat(reply=scripted_author)},
        steps={"input_first": ScriptedChat(reply=scripted_author)},
    )

    assert known
    assert prices(Chain(chain, brought())) == {
        "instructions": known,
        "classification": known,
        "input_first": known,
        "output_first": stated,
    }
    assert prices(Chain(chain, own)) == {
        "instructions": known,
        "classification": None,
        "input_first": None,
        "output_first": stated,
    }
