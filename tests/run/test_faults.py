"""Calls that get no reply, and replies that are no good: what they leave in the dataset and the journal."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor, build_steps, self_instruct
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer, per_attempt, per_request
from tests.run.scripts import NO_REPLY, Author, config, files

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = {name: 0.28 / len(NO_REPLY) for name in NO_REPLY} | {"hang": 0.02}
POOR = dict.fromkeys(("empty", "noise", "truncated", "huge", "wrong_shape"), 0.02)
N = 200


async def grow(folder: Path, server: ScriptedServer) -> Monitor:
    """A run against a server."""
    monitor = Monitor()
    settings = config(model__base_url=server.base_url, run__max_concurrency=32, run__lookahead=8, model__timeout=1)
    await self_instruct(settings, folder, monitor=monitor).ainvoke({"n": N})
    return monitor


@pytest.mark.slow
async def test_a_third_of_the_calls_without_a_reply_leave_no_trace(tmp_path: Path) -> None:
    """With 30% of attempts failing in 14 ways a run of 200 tasks equals the one without; each fault is journalled."""
    with ScriptedServer() as server:
        await grow(tmp_path / "plain", server)
    with ScriptedServer(faults=per_attempt(FAULTS)) as server:
        monitor = await grow(tmp_path / "faulty", server)

    assert files(tmp_path / "faulty") == files(tmp_path / "plain")
    assert set(server.counts.faults) == set(FAULTS)
    assert 0.2 < server.counts.faults.total() / server.counts.requests < 0.4
    assert server.counts.faults.total() - monitor.total.faults <= 32  # those that were cancelled at the end


@pytest.mark.slow
async def test_poor_replies_on_top_are_asked_once_more_or_dropped(tmp_path: Path) -> None:
    """With 10% poor replies on top it finishes; what was dropped was asked twice, and retries add up in the journal."""
    with ScriptedServer(faults=per_attempt(FAULTS), poor=per_request(POOR)) as server:
        monitor = await grow(tmp_path, server)
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]
    replies = Counter(line["key"] for line in lines if "reply" in line)
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_bytes().splitlines()]

    assert monitor.finished == N
    assert set(server.counts.poor) == set(POOR)
    assert set(replies.values()) == {1}
    assert sum("error" in line for line in lines) == monitor.total.faults
    again = {key.rsplit("/", 1)[0] for key in replies if key.endswith("/2")}
    assert again
    assert all(f"{call}/1" in replies for call in again)
    dropped = {
        drop["id"]
        for drop in rejected
        if drop["stage"] in {"task", "request"} and drop["rule"] in {"unreadable", "truncated"}
    }
    assert dropped <= {call.split("/")[1] for call in again}


async def test_a_wrong_key_stops_all_calls(tmp_path: Path) -> None:
    """401 to all: one error that says what to check, no second attempt at any call, nothing in the journal."""
    with ScriptedServer(faults=lambda _: "401") as server:
        chain = self_instruct(config(model__base_url=server.base_url), tmp_path)
        with pytest.raises(ProviderError, match="check the key"):
            await chain.ainvoke({"n": 5})

    assert server.counts.requests <= 3  # as many as the lookahead lets go at once
    assert max(asked.attempt for asked in server.asked) == 1
    assert (tmp_path / "journal.jsonl").read_bytes() == b""


def test_a_step_does_the_same_with_and_without_listeners() -> None:
    """What is called when nobody listens gives the results and errors of the LCEL chain, second attempts included."""
    from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackHandler

    class Poor(Author):
        async def __call__(self, prompt: str, seed: int | None) -> Reply:
            return await super().__call__(prompt, len(prompt))

    def results(heard: bool) -> list[object]:
        steps = build_steps(config(), models=Poor(poor=0.45).model)
        handlers: list[BaseCallbackHandler] = [BaseCallbackHandler()] if heard else []

        async def one(step: object, value: object) -> object:
            try:
                return await step.ainvoke(value, {"callbacks": AsyncCallbackManager(handlers), "metadata": {}})  # type: ignore[attr-defined]
            except UnreadableReply as unreadable:
                return str(unreadable), type(unreadable)

        async def all_() -> list[object]:
            values = [f"Decide whether {n} is even." if n % 3 else f"Explain the number {n}." for n in range(40)]
            shown = [[value, "Write a poem."] for value in values]
            return [await one(steps.complete, v) for v in values] + [await one(steps.instructions, v) for v in shown]

        return asyncio.run(all_())

    heard, unheard = results(heard=True), results(heard=False)
    assert heard == unheard
    assert {type(result) for result in heard} >= {tuple}
    assert len({type(result) for result in heard}) == 3


async def test_a_second_attempt_says_so_in_its_metadata() -> None:
    """With and without listeners, the attempt's number is in the metadata of the call."""
    seen: list[object] = []

    class Noting(ScriptedChat):
        async def ainvoke(self, input, config=None, **kwargs):
            seen.append((config or {}).get("metadata", {}).get("selfinstruct_attempt"))
            return await super().ainvoke(input, config, **kwargs)

    from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackHandler

    def script(prompt: str, seed: int | None) -> Reply:
        return Reply("") if len(seen) % 2 else scripted_author(prompt, seed)

    step = build_steps(config(), models=Noting(reply=script)).classification
    for handlers in ([], [BaseCallbackHandler()]):
        await step.ainvoke("Decide it.", {"callbacks": AsyncCallbackManager(handlers), "metadata": {}})

    assert seen == [None, 2, None, 2]
