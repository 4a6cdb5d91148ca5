"""A run's instances written anew: whole, resumed, within budgets, and told of by all that read a run."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Instance, load_config
from selfinstruct_chains.errors import BudgetReached, Interrupted, RunError
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.outputs.regenerated_text import regenerated_text
from selfinstruct_chains.outputs.stats import statistics
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.manifest import opened
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.regenerate import How, Regeneration
from selfinstruct_chains.run.repair import repair
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion
from tests.outputs.runs import CONFIG, SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.regenerate import Regenerated

STRONG = load_config("openai", {"model.name": "strong", "run.max_concurrency": 3})
TASKS = [
    task(0, "Name a river of Africa.", ("", "nile")),
    task(1, "Say how the writer feels, in one word.", ("I won!", "sad"), ("It rains.", "glad"), labels=True),
    task(2, "Write the numbers from one to {n}.", ("3", "1 2")),
]
GOOD = {"Name a river": "The Zambezi.", "I won!": "Glad.", "It rains.": "Sad.", "numbers": "1 2 3"}


def files(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Strong:
    """Answers as `GOOD` has it, or as it is told; counts."""

    def __init__(self, told: dict[str, str] | None = None) -> None:
        self.prompts: list[str] = []
        self._said = GOOD | (told or {})

    def __call__(self, prompt: str, seed: int | None) -> Reply:
        self.prompts.append(prompt)
        asked = prompt.rpartition("Task:")[2]
        said = next(said for key, said in self._said.items() if key in asked)
        return Reply(said, input_tokens=5, output_tokens=2)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three tasks with four instances, none of them good."""
    return run_folder(tmp_path / "run", TASKS).path


async def anew(run: Path, script: Any, *, how: dict[str, Any] | None = None, **budgets: Any) -> Regenerated:
    """The run's instances by a scripted model, beside the run."""
    given = How(STRONG, model=ScriptedChat(reply=script))._replace(**(how or {}))
    return await Regeneration(run, run.parent / "anew", given).run(budgets or None)  # type: ignore[arg-type]


async def test_outputs_are_written_anew(run: Path) -> None:
    """For the same instructions and inputs; the run is as it was."""
    before, strong = files(run), Strong()
    found = await anew(run, strong)
    new = RunReader(run.parent / "anew")

    assert files(run) == before
    assert [[(one.input, one.output) for one in each.instances] for each in new.tasks()] == [
        [("", "The Zambezi.")],
        [("I won!", "Glad."), ("It rains.", "Sad.")],
        [("3", "1 2 3")],
    ]
    assert [each.model_copy(update={"instances": ()}) for each in new.tasks()] == [
        each.model_copy(update={"instances": ()}) for each in TASKS
    ]
    assert list(new.seeds()) == [SEED]
    assert len(strong.prompts) == 4
    assert "Human: Write the numbers from one to {n}.\n\n3" in strong.prompts[-1]
    assert not found.rejected
    text = regenerated_text(found)
    assert "3 of 3 tasks (100%)" in text
    assert "Before       nile" in text
    assert "Now          The Zambezi." in text
    assert max(map(len, text.splitlines())) < 80


async def test_it_is_a_run_of_its_own(run: Path) -> None:
    """It says what it was made from, has a fingerprint of its own, and has nothing to extend or filter."""
    await anew(run, Strong())
    old, new = RunReader(run), RunReader(run.parent / "anew")

    assert new.origin.fingerprint != old.origin.fingerprint
    assert new.origin.made == f"Outputs written anew by ScriptedChat, for the run {old.origin.fingerprint[:12]}"
    assert statistics(new).as_json()["table_1"]["instances"] == 4
    assert not new.unfinished()
    with pytest.raises(RunError, match="made by regenerate, of another run; it can't be extended"):
        opened(new.path, CONFIG, [SEED])
    with pytest.raises(RunError, match="made by regenerate, and has no replies of its own"):
        refilter(new.path, {"novelty.threshold": 0.5}, run.parent / "filtered")
    (new.path / "tasks.jsonl").write_text("{}\n")
    assert repair(new.path).left == [
        "tasks.jsonl: damaged, and there is no journal; the same regenerate writes it anew"
    ]
    await anew(run, Strong())
    assert [each.id for each in RunReader(new.path).tasks()] == [each.id for each in TASKS]


async def test_what_the_run_s_filters_drop_goes(tmp_path: Path) -> None:
    """A refusal is no output; a task without an instance left is rejected; what has no reply is told of too."""
    run = run_folder(tmp_path / "run", TASKS, seeds=read_seeds(SEEDS)[:9]).path
    refusal = "I'm sorry, but I can't help with that."
    found = await anew(run, Strong({"numbers": refusal, "It rains.": " ", "I won!": "Output: Glad."}))
    new = RunReader(run.parent / "anew")

    assert [each.id for each in new.tasks()] == ["000000-00", "000000-01"]
    assert [one.output for one in found.tasks[1].instances] == ["Glad."]
    assert [(one.id, one.stage, one.rule) for one in new.rejections()] == [
        ("000000-01", "instance", "unreadable"),
        ("000000-02", "instance", "refusal"),
        ("000000-02", "task", "no_instance"),
    ]
    assert list(new.rejections()) == found.rejected
    assert "1, with no instance left" in regenerated_text(found)


async def test_filters_of_its_program_are_named(run: Path, tmp_path: Path) -> None:
    """They drop nothing now, and one line says so, once; of a run without them nothing is said."""

    def no_zambezi(_: str, instance: Instance) -> str | None:
        return "no_zambezi" if "Zambezi" in instance.output else None

    own = brought(instance_filters=[no_zambezi]).shaping({})
    folder = Folder(tmp_path / "own", CONFIG, [SEED], own)
    folder.task(TASKS[0])
    folder.close()
    work = Regeneration(tmp_path / "own", tmp_path / "anew", How(STRONG, model=ScriptedChat(reply=Strong())))
    found = await work.run()

    [note] = [note for note in work.monitor.notes if "own" in note]
    assert "no_zambezi are not in the folder, so they don't filter what is written anew" in note
    assert found.tasks[0].instances[0].output == "The Zambezi."
    assert not Regeneration(run, tmp_path / "other", How(STRONG, model=ScriptedChat(reply=Strong()))).monitor.notes


async def test_stopped_it_goes_on(run: Path) -> None:
    """By a budget over all its calls; nothing is asked twice, and half of it is no run."""
    strong, there = Strong(), run.parent / "anew"
    with pytest.raises(BudgetReached):
        await anew(run, strong, calls=2)
    with pytest.raises(RunError, match="not a run folder"):
        RunReader(there)
    await anew(run, strong)
    first = files(there)
    await anew(run, strong)

    assert len(strong.prompts) == 4
    assert {name: one for name, one in files(there).items() if name.startswith("tasks")} == {
        name: one for name, one in first.items() if name.startswith("tasks")
    }
    with pytest.raises(RunError, match="samples differ"):
        await anew(run, strong, how={"best_of": 2, "judge_model": ScriptedChat(reply=strong)})


async def test_an_interrupt_is_gentle(run: Path) -> None:
    """What is in flight comes in and is kept."""
    strong = Strong()

    def stops(prompt: str, seed: int | None) -> Reply:
        work.monitor.interrupt(Interrupted("by Ctrl-C"))
        return strong(prompt, seed)

    work = Regeneration(run, run.parent / "anew", How(STRONG, model=ScriptedChat(reply=stops)))

    with pytest.raises(Interrupted):
        await work.run()
    asked = len(strong.prompts)
    await anew(run, strong)
    assert asked < len(strong.prompts) == 4


async def test_the_best_of_several(run: Path) -> None:
    """By a judge's ratings, the first of equals; calls of both count against one budget."""
    seen: dict[str, int] = {}

    def several(prompt: str, seed: int | None) -> str:
        seen[prompt] = seen.get(prompt, 0) + 1
        return f"answer {seen[prompt]}"

    def rates(prompt: str, seed: int | None) -> str:
        [answer] = re.findall(r'(?m)^Answer: "answer (\d)"$', prompt)
        return json.dumps({"reason": "", "rating": {"1": "C", "2": "A", "3": "A"}[answer]})

    how = {"best_of": 3, "judge_model": ScriptedChat(reply=rates)}
    one_at_a_time = load_config("openai", {"run.max_concurrency": 1})
    with pytest.raises(BudgetReached, match="15 calls"):
        await anew(run, several, how=how | {"chain": one_at_a_time}, calls=15)
    found = await anew(run, several, how=how | {"chain": one_at_a_time})
    made = RunReader(run.parent / "anew").origin.regenerated

    assert set(seen.values()) == {3}
    assert [one.output for each in found.tasks for one in each.instances] == ["answer 2"] * 4
    assert made is not None
    assert (made.best_of, made.judge) == (3, "ScriptedChat")


async def test_inputs_too(run: Path) -> None:
    """By the form of the task; then a task may have another number of instances."""
    written = {
        "input_first": {"instances": [{"input": "", "output": "The Congo."}]},
        "output_first": {"instances": [{"label": "glad", "input": "Sun!"}, {"label": "sad", "input": "Mud."}]},
    }

    def strong(prompt: str, seed: int | None) -> str:
        form = "output_first" if "Class label" in prompt or '"label"' in prompt else "input_first"
        return json.dumps(written[form])

    found = await anew(run, strong, how={"inputs": True})

    assert [len(each.instances) for each in found.tasks] == [1, 2, 1]
    assert [(one.input, one.output) for one in found.tasks[1].instances] == [("Sun!", "glad"), ("Mud.", "sad")]
    assert RunReader(run.parent / "anew").origin.made.startswith("Inputs and outputs written anew by ScriptedChat")


async def test_a_completion_model_is_shown_seeds(run: Path) -> None:
    """And goes on where "Output:" stands."""
    strong = Strong()
    await anew(run, strong, how={"model": ScriptedCompletion(reply=strong)})

    assert all(prompt.endswith("\nOutput:") for prompt in strong.prompts)
    assert all("Task: Name a river.\nOutput: The Elbe.\n\nTask: " in prompt for prompt in strong.prompts)


@pytest.mark.parametrize("kind", ["empty", "strangers", "itself", "file"])
def test_what_can_t_be_is_one_line(run: Path, kind: str) -> None:
    """Before anything is asked."""
    other = run.parent / "other"
    if kind == "empty":
        run = run_folder(run.parent / "bare", []).path
    elif kind == "strangers":
        other.mkdir()
        (other / "thesis.txt").touch()
    elif kind == "file":
        other.touch()
    said = {
        "empty": "no finished tasks yet",
        "strangers": "it is there already, and not by regenerate",
        "itself": "the run itself, which is not changed",
        "file": "a file; give a folder",
    }
    with pytest.raises(RunError, match=said[kind]):
        Regeneration(run, run if kind == "itself" else other, How(STRONG, model=ScriptedChat(reply=Strong())))
