"""Where an export goes: all at once, never over something, and not at all when something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import ConfigError, RunError, SelfInstructError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.selection import Choice
from selfinstruct_chains.outputs.export.splits import Shares
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from selfinstruct_chains.run.reader import RunReader


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Forty tasks with two instances each."""
    return run_folder(tmp_path / "run", [task(n, f"Do thing {n}", ("a", f"{n}a"), ("b", f"{n}b")) for n in range(40)])


@pytest.mark.parametrize("missing", ["pyarrow", "datasets", "tokenizers"])
def test_a_missing_package_is_named_with_its_extra(
    run: RunReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """In one line, and nothing is written."""
    monkeypatch.setitem(sys.modules, missing, None)
    (tmp_path / "tokenizer.json").touch()
    format_name = {"pyarrow": "parquet", "datasets": "datasets", "tokenizers": "csv"}[missing]
    choice = Choice(max_tokens=5, tokenizer=tmp_path / "tokenizer.json") if missing == "tokenizers" else Choice()

    with pytest.raises(ConfigError) as raised:
        export(run, format_name, tmp_path / "out", choice)

    expected = f"{missing} is not installed: run `pip install 'selfinstruct-chains[hub]'`, which brings it"
    assert str(raised.value) == expected
    assert {path.name for path in tmp_path.iterdir()} == {"run", "tokenizer.json"}


@pytest.mark.parametrize(
    ("format_name", "out", "choice", "expected"),
    [
        ("alpacca", "o.json", Choice(), "unknown format 'alpacca': use one of alpaca, "),
        ("alpaca", "o.jsonl", Choice(), "alpaca is written as '.json' files; give "),
        ("datasets", "o.json", Choice(), "datasets is written as a folder; give "),
        ("alpaca", "o.json", Choice(shares=Shares(0.1)), "splits are several files; give a folder: "),
        ("alpaca", "o", Choice(shares=Shares(0.5, 0.5)), "together they must be below 1"),
        ("alpaca", "o", Choice(max_instances=0), "at most 0 instances"),
        ("alpaca", "run", Choice(), "is in the run folder: give a place outside it"),
        ("alpaca", "run/export/a.json", Choice(), "is in the run folder: give a place outside it"),
        ("alpaca", "there.json", Choice(), "'there.json' exists: give another name, or --force to replace it"),
        ("alpaca", "folder.json", Choice(), "is a folder: give a file"),
        ("alpaca", "there.txt", Choice(), "is a file: give a folder"),
        ("alpaca", "full", Choice(), "exists: give another name, or --force to replace it"),
        ("alpaca", "there.txt/o.json", Choice(), "there.txt/o.json' failed: "),
        ("alpaca", "o", Choice(only_approved=True), "nothing was reviewed; begin with `selfinstruct review "),
        ("alpaca", "o", Choice(max_tokens=1), "nothing is left to export: 80 instances: too many tokens; 40 tasks "),
        ("alpaca", "o", Choice(tokenizer=None, max_tokens=0), "nothing is left to export"),
    ],
)
def test_what_the_user_can_mend_is_said_in_a_line(  # noqa: PLR0913, PLR0917
    run: RunReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format_name: str,
    out: str,
    choice: Choice,
    expected: str,
) -> None:
    """What is wrong, where, and what to do; nothing is written or changed."""
    monkeypatch.chdir(tmp_path)
    for file in ("there.json", "there.txt"):
        (tmp_path / file).write_text("mine")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SelfInstructError) as raised:
        export(run, format_name, Path(out), choice)

    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.json").read_text() == "mine"


def test_force_replaces_an_export_and_nothing_else(run: RunReader, tmp_path: Path) -> None:
    """Also one in another format and with other splits, of which nothing is left; never a folder with another file."""
    out = tmp_path / "out"
    export(run, "csv", out, Choice(shares=Shares(0.2, 0.2)))
    export(run, "messages", out, force=True)
    assert {path.name for path in out.iterdir()} == {"README.md", "train.jsonl", "dataset_info.json"}
    export(run, "datasets", out, force=True)
    export(run, "alpaca", out, force=True)
    assert {path.name for path in out.iterdir()} == {"README.md", "train.json", "dataset_info.json"}

    (out / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds 'notes\.txt', which no export wrote: give another folder"):
        export(run, "alpaca", out, force=True)

    export(run, "alpaca", tmp_path / "file.json")
    export(run, "alpaca", tmp_path / "file.json", Choice(max_instances=1), force=True)
    assert len(json.loads((tmp_path / "file.json").read_text())) == 40
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out", "file.json", "file.json.README.md"}


def test_force_leaves_no_list_of_an_earlier_export(run: RunReader, tmp_path: Path) -> None:
    """The list of contaminated tasks goes when nothing is contaminated any more."""
    (tmp_path / "eval.txt").write_text("Do thing 3")
    export(run, "alpaca", tmp_path / "o.json", Choice(exclude=(tmp_path / "eval.txt",)))
    assert (tmp_path / "o.json.excluded.jsonl").exists()

    export(run, "alpaca", tmp_path / "o.json", force=True)

    assert {path.name for path in tmp_path.iterdir()} == {"run", "eval.txt", "o.json", "o.json.README.md"}


def test_an_empty_folder_may_be_filled(run: RunReader, tmp_path: Path) -> None:
    """It need not be forced; folders above are made."""
    (tmp_path / "out").mkdir()
    export(run, "csv", tmp_path / "out")
    export(run, "csv", tmp_path / "a" / "b" / "c")

    assert (tmp_path / "out" / "train.csv").exists()
    assert (tmp_path / "a" / "b" / "c" / "train.csv").exists()


def test_an_export_that_fails_leaves_what_was_there(run: RunReader, tmp_path: Path) -> None:
    """Nothing half-written stands beside it."""
    out = tmp_path / "out"
    export(run, "csv", out)
    before = (out / "train.csv").read_bytes()
    lines = (run.path / "tasks.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "tasks.jsonl").write_bytes(b"".join([*lines[:30], b"nonsense\n", *lines[31:]]))

    with pytest.raises(RunError, match="line 31: damaged"):
        export(run, "csv", out, force=True)

    assert (out / "train.csv").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out"}
