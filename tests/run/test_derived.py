"""Derived files only grow; what is not as it was written, or not what is derived now, is kept beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.run.derived import Derived, Good, as_line, good_lines, write_derived, write_sums
from selfinstruct_chains.run.sealed import SUM_LENGTH, line_sum, sums_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def one(text: str) -> Rejection:
    """A line's value."""
    return Rejection(id="000000-00", rule="novelty", stage="instruction", text=text, request=0)


VALUES = [one("a"), one("bb"), one("ccc"), one("dddd")]
LINES = [as_line(value) for value in VALUES]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of three lines."""
    write_derived(tmp_path / "rejected.jsonl", VALUES[:3])
    return tmp_path / "rejected.jsonl"


def put(path: Path, values: Sequence[Rejection], *, ended: bool = False, unchecked: bool = False) -> list[str]:
    """Derive these again; what was said."""
    said: list[str] = []
    file = Derived(path, said.append, ended=ended, unchecked=unchecked)
    for value in values:
        file.put(value)
    file.close()
    return said


def is_whole(path: Path, lines: Sequence[bytes]) -> bool:
    """Whether a file has these lines and their checksums, and nothing else."""
    return (path.read_bytes(), sums_of(path).read_bytes()) == (b"".join(lines), b"".join(map(line_sum, lines)))


def test_it_is_made_where_it_is_not_there(tmp_path: Path) -> None:
    """Line by line, each with its checksum."""
    assert put(tmp_path / "new.jsonl", VALUES[:2]) == []
    assert is_whole(tmp_path / "new.jsonl", LINES[:2])


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_the_same_lines_stay(path: Path, count: int) -> None:
    """Fewer of them take none away, more are appended."""
    assert put(path, VALUES[:count]) == []
    assert is_whole(path, LINES[: max(3, count)])
    assert list(path.parent.glob("*.old-*")) == []


def test_from_another_line_on_it_is_written_anew(path: Path) -> None:
    """What stood there is kept, and which line differs is said."""
    other = [VALUES[0], one("x"), one("y"), one("z")]
    before = path.read_bytes()

    assert put(path, other) == [
        "rejected.jsonl was not as the journal has it, from line 2 on; it is kept as rejected.old-1.jsonl"
    ]
    assert is_whole(path, [as_line(value) for value in other])
    assert path.with_name("rejected.old-1.jsonl").read_bytes() == before


def test_what_does_not_fit_its_checksum_is_cut_off(path: Path) -> None:
    """As it is opened; the good lines before it stay."""
    path.write_bytes(b"".join([LINES[0], LINES[1].replace(b"bb", b"bx"), LINES[2]]))

    assert good_lines(path) == Good(1, len(LINES[0]), more=True)
    assert put(path, []) == [
        "rejected.jsonl was not as the journal has it, from line 2 on; it is kept as rejected.old-1.jsonl"
    ]
    assert is_whole(path, LINES[:1])


@pytest.mark.parametrize("ended", [False, True])
def test_a_last_line_without_its_checksum(path: Path, ended: bool) -> None:
    """As a kill leaves it: it is cut off without a word, but where whoever wrote it had come to its end."""
    sums_of(path).write_bytes(sums_of(path).read_bytes()[:-SUM_LENGTH])

    assert good_lines(path) == Good(2, len(LINES[0] + LINES[1]), more=False)
    assert good_lines(path, ended=ended) == Good(2, len(LINES[0] + LINES[1]), more=ended)
    assert len(put(path, [], ended=ended)) == ended
    assert is_whole(path, LINES[:2])


def test_without_its_checksums_it_is_another_s(path: Path) -> None:
    """But of a version that wrote none its lines are taken as they stand; without either it is empty, and good."""
    sums_of(path).unlink()
    assert good_lines(path) == Good(0, 0, more=True)
    assert put(path, VALUES, unchecked=True) == []
    assert is_whole(path, LINES)
    assert put(path, VALUES, unchecked=True) == []
    path.unlink()
    assert good_lines(path) == Good(0, 0, more=True)
    sums_of(path).unlink()
    assert good_lines(path) == Good(0, 0, more=False)
    assert good_lines(path.with_name("other.jsonl")) == Good(0, 0, more=False)


def test_where_checksums_are_there_they_count(path: Path) -> None:
    """Also where the folder may be of a version without any."""
    path.write_bytes(path.read_bytes() + LINES[3])

    assert len(put(path, [], ended=True, unchecked=True)) == 1
    assert is_whole(path, LINES[:3])


def test_checksums_are_of_whole_lines(tmp_path: Path) -> None:
    """Half a last line has none; of no file there are none."""
    write_sums(tmp_path / "no.jsonl")
    (tmp_path / "half.jsonl").write_bytes(b"one\ntwo\nthr")
    write_sums(tmp_path / "half.jsonl")

    assert (tmp_path / "no.crc").read_bytes() == b""
    assert (tmp_path / "half.crc").read_bytes() == line_sum(b"one\n") + line_sum(b"two\n")
