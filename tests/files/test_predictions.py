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


def test_answers_by_item(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "b", "output": "B", "stopped": True}, {"id": "a", "output": "", "model": "x"})

    assert list(found.items()) == [("a", Answer("")), ("b", Answer("B", stopped=True))]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "a", "output": "A"}], "1 of 2 items have no answer: 'b'"),
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
