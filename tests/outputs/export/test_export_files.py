"""What stands beside an export's data, what is said of it, and how it is put there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import OPENAI_MINIMUM
from selfinstruct_chains.outputs.export.placing import placing
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

THIRTEEN = "one two three four five six seven eight nine ten eleven twelve thirteen"


def test_llama_factory_s_file_tells_of_each_split(tmp_path: Path) -> None:
    """By the chain's name."""
    run = run_folder(tmp_path / "run", [task(number, f"Do thing {number}") for number in range(20)])
    export(run, "alpaca", tmp_path / "out", Choice(shares=Shares(test=0.4)))

    shape = {"formatting": "alpaca", "columns": {"prompt": "instruction", "query": "input", "response": "output"}}
    expected = {f"openai_{split}": {"file_name": f"{split}.json", **shape} for split in ("train", "test")}
    assert (tmp_path / "out" / "dataset_info.json").read_text() == json.dumps(expected, indent=2) + "\n"


def test_what_was_left_out_is_listed_with_its_likeness(tmp_path: Path) -> None:
    """Where it has one."""
    run = run_folder(tmp_path / "run", [task(0, "Say it now"), task(1, "Count up", (THIRTEEN, "x")), task(2, "Go on")])
    evaluation = tmp_path / "eval.txt"
    evaluation.write_text(f"Say it now\n{THIRTEEN}")
    done = export(run, "csv", tmp_path / "out", Choice(exclude=(evaluation,)))

    place = {"file": str(evaluation)}
    assert [json.loads(line) for line in (tmp_path / "out" / "excluded.jsonl").read_text().splitlines()] == [
        {"id": "000000-00", "instruction": "Say it now", "what": "instruction", **place, "line": 1}
        | {"text": "Say it now", "score": 1.0},
        {"id": "000000-01", "instruction": "Count up", "what": "input", **place, "line": 2, "text": THIRTEEN},
    ]
    assert [path.name for path in done.files] == ["README.md", "excluded.jsonl", "train.csv"]
    assert done.notes == ("Left out: 2 tasks in the evaluation files.",)
    assert (done.card, done.data) == (tmp_path / "out" / "README.md", (tmp_path / "out" / "train.csv",))
    assert done.load == f"pandas.read_csv('{tmp_path}/out/train.csv', dtype=str, keep_default_na=False)"


@pytest.mark.parametrize(("tasks", "noted"), [(9, True), (10, False)])
def test_openai_s_minimum(tmp_path: Path, tasks: int, noted: bool) -> None:
    """As many are enough; other formats have none."""
    run = run_folder(tmp_path / "run", [task(number, f"Do thing {number}") for number in range(tasks)])
    note = f"OpenAI asks for 10 examples or more to train on; these are {tasks}."

    assert export(run, "openai", tmp_path / "a").notes == ((note,) if noted else ())
    assert export(run, "messages", tmp_path / "b").notes == ()
    assert OPENAI_MINIMUM == 10


def test_nothing_left_is_said_with_what_was_left_out(tmp_path: Path) -> None:
    """By reason, or by what stands in evaluation files; a split that got nothing is named alone."""
    run = run_folder(tmp_path / "run", [task(0, "Say it now"), task(1, "Go on", ("", " "))])
    (tmp_path / "eval.txt").write_text("Say it now")
    choice = Choice(exclude=(tmp_path / "eval.txt",))
    with pytest.raises(RunError) as raised:
        export(run, "alpaca", tmp_path / "out", choice)
    whole = run_folder(tmp_path / "whole", [task(0, "Say it now")])
    with pytest.raises(RunError) as again:
        export(whole, "alpaca", tmp_path / "out", choice)
    done = export(whole, "alpaca", tmp_path / "out", Choice(shares=Shares(0.9, 0.01)))
    left = [split for split, share in (("validation", 0.9), ("test", 0.01)) if split not in done.rows]

    assert str(raised.value) == (
        f"{run.path}: nothing is left to export: 1 instances: blank output; 1 tasks without an instance left; "
        "1 tasks in the evaluation files"
    )
    assert str(again.value) == f"{whole.path}: nothing is left to export: 1 tasks in the evaluation files"
    assert done.notes == tuple(
        f"No instruction fell into {split}: give a larger share or another --seed." for split in left
    )


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    """Of what is read and of what is written; the card has the number of seeds, and what the data is called."""
    seeds = [SEED, SEED.model_copy(update={"id": "2"})]
    run = run_folder(tmp_path / "run", [task(0, "Say it.", ("", "a"), ("", "b"))], seeds=seeds)
    heard: list[tuple[str, int, int | None]] = []
    done = export(run, "alpaca", tmp_path / "o.json", on_progress=lambda *told: heard.append(told))

    assert heard == [("reading, KiB", 0, 0), ("writing train", 1, 2), ("writing train", 2, 2)]
    assert "- Seed tasks: 2, none in it" in done.card.read_text().splitlines()
    assert "# openai, 2 examples" in done.card.read_text().splitlines()
    assert [path.name for path in done.files] == ["o.json", "o.json.README.md"]


def test_a_folder_of_datasets_is_loaded_as_it_is(tmp_path: Path) -> None:
    """The call names the folder, and the card no files."""
    done = export(run_folder(tmp_path / "run", [task(0, "Say it.")]), "datasets", tmp_path / "out")

    assert (done.load, done.train) == (f"datasets.load_from_disk('{tmp_path}/out')", ())
    assert "configs" not in done.card.read_text()


@pytest.mark.parametrize(
    ("name", "out", "expected"),
    [
        ("alpaca", "o.JSONL", "'o.JSONL': alpaca is written as '.json' files; give 'o.json'"),
        ("datasets", "o.csv", "'o.csv': datasets is written as a folder; give 'o'"),
        ("csv", "o.csv", "'o.csv': splits are several files; give a folder: 'o'"),
        (
            "alpacca",
            "o",
            "unknown format 'alpacca': use one of alpaca, openai, messages, sharegpt, prompt-completion, csv",
        ),
    ],
)
def test_a_place_that_does_not_fit_is_told_with_one_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, out: str, expected: str
) -> None:
    """Before anything is read."""
    from pathlib import Path as Place

    monkeypatch.chdir(tmp_path)
    run = run_folder(tmp_path / "run", [task(0, "Say it.")])
    with pytest.raises(ConfigError) as raised:
        export(run, name, Place(out), Choice(shares=Shares(test=0.1)))

    assert str(raised.value).startswith(expected)


NAMES: Any = ("o.json", "o.json.README.md")


def test_what_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Neither a file nor a folder: what was written goes nowhere."""
    file, folder = tmp_path / "o.json", tmp_path / "out"

    def place(out: Path, theirs: Path, *, as_folder: bool) -> None:
        with placing(out, NAMES, as_folder=as_folder, force=False) as scratch:
            (scratch / "o.json").write_text("ours")
            theirs.parent.mkdir(exist_ok=True)
            theirs.write_text("theirs")

    for out, theirs, as_folder in ((file, file, False), (folder, folder / "o.json", True)):
        with pytest.raises(ConfigError, match="exists: give another name"):
            place(out, theirs, as_folder=as_folder)
        assert theirs.read_text() == "theirs"
    assert {path.name for path in tmp_path.iterdir()} == {"o.json", "out"}


def test_the_file_that_was_named_is_told_before_those_beside_it(tmp_path: Path) -> None:
    """Whatever the alphabet says; each of them is a reason to refuse."""
    names = ("a.card", "o.json", "z.list")
    for name, there in (("z.list", "z.list"), ("a.card", "a.card"), ("o.json", "o.json")):
        (tmp_path / name).write_text("mine")
        with pytest.raises(ConfigError) as raised, placing(tmp_path / "o.json", names, as_folder=False, force=False):
            pytest.fail("it began")
        assert str(raised.value) == f"'{tmp_path}/{there}' exists: give another name, or --force to replace it"


def test_what_the_system_says_is_told(tmp_path: Path) -> None:
    """In its words, without its number."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError) as raised,
        placing(tmp_path / "file" / "o.json", NAMES, as_folder=False, force=False),
    ):
        pytest.fail("it began")

    assert str(raised.value) == f"writing '{tmp_path}/file/o.json' failed: File exists"


def test_strangers_in_a_folder_are_named(tmp_path: Path) -> None:
    """The first of them; an empty folder, and one of an earlier export with force, are filled."""
    out = tmp_path / "out"
    out.mkdir()
    with placing(out, NAMES, as_folder=True, force=False) as scratch:
        (scratch / "o.json").write_text("a")
    with placing(out, NAMES, as_folder=True, force=True) as scratch:
        (scratch / "o.json").write_text("b")
    assert [path.read_text() for path in out.iterdir()] == ["b"]
    for name in ("y.txt", "x.txt"):
        (out / name).touch()
    with pytest.raises(ConfigError) as raised, placing(out, NAMES, as_folder=True, force=True):
        pytest.fail("it began")

    assert str(raised.value) == f"'{out}' holds 'x.txt', which no export wrote: give another folder"
