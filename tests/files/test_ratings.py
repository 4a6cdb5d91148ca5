"""People's ratings, read from a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.ratings import Rated, read_ratings

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"id": "t1", "model": "tuned", "rating": "B", "by": "k"}


def read(path: Path, *rows: dict[str, Any] | str) -> list[Rated]:
    """What a file of these lines says of two items and two models."""
    file = path / "people.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return read_ratings(file, {"t1", "0"}, ["base", "tuned"])


def test_they_are_read(tmp_path: Path) -> None:
    """A number as an id, small letters and blanks are simply read; who rates may be left out."""
    found = read(tmp_path, GOOD, "", {"id": 0, "model": "base", "rating": " d "}, GOOD | {"by": "m", "note": "x"})

    assert found == [Rated("t1", "tuned", "B", "k"), Rated("0", "base", "D", ""), Rated("t1", "tuned", "B", "m")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["[1]"], "line 1: one object"),
        (["{"], "line 1: not JSON; one object"),
        ([GOOD, GOOD | {"rating": "E"}], "line 2: one object"),
        ([GOOD | {"rating": 1}], "rating A to D"),
        ([GOOD | {"id": "t9"}], "'t9' is no item"),
        ([GOOD | {"model": "tuned2"}], "no model 'tuned2' is evaluated (did you mean 'tuned'?); there are base, tuned"),
        ([GOOD, GOOD | {"rating": "A"}], "line 2: k rates this answer twice"),
        ([], "no ratings in it"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, *rows)

    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/people.jsonl")
    assert "\n" not in str(caught.value)
