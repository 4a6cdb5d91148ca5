"""Files that are replaced whole, folders that appear whole, and appended files without half a last line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from selfinstruct_chains.files.writing import (
    cut_torn_line,
    replacing,
    scratch_folder,
    take_place,
    torn_line,
    write_atomically,
)


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

    assert torn_line(file) == text.removeprefix(left)
    assert cut_torn_line(file) == len(text) - len(left)
    assert file.read_bytes() == left


def test_a_file_that_is_not_there_has_no_torn_line(tmp_path: Path) -> None:
    """Nor is it made."""
    assert torn_line(tmp_path / "a.jsonl") == b""
    assert cut_torn_line(tmp_path / "a.jsonl") == 0
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are enough


def test_what_dead_processes_left_half_written_goes(tmp_path: Path) -> None:
    """With the next writing of that file; what belongs to a live process, another file or another machine stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with replacing(tmp_path / "a.json"):
        [mine] = tmp_path.iterdir()
    host = mine.name.split(".")[3].split("-")[0]
    left = tmp_path / f".a.json.{host}-{dead.pid}-1.partial"
    folder = tmp_path / f".a.json.{host}-{dead.pid}-2.partial"
    live = tmp_path / f".a.json.{host}-{os.getppid()}-1.partial"
    other = tmp_path / f".b.json.{host}-{dead.pid}-1.partial"
    elsewhere = tmp_path / f".a.json.12345678-{dead.pid}-1.partial"
    for path in (left, live, other, elsewhere):
        path.touch()
    folder.mkdir()

    write_atomically(tmp_path / "a.json", "x")

    assert set(tmp_path.iterdir()) == {tmp_path / "a.json", live, other, elsewhere}


def test_a_link_is_written_through(tmp_path: Path) -> None:
    """Also one to a file that is yet to come; a loop is an error, and stays."""
    (tmp_path / "real").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "real" / "a")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for text in ("old", "new"):
        write_atomically(tmp_path / "a", text)

    assert (tmp_path / "real" / "a").read_text() == "new"
    assert (tmp_path / "a").is_symlink()
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(tmp_path / "loop", "x")


def test_a_device_is_written_to_and_stays_one() -> None:
    """A file in its place would be everybody's trouble."""
    write_atomically(Path("/dev/null"), "x")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(Path("/dev/full"), "x")

    assert Path("/dev/null").is_char_device()
    assert Path("/dev/full").is_char_device()


def test_a_name_of_the_longest_length_can_be_replaced(tmp_path: Path) -> None:
    """That of the half-written file is no longer."""
    write_atomically(tmp_path / ("x" * 255), "x")

    assert [path.name for path in tmp_path.iterdir()] == ["x" * 255]
