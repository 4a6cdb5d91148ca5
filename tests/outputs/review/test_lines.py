"""A file of values that several processes append to: what is read of it, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.review.lines import Lines

if TYPE_CHECKING:
    from pathlib import Path


class Number(BaseModel):
    n: int


ONE, TWO, THREE = (f'{{"n": {n}}}'.encode() for n in (1, 2, 3))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the values stand; nothing is there yet."""
    return tmp_path / "numbers.jsonl"


def lines(file: Path) -> Lines[Number]:
    """As a process that has just begun sees them."""
    return Lines(file, Number, "count again")


def numbers(found: Lines[Number]) -> list[int]:
    """What is new."""
    return [value.n for value in found.new()]


def test_what_is_appended_is_read_once(file: Path) -> None:
    """By whoever appended it, and by all others at their next look."""
    mine, other = lines(file), lines(file)
    seen = []
    for n in (1, 2, 3):
        mine.append(Number(n=n))
        seen.append(numbers(mine))

    assert seen == [[1], [2], [3]]
    assert numbers(other) == [1, 2, 3]
    assert (numbers(other), other.has_shrunk()) == ([], False)
    assert file.read_bytes() == b"\n".join([ONE, TWO, THREE, b""])


@pytest.mark.parametrize(
    ("there", "read", "left"),
    [
        (b"", [], b""),
        (b"\n", [], b"\n"),
        (ONE, [1], ONE + b"\n"),
        (ONE + b"\n" + TWO, [1, 2], ONE + b"\n" + TWO + b"\n"),
        (ONE + b"\n" + TWO[:-1], [1], ONE + b"\n"),
        (TWO[:-1], [], b""),
        (b"\n \n" + ONE + b"\n\n", [1], b"\n \n" + ONE + b"\n\n"),
    ],
)
def test_a_last_line_without_its_end(file: Path, there: bytes, read: list[int], left: bytes) -> None:
    """One that is whole counts, and gets its end with the next; half a line is cut off then; blank lines are none."""
    file.write_bytes(there)
    found = lines(file)

    assert numbers(found) == read
    lines(file).append(Number(n=3))
    assert file.read_bytes() == left + THREE + b"\n"
    assert found.has_shrunk() is False
    assert numbers(found) == [3]


def test_half_a_line_is_read_when_its_other_half_is_there(file: Path) -> None:
    """A process may look while another is writing."""
    file.write_bytes(ONE + b"\n" + TWO[:5])
    found = lines(file)
    assert numbers(found) == [1]

    file.write_bytes(ONE + b"\n" + TWO + b"\n")
    assert numbers(found) == [2]


@pytest.mark.parametrize(("before", "line"), [(b"", 1), (ONE + b"\n\n" + TWO + b"\n", 4)])
def test_a_damaged_line_is_named(file: Path, before: bytes, line: int) -> None:
    """By its number in the file, blank lines counted, also by who has read those before it; with what to do."""
    said = f"{file}, line {line}: damaged; delete the line, count again"
    file.write_bytes(before)
    known = lines(file)
    known.new()
    file.write_bytes(before + b"[]\n" + THREE + b"\n")

    for found in (known, lines(file)):
        with pytest.raises(RunError) as caught:
            found.new()
        assert str(caught.value) == said


def test_a_file_that_has_lost_lines_is_read_from_its_beginning(file: Path) -> None:
    """It is told once, with its line numbers as they are now; a file that is gone has lost all of them."""
    file.write_bytes(ONE + b"\n" + TWO + b"\n")
    found = lines(file)
    found.new()

    file.write_bytes(THREE + b"\n")
    assert (found.has_shrunk(), numbers(found), found.has_shrunk()) == (True, [3], False)
    file.write_bytes(b"[]\n")
    assert found.has_shrunk() is True
    with pytest.raises(RunError, match="line 1: damaged"):
        found.new()
    file.write_bytes(THREE + b"\n")
    assert numbers(found) == [3]
    file.unlink()
    assert (found.has_shrunk(), numbers(found), found.has_shrunk()) == (True, [], False)


def test_what_is_no_file_is_told(file: Path) -> None:
    """In one line: that it can't be read, and that it can't be written."""
    (file / "in it").mkdir(parents=True)

    with pytest.raises(RunError, match=r"numbers.jsonl: can't be read: Is a directory$"):
        lines(file).new()
    with pytest.raises(RunError, match=r"numbers.jsonl: can't be written: Is a directory$"):
        lines(file).append(Number(n=1))
