"""A run's candidates from its journal alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.manifest import read_manifest
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.replay import as_asked, replayed
from selfinstruct_chains.tasks import Task
from tests.outputs.runs import CONFIG, SEED
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """A run whose every request shows what the one before gave; the last one's candidates are not all completed."""
    folder = tmp_path_factory.mktemp("replayed") / "run"
    chain = self_instruct(config(run__lookahead=1), folder, models=Author(poor=0.2, seed=1).model)
    chain.invoke({"n": 25})
    return RunReader(folder)


def test_the_same_filters_give_the_same_candidates(run: RunReader) -> None:
    """In their order: tasks and drops as the run has them, and those without a reply not settled."""
    seeds, tasks, dropped = list(run.seeds()), list(run.tasks()), list(run.rejections())
    slots = list(replayed(run, run.config, seeds))
    outcomes = [one for slot in slots for one in slot.outcome]

    assert [one for one in outcomes if isinstance(one, Task)][: len(tasks)] == tasks
    assert [one for one in outcomes if not isinstance(one, Task)][: len(dropped)] == dropped
    assert [slot.id for slot in slots] == sorted(slot.id for slot in slots)
    assert {slot.request for slot in slots} == set(range(max(slot.request for slot in slots) + 1))
    assert all(slot.accepted or slot.settled for slot in slots)
    assert not any(slot.live for slot in slots)
    assert len({slot.request for slot in slots}) > 2


def test_other_filters_judge_the_same_candidates(run: RunReader) -> None:
    """What the run asked is as it was; a threshold that nothing reaches drops all but what is like nothing else."""
    seeds = list(run.seeds())
    strict = run.config.model_copy(update={"novelty": run.config.novelty.model_copy(update={"threshold": 0.2})})
    before, now = (list(replayed(run, one, seeds)) for one in (run.config, strict))

    assert [(slot.id, slot.text) for slot in now] == [(slot.id, slot.text) for slot in before]
    assert sum(slot.accepted for slot in now) < sum(slot.accepted for slot in before)
    assert "novelty" in {one.rule for slot in now for one in slot.outcome if not isinstance(one, Task)}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"own.parsers.instructions": "x"}, "the replies for instructions were read by a parser of your own"),
        (
            {"own.parsers.instructions": "x", "own.parsers.input_first": "y"},
            "the replies for input_first, instructions were read by a parser of your own",
        ),
        ({"own_filters": ["a.f", "b.g"]}, "what it kept was chosen by your own a.f, b.g too"),
        (
            {"own.parsers.judge": "x", "own_filters": ["a"]},
            "the replies for judge were read by a parser of your own and what it kept was chosen by your own a too",
        ),
    ],
)
def test_what_only_its_own_program_can_judge_is_refused(tmp_path: Path, own: dict[str, Any], said: str) -> None:
    """By what is not in the folder."""
    Folder(tmp_path / "run", CONFIG, [SEED], dict(sorted(own.items()))).close()
    run = RunReader(tmp_path / "run")
    with pytest.raises(RunError) as raised:
        next(replayed(run, CONFIG, [SEED]))

    assert str(raised.value) == f"{run.path}: {said}, not in the folder; run it again from Python instead"


def test_how_a_run_s_models_were_asked(tmp_path: Path) -> None:
    """By the chain file's kind, or by that of the user's own model; in text where nothing else was found."""
    folder = Folder(tmp_path / "run", CONFIG, [SEED], {"own.kinds.input_first": "completion"})
    folder.close()
    asked = as_asked(RunReader(tmp_path / "run"), [SEED], Journal())

    assert asked.kinds == {
        "instructions": "chat",
        "classification": "chat",
        "input_first": "completion",
        "output_first": "chat",
    }
    assert asked.config.instances.input_first.output == "text"
    assert asked.links.keys() == asked.kinds.keys()
    assert read_manifest(tmp_path / "run")["chain"]["instances"]["input_first"]["output"] == "auto"
