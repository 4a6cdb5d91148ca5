"""`selfinstruct seeds` as people call it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUESTIONS = (
    ("Wie sperre ich meine Karte, wenn ich sie verloren habe?", "Rufen Sie die Nummer auf der Rückseite an."),
    ("Was kostet eine Überweisung in die Schweiz?", "Fünf Euro."),
    ("Please explain how I can open a savings account for my daughter.", "Bring her passport to a branch."),
    ("Decide whether a note about my account is good news or bad news.", ""),
    ("Explain how long a transfer to another country takes.", ""),
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A bank's questions as a German Excel saves them."""
    path = tmp_path / "bank.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, "excel", delimiter=";").writerows(
            [("Question", "Answer", "Notiz"), *((*pair, "") for pair in QUESTIONS)]
        )
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """The scripted author in the place of a provider."""
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


def test_a_table_is_converted_and_told(selfinstruct: Callable[..., Any], table: Path, tmp_path: Path) -> None:
    """Columns, rows, what is missing and the command that fills it in; nothing is asked, nothing replaced."""
    out = tmp_path / "seeds.jsonl"
    said = selfinstruct("seeds", str(table), "-o", str(out))
    again = selfinstruct("seeds", str(table), "-o", str(out))
    checked = selfinstruct("check", "openai", "--seeds", str(table))

    assert said.code == 0, said
    assert said.out.splitlines() == [
        f"5 tasks of 5 rows: {out}",
        "read: 5 rows as Question as instruction, Answer as output; not read: 'Notiz'",
        f"note: {table}: not UTF-8, so read as Windows-1252; look at its letters with accents",
        "classification: 0 yes, 0 no, 5 not known",
        "languages, as 5 of them look: en 3, de 2",
        "missing: 5 lack is_classification, 2 lack instances; generate and check need it",
        "to have a model write it:",
        f"  selfinstruct seeds {table} -o {out} --force --fill --chain NAME",
    ]
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert rows[1] == {
        "id": "seed-003",
        "instruction": QUESTIONS[1][0],
        "instances": [{"input": "", "output": "Fünf Euro."}],
    }
    assert set(rows[4]) == {"id", "instruction"}
    assert (again.code, "exists: give another name, or --force" in again.err) == (2, True)
    assert (checked.code, len(checked.err.splitlines())) == (2, 2)
    assert "of 5 tasks 5 lack is_classification, 2 lack instances, the first at row 2" in checked.err


def test_what_is_missing_is_filled_in(
    selfinstruct: Callable[..., Any], table: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    """Within a budget, and on from there; then the seeds are whole, and the same command again asks nothing."""
    out = tmp_path / "seeds.jsonl"
    words = ["seeds", str(table), "-o", str(out), "--fill", "--chain", "openai"]

    stopped = selfinstruct(*words, "--max-calls", "3")
    assert (stopped.code, out.exists()) == (3, False)
    assert f"replies are in {out}.filling." in stopped.out
    asked = len(server.asked)
    done = selfinstruct(*words)
    assert done.code == 0, done
    assert (asked, len(server.asked)) == (3, 7)  # five kinds, two with instances
    tasks = read_seeds(out)
    assert [task.is_classification for task in tasks] == [False, False, False, True, False]
    assert tasks[0].instances[0].output == QUESTIONS[0][1]
    assert {instance.output for instance in tasks[3].instances} == {"good news", "bad news"}
    assert "classification: 1 yes, 4 no" in done.out
    assert "\nmissing: " not in done.out
    assert selfinstruct(*words, "--force").code == 0
    assert len(server.asked) == 7


def test_rows_that_are_no_single_question_are_counted(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """Each reason, with the first row."""
    path, turns = tmp_path / "chat.jsonl", [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    path.write_text("".join(json.dumps({"messages": turns * count}) + "\n" for count in (2, 1, 3)))
    said = selfinstruct("seeds", str(path), "-o", "-")

    assert said.code == 0
    assert json.loads(said.out)["instances"] == [{"input": "", "output": "y"}]
    assert "1 tasks of 3 rows: -" in said.err
    assert "left out: 2 rows, the first at line 1: messages: one question" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "-", "--fill"], "give -o a file"),
        (["-o", "out.jsonl", "--chain", "openai"], "--chain would change nothing"),
        (["-o", "out.jsonl", "--max-calls", "3"], "--max-calls would change nothing"),
        (["-o", "no/out.jsonl"], "No such file or directory"),
    ],
)
def test_what_can_not_be(selfinstruct: Callable[..., Any], table: Path, words: list[str], said: str) -> None:
    """One line, and nothing is written."""
    found = selfinstruct("seeds", str(table), *words)

    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert not list((table.parent / "empty").iterdir())


def test_standard_input(selfinstruct: Callable[..., Any], table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is told from JSON by how it begins."""
    with table.open(encoding="cp1252") as file:
        monkeypatch.setattr("sys.stdin", file)
        said = selfinstruct("seeds", "-", "-o", "-")

    assert (said.code, len(said.out.splitlines())) == (0, 5)
    assert "standard input: not UTF-8" in said.err
