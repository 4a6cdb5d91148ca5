"""The objects of a file as they came, and the texts in their fields."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.outputs.items import Item, dumped, items, name, texts

if TYPE_CHECKING:
    from pathlib import Path

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"", []),
        (b" \n\n", []),
        (b'{"a": 1}\n\n  [1]\r\n', [Item(1, b'{"a": 1}', 9, "line"), Item(3, b"[1]", 17, "line")]),
        (BOM + b"1\n" + BOM + b"2", [Item(1, b"1", 5, "line"), Item(2, BOM + b"2", 9, "line")]),
        (b'\n[1,\n "\xc3\xa9"]', [Item(1, b"1", 5, "item"), Item(2, b'"\xc3\xa9"', 11, "item")]),
        (BOM + b"[]", []),
    ],
    ids=["nothing", "blanks", "lines", "byte order mark", "array", "empty array"],
)
def test_items_have_their_place_and_how_far_it_is(source: bytes, expected: list[Item]) -> None:
    """Lines count from 1, blank ones too; in an array the items do, and what is read is told in proportion."""
    assert list(items(BytesIO(source))) == expected


def test_of_several_fields_some_may_be_missing() -> None:
    """Or null; of one field alone neither is a text."""
    assert texts(b'{"a": "x", "b": null}', ["a", "b", "c"]) == ("x", "", "")
    assert texts(b'{"a": "x"}', ["a"]) == ("x",)


@pytest.mark.parametrize(
    ("raw", "fields", "expected"),
    [
        (b"[" + b"1," * 20 + b"1]", ["a"], "not a JSON object but [1,1,1,1,1,1,1,1,1,1"),
        (b'{"prompts": "x"}', ["prompt", "zzz"], "no field 'prompt' or 'zzz' (did you mean 'prompts'?)"),
        (b'{"b": null}', ["b"], "field 'b' is of type NoneType, not a string"),
        (b'{"a": "x", "b": 7}', ["a", "b"], "field 'b' is of type int, not a string"),
        (b'{"a" 1}', ["a"], "not JSON: Expecting ':' delimiter (column 6)"),
        (b'{"a":\n1 2}', ["a"], "not JSON: Expecting ',' delimiter (line 2, column 3)"),
        (b'"\xff"', ["a"], "not UTF-8 at byte 2"),
    ],
)
def test_what_is_wrong_with_an_item_is_said(raw: bytes, fields: list[str], expected: str) -> None:
    """With its place, the line only where there are several."""
    with pytest.raises(DataError) as raised:
        texts(raw, fields)

    assert str(raised.value) == expected


def test_letters_are_written_as_they_are() -> None:
    """Unless they have no form in UTF-8."""
    assert [dumped(one) for one in ("é", "\ud83d", {"a": [1]})] == [b'"\xc3\xa9"', b'"\\ud83d"', b'{"a": [1]}']


def test_a_source_is_called_by_its_name(tmp_path: Path) -> None:
    """Or input, where it has none."""
    (tmp_path / "a.jsonl").touch()
    with (tmp_path / "a.jsonl").open("rb") as file:
        assert [name(file), name(BytesIO())] == [str(tmp_path / "a.jsonl"), "input"]
