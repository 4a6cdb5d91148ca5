"""Examples from what generate and export really write, and from what is no such thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import DataError, SelfInstructError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.training.data import Example, read_examples
from selfinstruct_chains.training.settings import TuneSettings
from tests.outputs.runs import run_folder, task, written

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader

PLAIN = TuneSettings()
EXPECTED = [
    Example("Name a river.", "", "The Rhine."),
    Example("Is it nice?", "sun", "yes"),
    Example("Is it nice?", "rain", "no"),
]


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    tasks = [
        task(0, "Name a river.", ("", "The Rhine.")),
        task(1, "Is it nice?", ("sun", "yes"), ("rain", "no"), labels=True),
    ]
    return run_folder(tmp_path / "run", tasks)


def test_a_run(run: RunReader) -> None:
    found = read_examples(run.path, PLAIN)

    assert (found.train, found.validation) == (EXPECTED, [])
    assert found.fingerprint == run.origin.fingerprint


def test_a_run_with_its_seeds(run: RunReader) -> None:
    found = read_examples(run.path, TuneSettings(include_seeds=True))

    assert found.train == [Example("Name a river.", "", "The Elbe."), *EXPECTED]


@pytest.mark.parametrize("name", ["alpaca", "openai", "messages", "sharegpt"])
def test_every_form_of_an_export_is_asked_the_same(name: str, run: RunReader, tmp_path: Path) -> None:
    """Where a form joins instruction and input, what is asked is both."""
    found = read_examples(written(run, name, tmp_path / "out"), PLAIN).train
    joined = [(f"{one.instruction}\n\n{one.input}".strip(), one.output) for one in found]

    assert joined == [(f"{one.instruction}\n\n{one.input}".strip(), one.output) for one in EXPECTED]


def test_prompts_and_completions_stay_as_they_are(run: RunReader, tmp_path: Path) -> None:
    found = read_examples(written(run, "prompt-completion", tmp_path / "out"), PLAIN).train

    assert [(one.output, one.ready) for one in found] == [(f" {one.output}", True) for one in EXPECTED]
    assert all(one.instruction.endswith(":") for one in found)


def test_an_export_with_splits_has_its_validation(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", [task(number, f"Name river {number}.") for number in range(40)])
    export(run, "messages", tmp_path / "data", Choice(shares=Shares(validation=0.3)))
    found = read_examples(tmp_path / "data", PLAIN)

    assert len(found.train) + len(found.validation) == 40
    assert 4 < len(found.validation) < 20


def test_seed_files_are_read() -> None:
    found = read_examples(shipped.SEEDS, PLAIN)  # type: ignore[arg-type]

    assert len(found.train) > 175


def test_a_share_is_set_aside_by_instruction(tmp_path: Path) -> None:
    tasks = [task(number, f"Name river {number}.", ("", "a"), ("x", "b")) for number in range(40)]
    found = read_examples(run_folder(tmp_path / "run", tasks).path, TuneSettings(validation=0.3))

    assert len(found.validation) > 0
    assert {one.instruction for one in found.train}.isdisjoint(one.instruction for one in found.validation)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.jsonl", "", "no items"),
        ("a.jsonl", "5\n", "expected are tasks"),
        ("a.jsonl", '{"prompt": "x", "completion": "y"}\n{"prompt": 5}\n', "line 2"),
        ("a.json", '[{"conversations": [{"from": "human", "value": "x"}]}]', "a reference answer"),
        ("a.csv", "instruction,input,output\n", "csv is not read"),
        ("train.txt", "not json", "not JSON"),
    ],
)
def test_what_is_no_data(name: str, text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SelfInstructError, match=expected):
        read_examples(tmp_path / name, PLAIN)


def test_a_folder_that_is_neither(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a run folder"):
        read_examples(tmp_path, PLAIN)
    with pytest.raises(DataError, match="can't be read"):
        read_examples(tmp_path / "none", PLAIN)


def test_the_digest_is_that_of_the_examples(run: RunReader) -> None:
    one, other = read_examples(run.path, PLAIN), read_examples(run.path, TuneSettings(include_seeds=True))

    assert one.digest == read_examples(run.path, PLAIN).digest != other.digest
