"""Files that are replaced whole, folders that appear whole, and appended files without half a last line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.files.writing import (
    cut_torn_line,
    replacing,
    scratch_folder,
    take_place,
    write_atomically,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_text_is_replaced_whole(tmp_path: Path) -> None:
    """In UTF-8, with the line ends that it has; halves of characters become escapes."""
    file = tmp_path / "a.json"
    for text in ("old", "é\r\n\ud800\n"):
        write_atomically(file, text)

    assert file.read_bytes() == "é\r\n".encode() + b"\\ud800\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_as_open_to_others_as_any_new_file(tmp_path: Path) -> None:
    """Its mode is the user's choice (umask), not that of a temporary file."""
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "a", "x")

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_what_fails_half_way_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """And nothing beside it."""
    file = tmp_path / "a"
    file.write_text("old")
    with pytest.raises(TypeError), replacing(file) as stream:
        stream.writelines([b"new", 5])  # type: ignore[list-item]

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_in_the_place_of_a_file_is_an_os_error(tmp_path: Path) -> None:
    """It stays, and nothing is left beside it."""
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "a", "x")

    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_appears_whole(tmp_path: Path, *, there: bool) -> None:
    """Its parents are made; what stood there before is gone when the new one is there, and not before."""
    out = tmp_path / "a" / "b"
    if there:
        out.mkdir(parents=True)
        (out / "old").touch()
    with scratch_folder(out) as scratch:
        (scratch / "new").write_text("x")
        assert out.exists() == there
        take_place(scratch, out)

    assert [path.name for path in out.iterdir()] == ["new"]
    assert list(out.parent.iterdir()) == [out]


def test_a_folder_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    """Nothing takes its place unless it is told to."""
    with scratch_folder(tmp_path / "a") as scratch:
        (scratch / "new").touch()

    assert list(tmp_path.iterdir()) == []


def test_the_folder_that_one_stands_in_has_a_scratch_folder_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though "." has no name of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with scratch_folder(type(tmp_path)(".")) as scratch:
        assert scratch.parent == tmp_path


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b"", b""),
        (b"a\nb\n", b"a\nb\n"),
        (b"a\nb", b"a\n"),
        (b"half", b""),
        (b"a\n" + b"x" * 200_000, b"a\n"),
        (b"x" * 65_535 + b"\nhalf", b"x" * 65_535 + b"\n"),
    ],
)
def test_half_a_last_line_is_cut_off(tmp_path: Path, text: bytes, left: bytes) -> None:
    """However long it is; whole lines stay."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(text)

    assert cut_torn_line(file) == len(text) - len(left)
    assert file.read_bytes() == left


def test_a_file_that_is_not_there_has_no_torn_line(tmp_path: Path) -> None:
    """Nor is it made."""
    assert cut_torn_line(tmp_path / "a.jsonl") == 0
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are enough
