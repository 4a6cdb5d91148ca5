"""What other filters make of a run: each candidate counted as gained, lost, or without a reply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Rejection, Task, read_seeds, self_instruct
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.manifest import read_manifest
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing import Reply, ScriptedChat
from tests.run.scripts import config, files

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = read_seeds(shipped.SEEDS)[:8]
WRITTEN = (
    "Explain how tides come about.",
    "Count sheep",
    "Name three rivers of Africa and their lengths.",
    "Explain how the tides come about.",
    "Translate this menu for my French guests.",
    "Plan a birthday party for twins aged five.",
)


def author(prompt: str, seed: int | None = None) -> Reply:
    """Writes these, and for each an instance that echoes its input for the rivers."""
    if "Is it classification?" in prompt:
        return Reply("No")
    if "Task: " not in prompt:
        return Reply("\n".join(f"{number}. {text}" for number, text in enumerate(WRITTEN, start=9)))
    same = "rivers" in prompt.rpartition("Task: ")[2]
    return Reply(
        json.dumps({"instances": [{"input": "The Nile is long.", "output": "The Nile is long." if same else "Y"}]})
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tasks; one candidate was too short, one like another, and of one its instance was an echo."""
    folder = tmp_path_factory.mktemp("run") / "run"
    chain = self_instruct(
        config(run__lookahead=1, instances__input_first__output="json_schema", instances__output_first__output="text"),
        folder,
        models=ScriptedChat(reply=author),
        seeds=SEEDS,
    )
    chain.invoke({"n": 3})
    return folder


def filters(run: Path, *without: str) -> dict[str, Any]:
    """The chain's filters but these."""
    kept = [one.model_dump(mode="json") for one in RunReader(run).config.filters]
    return {"filters": [one for one in kept if one["kind"] not in without]}


def test_the_run_is_as_it_is_meant(run: Path) -> None:
    """Before anything is made of it."""
    assert [task.id for task in RunReader(run).tasks()] == ["000000-00", "000000-04", "000000-05"]
    assert [(one.id, one.rule) for one in RunReader(run).rejections()][:4] == [
        ("000000-01", "too_short"),
        ("000000-02", "echo"),
        ("000000-02", "no_instance"),
        ("000000-03", "novelty"),
    ]


def test_by_the_same_filters_it_is_the_same(run: Path, tmp_path: Path) -> None:
    """Whoever asks hears how far it is, of as many candidates as were done."""
    told: list[tuple[str, int, int | None]] = []
    found = refilter(run, {}, tmp_path / "new", lambda *said: told.append(said))

    assert files(tmp_path / "new") == files(run)
    assert (len(found.tasks), found.gained, found.lost, found.unanswered) == (3, 0, {}, [])
    assert found.rejected == list(RunReader(run).rejections())
    done = len({task.id for task in RunReader(run).tasks()} | {one.id for one in RunReader(run).rejections()})
    assert [said[:2] for said in told] == [("filtering", number) for number in range(1, done + 1)]
    assert {said[2] for said in told} == {done}
    assert (tmp_path / "new" / "unanswered.jsonl").read_text() == ""


def test_what_is_accepted_now_and_was_not_has_no_reply(run: Path, tmp_path: Path) -> None:
    """It is kept beside the tasks; what has replies is gained."""
    found = refilter(run, filters(run, "length", "echo"), tmp_path / "new")

    assert [task.id for task in found.tasks][:2] == ["000000-00", "000000-02"]
    assert (found.gained, found.lost) == (1, {})
    assert [slot.id for slot in found.unanswered] == ["000000-01"], (found.rejected, found.tasks)
    lines = [json.loads(line) for line in (tmp_path / "new" / "unanswered.jsonl").read_text().splitlines()]
    assert lines[0] == {"id": "000000-01", "instruction": "Count sheep", "request": 0}
    assert [line["id"] for line in lines] == [slot.id for slot in found.unanswered]
    assert all(isinstance(one, Task) for one in found.tasks)
    assert all(isinstance(one, Rejection) for one in found.rejected)


def test_what_is_gone_is_counted_by_its_rule(run: Path, tmp_path: Path) -> None:
    """That which dropped it now, as an instruction or with its last instance."""
    strict = filters(run, "length")
    strict["filters"].insert(0, {"kind": "length", "min_words": 6, "max_words": 7})
    found = refilter(run, strict, tmp_path / "new")
    read = RunReader(tmp_path / "new")

    assert found.lost == {"too_short": 1, "too_long": 1}
    assert found.gained == 0
    assert [task.instruction for task in read.tasks()] == [WRITTEN[4]]
    assert list(read.tasks()) == found.tasks
    assert list(read.rejections()) == found.rejected
    assert read.origin.made.startswith("Refiltered, without a call, from the run ")
    assert read.origin.refiltered
    assert read.origin.refiltered.source == read_manifest(run)["fingerprint"]


def test_what_can_not_be_is_one_line(run: Path, tmp_path: Path) -> None:
    """Another key, a value that can't be, a filter that is not there, a run that was made of another."""
    refilter(run, {}, tmp_path / "new")
    told: list[tuple[dict[str, Any], str]] = [
        (
            {"run.seed": 1},
            "--set run.seed: refilter changes filters and novelty only; all else shapes what the model is",
        ),
        ({"novelties": 1}, "--set novelties: refilter changes filters and novelty only"),
        ({"novelty.threshold": 7}, "--set novelty.threshold: input should be less than or equal to 1"),
        ({"filters.99.min_words": 7}, "--set filters.99"),
    ]
    for overrides, said in told:
        with pytest.raises(ConfigError) as refused:
            refilter(run, overrides, tmp_path / "other")
        assert str(refused.value).startswith(said)
    source = read_manifest(run)["fingerprint"][:12]
    with pytest.raises(RunError) as raised:
        refilter(tmp_path / "new", {}, tmp_path / "other")
    assert str(raised.value) == (
        f"{tmp_path}/new: made by refilter, and has no replies of its own; refilter the run that it was made from, of "
        f"fingerprint {source}"
    )
    assert not (tmp_path / "other").exists()
    with pytest.raises(RunError, match="it is there already; choose another folder: -o"):
        refilter(run, {}, tmp_path / "new")
