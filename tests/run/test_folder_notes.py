"""What a run folder notes and mends when it is opened, and what of it is written when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.folder import Folder, locked
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.run.manifest import read_manifest, seed_lines, write
from tests.outputs.runs import CONFIG, SEED, task

if TYPE_CHECKING:
    from pathlib import Path

REJECTION = Rejection(id="000000-05", rule="too_short", stage="instruction", text="Go", request=0)
REPLY = Entry("instructions/000000/1", "ab", reply="1. Go", model="m")


def opened(path: Path) -> list[str]:
    """The notes of a folder that is opened and closed again."""
    folder = Folder(path, CONFIG, [SEED])
    folder.close()
    return folder.notes


def test_what_is_opened_for_the_first_time_has_nothing_to_say(tmp_path: Path) -> None:
    """Nor has it a second time."""
    assert opened(tmp_path / "a" / "run") == opened(tmp_path / "a" / "run") == []
    assert sorted(file.name for file in (tmp_path / "a" / "run").iterdir()) == [
        ".lock",
        "journal.jsonl",
        "manifest.copy.json",
        "manifest.json",
        "rejected.crc",
        "rejected.jsonl",
        "seeds.jsonl",
        "tasks.crc",
        "tasks.jsonl",
    ]


def test_without_a_path_all_is_in_memory() -> None:
    """Tasks and rejections go nowhere; nothing of it is an error."""
    folder = Folder(None, CONFIG, [SEED])
    folder.task(task(0, "Do it"))
    folder.reject(REJECTION)
    folder.report({"state": "running"})
    folder.journal.write(Entry.found("found/classification/0", 5))
    folder.note_found()
    folder.close()

    assert (folder.path, folder.had, folder.notes, len(folder.journal)) == (None, 0, [], 1)


def test_finished_tasks_that_were_there_are_counted(tmp_path: Path) -> None:
    """Whole lines; a new folder has none."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    assert folder.had == 0
    for number in range(3):
        folder.task(task(number, "Do it"))
    folder.close()
    again = Folder(tmp_path, CONFIG, [SEED])
    again.close()

    assert again.had == 3


def test_without_its_journal_a_folder_with_tasks_is_refused(tmp_path: Path) -> None:
    """One without tasks gets a new one; and the next process may have the lock."""
    opened(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.task(task(0, "Do it"))
    folder.close()
    (tmp_path / "journal.jsonl").unlink()
    for _ in range(2):
        with pytest.raises(RunError) as raised:
            opened(tmp_path)
        assert str(raised.value) == (
            f"{tmp_path}: journal.jsonl is missing, which all else is made from; restore it from a copy"
        )


def test_half_a_line_of_the_journal_is_said(tmp_path: Path) -> None:
    """Once: it is gone then."""
    opened(tmp_path)
    (tmp_path / "journal.jsonl").write_bytes(REPLY.line() + b'{"v": 2')
    as_after = "as after a kill; it was cut off, and its call will be asked again"

    assert opened(tmp_path) == [f"journal.jsonl ended in half a line (7 bytes), {as_after}"]
    assert opened(tmp_path) == []


def test_what_was_found_is_brought_back_to_the_journal(tmp_path: Path) -> None:
    """From the manifest, where a line of the journal was lost; what the journal has stays as it is there."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.journal.write(Entry.found("found/classification/0", 5))
    folder.note_found()
    before = (tmp_path / "manifest.json").stat().st_ino
    folder.note_found()  # there is nothing new
    assert (tmp_path / "manifest.json").stat().st_ino == before
    folder.close()
    manifest = read_manifest(tmp_path)
    assert manifest["found"] == {"found/classification/0": 5}
    write(tmp_path, manifest | {"found": {"found/classification/0": 6, "found/classification/1": 7}})

    assert opened(tmp_path) == [
        "journal.jsonl had no found/classification/1 any more; it was written anew, as manifest.json has it"
    ]
    assert [entry for _, entry in scan(tmp_path / "journal.jsonl")] == [
        Entry.found("found/classification/0", 5),
        Entry.found("found/classification/1", 7),
    ]


def test_other_seeds_are_written_anew(tmp_path: Path) -> None:
    """A copy of the file is kept, where there is one."""
    opened(tmp_path)
    said = "seeds.jsonl had not the seeds that the run began with, and was written anew"
    (tmp_path / "seeds.jsonl").write_text("other\n")

    assert opened(tmp_path) == [f"{said}; it is kept as seeds.old-1.jsonl"]
    assert (tmp_path / "seeds.old-1.jsonl").read_text() == "other\n"
    assert (tmp_path / "seeds.jsonl").read_bytes() == seed_lines([SEED])
    (tmp_path / "seeds.jsonl").unlink()
    assert opened(tmp_path) == [said]
    assert (tmp_path / "seeds.jsonl").read_bytes() == seed_lines([SEED])


def test_the_models_that_answered_are_noted_at_the_end(tmp_path: Path) -> None:
    """A start in which none did leaves the manifest as it is."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.journal.write(REPLY)
    assert read_manifest(tmp_path)["models"] == {}
    folder.close()
    before = (tmp_path / "manifest.json").stat().st_ino
    opened(tmp_path)

    assert read_manifest(tmp_path)["models"] == {"instructions": ["m"]}
    assert (tmp_path / "manifest.json").stat().st_ino == before


def test_word_is_left_as_long_as_the_folder_is_open(tmp_path: Path) -> None:
    """Whole, with characters as they are; a closed one is another process's."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.report({"why": "Größe"})
    assert (tmp_path / "progress.json").read_text() == '{\n "why": "Größe"\n}\n'
    folder.close()
    folder.report({"why": "x"})

    assert json.loads((tmp_path / "progress.json").read_text()) == {"why": "Größe"}


def test_a_folder_that_is_closed_is_the_next_process_s(tmp_path: Path) -> None:
    """Closed twice it is closed."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.close()
    folder.close()
    locked(tmp_path).release()


def test_what_can_not_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(RunError, match=r"/file: can't be written: File exists$"):
        Folder(tmp_path / "file", CONFIG, [SEED])
    with pytest.raises(RunError, match=r"/file/run: can't be written: Not a directory$"):
        Folder(tmp_path / "file" / "run", CONFIG, [SEED])


def test_a_lock_of_another_s_is_said_with_what_to_do(tmp_path: Path) -> None:
    """It is noticed at the next line of whatever file; the manifest is left alone too."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.journal.write(REPLY)
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").touch()
    said = (
        f"{tmp_path}: .lock was removed while this run was at work; see that no other process works in this "
        "folder, then start the same command again"
    )
    with pytest.raises(RunError) as raised:
        folder.task(task(0, "Do it"))
    assert str(raised.value) == said
    with pytest.raises(RunError) as raised:
        folder.reject(REJECTION)
    assert str(raised.value) == said
    folder.close()

    assert (tmp_path / "tasks.jsonl").read_bytes() == (tmp_path / "rejected.jsonl").read_bytes() == b""
    assert read_manifest(tmp_path)["models"] == {}


def test_a_closed_folder_takes_no_more(tmp_path: Path) -> None:
    """None of its files is open any longer."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.close()

    with pytest.raises(ValueError, match="closed file"):
        folder.journal.write(REPLY)
    with pytest.raises(ValueError, match="closed file"):
        folder.task(task(0, "Do it"))
    with pytest.raises(ValueError, match="closed file"):
        folder.reject(REJECTION)


@pytest.mark.parametrize(("format_", "notes"), [(1, 0), (2, 1)])
def test_lines_without_checksums_are_those_of_format_1(tmp_path: Path, format_: int, notes: int) -> None:
    """There they get them; in a later one a copy is kept of what nobody can vouch for."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.task(task(0, "Do it"))
    folder.task(task(1, "Do that"))
    folder.close()
    write(tmp_path, read_manifest(tmp_path) | {"format": format_})
    (tmp_path / "tasks.crc").unlink()

    said = "tasks.jsonl was not as the journal has it, from line 1 on; it is kept as tasks.old-1.jsonl"
    assert opened(tmp_path) == [said] * notes
    assert len((tmp_path / "tasks.crc").read_bytes()) == 18 * (1 - notes)


@pytest.mark.parametrize(("state", "notes"), [("running", 0), ("stopped", 0), ("finished", 1)])
def test_a_line_without_its_checksum_is_a_kill_s_or_somebody_s(tmp_path: Path, state: str, notes: int) -> None:
    """Who came to the end of a run wrote both."""
    folder = Folder(tmp_path, CONFIG, [SEED])
    folder.task(task(0, "Do it"))
    folder.task(task(1, "Do that"))
    folder.report({"state": state, "why": "", "finished": 2, "wanted": 2})
    folder.close()
    (tmp_path / "tasks.crc").write_bytes((tmp_path / "tasks.crc").read_bytes()[:9])

    said = "tasks.jsonl was not as the journal has it, from line 2 on; it is kept as tasks.old-1.jsonl"
    assert opened(tmp_path) == [said] * notes
    assert len((tmp_path / "tasks.jsonl").read_bytes().splitlines()) == 1
