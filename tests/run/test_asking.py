"""Questions to one model outside a run: kept, resumed, bounded."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains import Monitor, load_config
from selfinstruct_chains.errors import BudgetReached, Interrupted, RunError
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.run.asking import Asked, Question, Unanswered, asking
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.testing import Reply, ScriptedChat, plans
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langchain_core.messages import AIMessage

CONFIG = load_config("openai", {"run.max_concurrency": 4, "model.price": {"input": 1, "output": 1}})
ASKED = Asked("answer", CONFIG, CONFIG.model, {"prompt": "shout"})


def own(script: Callable[..., object]) -> Asked:
    """Asked of a scripted model."""
    return ASKED._replace(own=own_model(ScriptedChat(reply=script)))


def word(message: AIMessage) -> str:
    """What a reply says, if it is one word."""
    text = str(message.text)
    if " " in text:
        raise UnreadableReply("one word is expected", text)
    return text


def questions(*ids: str) -> list[Question[str]]:
    """One for each id."""
    return [Question(id_, StringPromptValue(text=f"Shout {id_}"), word) for id_ in ids]


async def ask(asked: Asked, folder: Path | None, *ids: str, monitor: Monitor | None = None, **limits: int) -> dict:
    """All answers."""
    budgets = limits or None
    async with asking(asked, folder, monitor or Monitor(), questions=len(ids), budgets=budgets) as asker:
        return await asker.all(questions(*ids))


class Shouting:
    """Answers in capitals; counts."""

    def __init__(self, poor: str = "") -> None:
        self.prompts: list[str] = []
        self._poor = poor

    async def __call__(self, prompt: str, seed: int | None) -> Reply:
        self.prompts.append(prompt)
        await asyncio.sleep(0)
        said = prompt.rpartition(" ")[2]
        return Reply("not one word" if said == self._poor else said.upper(), input_tokens=3, output_tokens=1)


async def test_each_is_asked_once_and_kept(tmp_path: Path) -> None:
    """The same call again asks nothing, one with more items only those; ids may be of any form."""
    shouting = Shouting()
    ids = ["a/b", "é %2F", "c", "d", "e", "f"]

    first = await ask(own(shouting), tmp_path, *ids[:5])
    again = await ask(own(shouting), tmp_path, *ids)

    assert list(again) == ids
    assert first == {id_: again[id_] for id_ in ids[:5]}
    assert again["a/b"] == "A/B"
    assert len(shouting.prompts) == len(ids)


async def test_an_unreadable_reply_is_asked_for_twice(tmp_path: Path) -> None:
    """Then the item has no answer, and that is remembered too."""
    shouting = Shouting(poor="b")

    found = await ask(own(shouting), tmp_path, "a", "b")
    again = await ask(own(shouting), tmp_path, "a", "b")

    assert found == again == {"a": "A", "b": Unanswered("unreadable", "one word is expected")}
    assert (
        sorted(shouting.prompts) == ["Human: Shout a", "Human: Shout b", "Human: Shout b"] or len(shouting.prompts) == 3
    )


async def test_a_budget_stops_and_the_rest_comes_later(tmp_path: Path) -> None:
    """What was paid for before is kept; the monitor knows what it cost."""
    ids, shouting, monitor = [str(number) for number in range(12)], Shouting(), Monitor()

    with pytest.raises(BudgetReached, match="budget of 5 calls"):
        await ask(own(shouting), tmp_path, *ids, calls=5)
    found = await ask(own(shouting), tmp_path, *ids, monitor=monitor)

    assert list(found.values()) == ids
    assert len(shouting.prompts) == 12
    assert (monitor.calls, monitor.finished, monitor.wanted, monitor.new_calls) == (12, 12, 12, 7)
    assert monitor.cost == pytest.approx(12 * 4 / 1e6)


async def test_only_what_this_start_asks_is_new(tmp_path: Path) -> None:
    """What was answered before, or refused to be read, says nothing of how fast it goes."""
    shouting, monitor = Shouting(poor="b"), Monitor()
    await ask(own(shouting), tmp_path, "a", "b", "c")
    await ask(own(shouting), tmp_path, "a", "b", "c", "d", "e", monitor=monitor)

    assert (monitor.finished, monitor.new) == (5, 2)


async def test_an_interrupt_lets_calls_in_flight_finish(tmp_path: Path) -> None:
    """Their replies are kept: the next start does not ask them again."""
    monitor, asked = Monitor(), []

    async def slow(prompt: str, seed: int | None) -> str:
        asked.append(prompt)
        if len(asked) == 4:
            monitor.interrupt(Interrupted("by Ctrl-C", exit_code=130))
        await asyncio.sleep(0.05)
        return "X"

    ids = [str(number) for number in range(9)]
    with pytest.raises(Interrupted):
        await ask(own(slow), tmp_path, *ids, monitor=monitor)
    kept = sum(1 for _ in scan(tmp_path / "journal.jsonl"))
    await ask(own(slow), tmp_path, *ids)

    assert kept == 4
    assert len(asked) == 9


async def test_a_refused_item_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the provider's filter refuses has no answer, for its reason; the others are asked."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")

    def filtered(asked: plans.Asked) -> str | None:
        return "openai/filtered_input_invalid_prompt" if "Shout b" in json.dumps(asked.body) else None

    with ScriptedServer(lambda prompt, seed: "x", faults=filtered) as server:
        config = load_config("openai", {"model.base_url": server.base_url})
        found = await ask(Asked("answer", config, config.model, {}), tmp_path, "a", "b", "c")

    assert (found["a"], found["c"]) == ("x", "x")
    assert found["b"].reason == "content_filter"


async def test_another_model_is_not_mixed_in(tmp_path: Path) -> None:
    """A folder has one model's answers to one kind of question, and says what differs."""
    await ask(own(Shouting()), tmp_path, "a")

    with pytest.raises(RunError, match="another configuration; prompt differ"):
        await ask(own(Shouting())._replace(shaping={"prompt": "whisper"}), tmp_path, "a")
