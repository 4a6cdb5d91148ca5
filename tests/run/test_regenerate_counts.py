"""How many calls it takes to write a run anew, whose sample is the best, and what is kept of the rest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.manifest import read_manifest
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.regenerate import Change, How, Regeneration
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHAIN = load_config("openai", {"run.max_concurrency": 1})
TASKS = [task(0, "Name a river.", ("", "Nile"), ("Asia", "Indus")), task(13, "Count to {n}.", ("3", "1 2"))]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two tasks with three instances."""
    return run_folder(tmp_path / "run", TASKS).path


def work(run: Path, script: Callable[[str, int | None], Any] = scripted_author, **how: Any) -> Regeneration:
    """By a scripted model, beside the run."""
    return Regeneration(run, run.parent / "anew", How(CHAIN, model=ScriptedChat(reply=script), **how))


@pytest.mark.parametrize(
    ("how", "calls"), [({}, 3), ({"inputs": True}, 2), ({"best_of": 2}, 12), ({"inputs": True, "best_of": 3}, 12)]
)
def test_how_many_calls_it_takes(run: Path, how: dict[str, Any], calls: int) -> None:
    """One for each place and sample; with a judge, a rating for each of these too."""
    if "best_of" in how:
        how = how | {"judge_model": ScriptedChat(reply=scripted_author)}
    monitor = work(run, **how).monitor
    monitor.begin(1, {}, {}, [])

    assert monitor.wanted == calls


RATED = {"a": "C", "b": "B", "c": "B", "d": "unreadable", "e": "D"}


@pytest.mark.parametrize(
    ("samples", "best"),
    [("abc", "b"), ("acb", "c"), ("da", "a"), ("ed", "e"), ("de", "e"), ("xa", "a"), ("xd", "d"), ("ea", "a")],
)
async def test_the_best_rated_is_taken(run: Path, samples: str, best: str) -> None:
    """The first of equals; one whose rating can't be read comes after all that are rated, what is no reply last."""
    left: dict[str, list[str]] = {}

    def writes(prompt: str, seed: int | None) -> str:
        replies = [reply for one in samples for reply in ([" ", " "] if one == "x" else [f"answer {one}"])]
        return left.setdefault(prompt, replies).pop(0)

    def rates(prompt: str, seed: int | None) -> str:
        [answer] = re.findall(r'(?m)^Answer: "answer (\w)"$', prompt)
        return json.dumps({"reason": "", "rating": RATED[answer]})

    found = await work(run, writes, best_of=len(samples), judge_model=ScriptedChat(reply=rates)).run()

    assert {one.output for each in found.tasks for one in each.instances} == {f"answer {best}"}
    told = RunReader(run.parent / "anew").origin.regenerated
    assert told
    assert (told.wrote, told.model, told.best_of, told.judge, told.before) == (
        *("outputs", "ScriptedChat", len(samples), "ScriptedChat"),
        "",
    )


async def test_a_new_run_has_a_fingerprint_by_all_that_shaped_it(run: Path) -> None:
    """The old one's, the prompt, the seeds; without a judge there is nothing of ratings."""
    await work(run, lambda prompt, seed: "Fine.").run()
    shaping = read_manifest(run.parent / "anew")["shaping"]
    own = {key: value for key, value in shaping.items() if key.startswith("regenerated.")}

    assert own["regenerated.calls.source"] == read_manifest(run)["fingerprint"]
    assert (own["regenerated.calls.samples"], own["regenerated.calls.own"]) == (1, "ScriptedChat")
    assert not [key for key in own if key.startswith("regenerated.ratings.")]
    assert (run.parent / "anew" / "calls" / "journal.jsonl").exists()
    assert not (run.parent / "anew" / "ratings").exists()


async def test_what_is_lost_is_rejected_by_its_request(run: Path) -> None:
    """With the old instance where one had no reply; a task that has none left comes last."""

    def poor(prompt: str, seed: int | None) -> str:
        return " " if "Count" in prompt else "Fine."

    found = await work(run, poor).run()
    told = [(one.id, one.rule, one.stage, one.text, one.request) for one in found.rejected]

    assert told == [
        ("000001-03", "unreadable", "instance", '{"input": "3", "output": "1 2"}', 1),
        ("000001-03", "no_instance", "task", "Count to {n}.", 1),
    ]
    assert [change.is_changed for change in found.changes] == [True]


async def test_a_task_that_says_no_request_is_of_the_first(tmp_path: Path) -> None:
    """What is dropped of it has to have one."""
    bare = TASKS[0].model_copy(update={"provenance": None})
    found = await work(run_folder(tmp_path / "run", [bare]).path, lambda prompt, seed: " ").run()

    assert {one.request for one in found.rejected} == {0}


async def test_the_same_again_is_no_change(run: Path) -> None:
    """A task whose instances come out as they were."""
    kept = {"Name a river.\n\nAsia": "Indus", "Name a river.": "Nile", "Count": "3 2 1"}
    found = await work(run, lambda prompt, seed: next(said for key, said in kept.items() if key in prompt)).run()

    assert [change.is_changed for change in found.changes] == [False, True]
    assert not Change(TASKS[0], TASKS[0].instances).is_changed


def test_a_folder_of_its_own_goes_on(run: Path) -> None:
    """One that has its calls, or nothing at all; the run itself by another name is none."""
    there = run.parent / "anew"
    (there / "calls").mkdir(parents=True)
    (there / "notes.txt").touch()
    assert work(run)
    (run.parent / "empty").mkdir()
    assert Regeneration(run, run.parent / "empty", How(CHAIN, model=ScriptedChat(reply=scripted_author)))
    (run.parent / "link").symlink_to(run)
    with pytest.raises(RunError, match="the run itself, which is not changed"):
        Regeneration(run, run.parent / "link", How(CHAIN, model=ScriptedChat(reply=scripted_author)))


def test_a_run_without_its_seeds_is_not_written_anew(run: Path) -> None:
    """They are examples."""
    (run / "seeds.jsonl").unlink()
    with pytest.raises(RunError, match=r"seeds\.jsonl: missing or empty; restore it from a copy"):
        work(run)
