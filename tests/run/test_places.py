"""Where run folders are, and which is the latest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.places import folders, is_run, last_sign, latest, run_folders

if TYPE_CHECKING:
    from pathlib import Path


def folder(path: Path, *names: str, updated: str = "", at: float = 0.0) -> Path:
    """A folder with these files, all of one time."""
    path.mkdir()
    for name in names:
        (path / name).touch()
    if updated:
        (path / "progress.json").write_text(f'{{"updated": {updated}}}')
    for file in (*path.iterdir(), path):
        os.utime(file, (at, at))
    return path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["manifest.json"], True),
        (["manifest.copy.json"], True),
        (["manifest.json", "manifest.copy.json"], True),
        (["journal.jsonl", "tasks.jsonl", "progress.json"], False),
        ([], False),
    ],
)
def test_a_manifest_or_its_copy_makes_a_run(tmp_path: Path, names: list[str], expected: bool) -> None:
    """A folder of that name makes none."""
    assert is_run(folder(tmp_path / "a", *names)) is expected
    (tmp_path / "b" / "manifest.json").mkdir(parents=True)
    assert not is_run(tmp_path / "b")


def test_the_latest_run_comes_first(tmp_path: Path) -> None:
    """By its last sign of life, whatever it is called; files, hidden folders and others are left out."""
    made = [
        folder(tmp_path / "a", "manifest.json", at=1000.0),
        folder(tmp_path / "b", "manifest.json", updated="3000.5", at=10.0),
        folder(tmp_path / "c", "manifest.copy.json", at=2000.0),
    ]
    folder(tmp_path / ".d", "manifest.json", at=9000.0)
    other = folder(tmp_path / "e", "thesis.docx", at=9000.0)
    (tmp_path / "f").touch()

    assert run_folders(tmp_path) == [made[1], made[2], made[0]]
    assert latest(tmp_path) == made[1]
    assert folders(tmp_path) == [*made, other]


def test_where_there_is_no_run_the_way_to_one_is_told(tmp_path: Path) -> None:
    """Also where there is no such folder, or a file in its place."""
    (tmp_path / "file").touch()
    for below in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        assert run_folders(below) == []
        with pytest.raises(RunError) as raised:
            latest(below)
        assert str(raised.value) == (
            f"no run is named, and there is none in {below}: give its folder, or make one: selfinstruct generate -n 20"
        )


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        ("0.5", 0.5),
        ("7", 7.0),
        ("0", 1234.0),
        ("-5", 1234.0),
        ("Infinity", 1234.0),
        ("NaN", 1234.0),
        ("null", 1234.0),
        ("[]", 1234.0),
        ('"x"', 1234.0),
        ("1" * 400, 1234.0),
        ("[" * 100_000, 1234.0),
    ],
    ids=lambda value: str(value)[:9],
)
def test_the_last_sign_is_what_the_process_said(tmp_path: Path, updated: str, expected: float) -> None:
    """Where that can't be read it is when the journal was written."""
    path = folder(tmp_path / "run", "manifest.json", "journal.jsonl", updated=updated, at=50.0)
    os.utime(path / "journal.jsonl", (1234.0, 1234.0))

    assert last_sign(path) == expected


def test_without_a_word_the_files_tell(tmp_path: Path) -> None:
    """The journal, else the manifest, else the folder; and what is not there never gave a sign."""
    path = folder(tmp_path / "run", "manifest.json", "journal.jsonl", at=50.0)
    os.utime(path / "journal.jsonl", (30.0, 30.0))
    assert last_sign(path) == 30.0
    (path / "journal.jsonl").unlink()
    os.utime(path, (70.0, 70.0))
    assert last_sign(path) == 50.0
    (path / "manifest.json").unlink()
    os.utime(path, (70.0, 70.0))

    assert last_sign(path) == 70.0
    assert last_sign(tmp_path / "missing") == 0.0
