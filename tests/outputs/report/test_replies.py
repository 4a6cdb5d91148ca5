"""The prompts and replies that a report holds."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.outputs.report.replies import replies
from selfinstruct_chains.run.calls import Calls
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.outputs.runs import run_folder, task
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """A run whose model writes some that can't be read."""
    folder = tmp_path_factory.mktemp("told") / "run"
    self_instruct(config(), folder, models=Author(poor=0.2).model).invoke({"n": 8})
    return RunReader(folder)


def calls_of(blocks: list[str]) -> list[dict[str, Any]]:
    """The calls, as the page unpacks them."""
    return [call for block in blocks for call in json.loads(gzip.decompress(base64.b64decode(block)))]


def test_each_task_has_its_calls(run: RunReader) -> None:
    """The very prompts and replies that `log` shows, each call once; of dropped candidates too."""
    found = {call["key"]: call for call in calls_of(replies(run).blocks)}
    keys = [call["key"] for call in calls_of(replies(run).blocks)]
    told = {one.entry.key: one for task in run.tasks() for one in Calls(run).about(task.id).calls}

    assert len(keys) == len(found)
    assert {key for task in run.tasks() if task.provenance for key in task.provenance.calls} <= found.keys()
    for key, one in told.items():
        assert found[key]["prompt"] == [list(turn) for turn in one.prompt.turns]
        assert (found[key]["reply"], found[key]["outcome"]) == (one.entry.reply, one.outcome)
        assert found[key]["note"] == ""
    assert {dropped.id.partition("-")[0] for dropped in run.rejections()} <= {call["item"] for call in found.values()}


def test_there_are_as_many_as_asked_for(run: RunReader) -> None:
    """Of the first task alone, and of the first dropped candidate; or none."""
    first = next(run.tasks())
    items = {call["item"] for call in calls_of(replies(run, 1).blocks)}

    assert first.id in items
    assert len([item for item in items if "-" in item]) <= 2
    assert replies(run, 0) == ([], "this page was made without them")


def test_a_long_reply_is_cut_and_says_so(tmp_path: Path) -> None:
    """So that no page grows beyond bounds; what is as long as the bound is whole."""
    texts = {"instructions/000000/1": "x" * 20_000, "input_first/000000-00/1": "y" * 21_234}
    entries = [Entry(key, "h", reply=text, usage=None, model="m", ms=5) for key, text in texts.items()]
    found = calls_of(replies(run_folder(tmp_path, [task(0, "Say it.")], (), entries)).blocks)

    assert [call["reply"] for call in found] == [
        "x" * 20_000,
        "y" * 20_000 + "\n(1,234 characters more: see selfinstruct log)",
    ]
    assert "can't be made anew" in found[0]["note"]


def test_a_run_that_was_made_of_another_says_where_its_calls_are(run: RunReader, tmp_path: Path) -> None:
    """It has none of its own, and its page can be made all the same."""
    refilter(run.path, {"novelty.threshold": 0.65}, tmp_path / "new")
    found = replies(RunReader(tmp_path / "new"))

    assert found.blocks == []
    assert "made of another run, and has no calls of its own" in found.why_not


def test_what_calls_took_is_told(tmp_path: Path) -> None:
    """Tokens where they were counted, the model, and why it ended; an attempt without a reply has none of it."""
    tokens = {"input_tokens": 12_345, "output_tokens": 6, "total_tokens": 12_351}
    entries = [
        Entry("instructions/000000/1", "h", reply="r", finish_reason="stop", usage=tokens, model="m", ms=5),
        Entry.fault("input_first/000000-00/1", "h", "503"),
        Entry("input_first/000000-00/2", "h", reply="s", ms=5),
    ]
    found = calls_of(replies(run_folder(tmp_path, [task(0, "Say it.")], (), entries)).blocks)

    assert [(call["item"], call["key"], call["took"], call["reply"]) for call in found] == [
        ("000000", "instructions/000000/1", "12,345 tokens in, 6 tokens out, m, stop", "r"),
        ("000000-00", "input_first/000000-00/1", "", None),
        ("000000-00", "input_first/000000-00/2", "", "s"),
    ]
    assert found[1]["outcome"] == "no reply: 503"


def test_two_hundred_tasks_have_theirs_in_blocks(tmp_path: Path) -> None:
    """Of five hundred calls each; those of later tasks are left out unless they are asked for."""
    tasks = [task(number, f"Say {number}.") for number in range(201)]
    keys = [f"input_first/000019-09/{attempt}" for attempt in range(1, 502)] + ["input_first/000020-00/1"]
    run = run_folder(tmp_path, tasks, (), [Entry.fault(key, "", "503") for key in keys])
    blocks = replies(run).blocks

    assert [len(calls_of([block])) for block in blocks] == [500, 1]
    assert [call["key"] for call in calls_of(blocks)] == keys[:-1]
    assert [call["key"] for call in calls_of(replies(run, 201).blocks)] == keys


def test_every_prompt_is_the_one_that_was_sent(tmp_path: Path) -> None:
    """Also of a candidate that lost an instance, or all of them, and of a task beyond those that are asked for."""

    def author(prompt: str, seed: int | None) -> Reply:
        made = scripted_author(prompt, seed)
        if "Task: " not in prompt or '{"instances"' not in prompt:
            return made
        good, bad = '{"input": "a", "output": "b"}', '{"input": "a b", "output": "a b"}'
        kept = ([good, bad], [bad], [good], [good])[len(prompt) % 4]
        return made._replace(text=f'{{"instances": [{", ".join(kept)}]}}')

    self_instruct(config(), tmp_path / "run", models=ScriptedChat(reply=author)).invoke({"n": 8})
    run = RunReader(tmp_path / "run")
    lost = [one.id for one in run.rejections() if one.stage == "instance"]
    fates = {one.id for one in run.tasks()}, {one.id for one in run.rejections() if one.stage == "task"}

    assert all(fate & set(lost) for fate in fates)
    for most in (1, 2, 3, 6):
        calls = calls_of(replies(run, most).blocks)
        assert {call["note"] for call in calls} == {""}, most
        assert all(call["prompt"] for call in calls)
