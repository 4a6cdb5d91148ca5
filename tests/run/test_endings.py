"""What becomes of replies that a provider ended early: whole items stay, a filtered item goes, the run goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.testing import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer
from tests.run.scripts import config, entries

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


def at(server: ScriptedServer, **more: Any) -> Any:
    """The openai chain against a server, with nothing left to be found by a call."""
    text = {"instances__input_first__output": "text", "instances__output_first__output": "text"}
    return config(model__base_url=server.base_url, model__name="m", model__system_role=True, **text, **more)


def rejected(folder: Path) -> list[dict[str, Any]]:
    """What was dropped."""
    return [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("word", ["content_filter", "SAFETY"])
async def test_a_filtered_reply_drops_its_item(tmp_path: Path, word: str) -> None:
    """A reply that the filter left nothing of drops its item by the rule content_filter, and the run goes on."""
    filtered: list[str] = []

    def author(prompt: str, seed: int | None) -> Reply:
        if not filtered:
            filtered.append(prompt)
            return Reply("", finish_reason=word)
        return scripted_author(prompt, seed)

    with ScriptedServer(author) as server:
        tasks = await self_instruct(at(server), tmp_path).ainvoke({"n": 4})

    assert len(tasks) == 4
    [dropped] = [one for one in rejected(tmp_path) if one["rule"] == "content_filter"]
    assert word.lower() in dropped["text"]
    [kept] = [one for one in entries(tmp_path) if one.finish_reason == word.lower()]
    assert kept.key.endswith("/1")
    assert kept.usage  # it was paid for


async def test_a_reply_cut_by_another_word_loses_its_last_item(tmp_path: Path) -> None:
    """After `model_length`, or a word that nobody has heard of, half an instruction is no instruction."""

    def author(prompt: str, seed: int | None) -> Reply:
        reply = scripted_author(prompt, seed)
        if "Task: " in prompt:
            return reply
        return Reply(reply.text[: reply.text.rindex(" ")], "model_length" if len(reply.text) % 2 else "unheard_of")

    with ScriptedServer(author) as server:
        tasks = await self_instruct(at(server), tmp_path).ainvoke({"n": 12})

    cut = [one["text"] for one in rejected(tmp_path) if one["rule"] == "truncated" and one["stage"] == "instruction"]
    assert cut
    assert not {task.instruction for task in tasks} & set(cut)
