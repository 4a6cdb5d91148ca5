"""Given predictions: one answer to each item, or a line that says what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer, read_predictions

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = [Item(id_, "Say it.", "", ("A",), is_classification=False) for id_ in ("a", "b")]


def read(folder: Path, *rows: Any) -> dict[str, Answer]:
    """What is read from a file with these rows."""
    path = folder / "given.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return read_predictions(path, ITEMS)


PAPER = {
    "prompt": "Cut it down.\n\nInput: I am of the opinion that it rains.\nOutput:",
    "instruction": "Cut it down.\n",
    "input": "I am of the opinion that it rains.",
    "response": " It rains.",
    "target": "I think it rains.",
}
"""A line in the shape of the paper's published predictions: they name no id."""


def test_the_papers_published_predictions_are_matched_by_their_question(tmp_path: Path) -> None:
    twice, path = {"instruction": "Say it. ", "input": "", "response": "1"}, tmp_path / "given.jsonl"
    asked = Item("user_oriented_task_1", "Cut it down.", f" {PAPER['input']}", ("x",), is_classification=False)
    path.write_text("\n".join(map(json.dumps, [twice, PAPER, twice | {"response": "2"}])))

    found = read_predictions(path, [asked, *ITEMS])

    assert found == {"user_oriented_task_1": Answer(" It rains."), "a": Answer("1"), "b": Answer("2")}


@pytest.mark.parametrize(
    ("id_", "text"), [("task_id", "prediction"), ("question_id", "answer"), ("id", "completion"), ("item_id", "text")]
)
def test_other_words_for_id_and_output(tmp_path: Path, id_: str, text: str) -> None:
    found = read(tmp_path, {id_: "a", text: "A"}, {"id": "", id_: "b", text: "B"})

    assert found == {"a": Answer("A"), "b": Answer("B")}


def test_missing_answers_are_left_out_when_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "given.jsonl"
    path.write_text(json.dumps({"id": "b", "output": "B"}))

    assert read_predictions(path, ITEMS, allow_missing=True) == {"b": Answer("B")}
    path.write_text("")
    with pytest.raises(DataError, match="2 of 2 items have no answer"):
        read_predictions(path, ITEMS, allow_missing=True)


def test_answers_by_item(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "b", "output": "B", "stopped": True}, {"id": "a", "output": "", "model": "x"})

    assert list(found.items()) == [("a", Answer("")), ("b", Answer("B", stopped=True))]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "a", "output": "A"}], "1 of 2 items have no answer: 'b'; to leave them out: --allow-missing"),
        ([PAPER], "1 answers are to no item of the evaluation file: 'Cut it down."),
        ([{"instruction": "Say it.", "output": one} for one in "123"], "line 3: 'b' is answered twice"),
        ([{"instruction": ["Say it."], "output": "A"}], "line 1: one object"),
        ([{"id": ["a"], "output": "A"}], "line 1: one object"),
        ([{"id": one, "output": "A"} for one in "abc"], "1 answers are to no item of the evaluation file: 'c'"),
        ([{"id": one, "output": "A"} for one in "aab"], "line 2: 'a' is answered twice"),
        ([{"id": "a"}], "line 1: one object"),
        ([{"id": "a", "output": None}], "line 1: one object"),
        ([{"id": "a", "output": "A", "stopped": 1}], "line 1: one object"),
        (["[]"], "line 1: one object"),
        (["{"], "line 1: not JSON"),
    ],
)
def test_refused_with_the_place(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, *rows)

    assert said in str(caught.value)
