"""What a run folder looks like to those who read it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection, RunStopped, self_instruct
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.derived import write_sums
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.manifest import read_manifest, write
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.sealed import sums_of
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.outputs.runs import CONFIG, SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [task(number, f"Do the thing with number {number}") for number in range(3)]
REJECTION = Rejection(id="000000-05", rule="too_short", stage="instruction", text="Go", request=0)
ENTRY = Entry("instructions/000000/1", "ab", reply="1. Go", usage=None, model="m", ms=5)


def test_all_that_was_written_is_read(tmp_path: Path) -> None:
    """Tasks, rejections, journal and seeds, as often as they are asked for."""
    run = run_folder(tmp_path / "run", TASKS, [REJECTION], [ENTRY])

    for _ in range(2):
        assert list(run.tasks()) == TASKS
        assert list(run.rejections()) == [REJECTION]
        assert list(run.entries()) == [ENTRY]
        assert list(run.seeds()) == [SEED]
    assert run.config == CONFIG.told().model_copy(update={"language": "und"})  # of one seed and its likes
    assert run.origin.versions["selfinstruct-chains"]


def test_a_task_is_read_again_at_its_place(tmp_path: Path) -> None:
    """In any order; characters of several bytes don't shift it."""
    tasks = [task(0, "Übersetze 中文 😀"), task(1, "plain"), task(2, "été")]
    run = run_folder(tmp_path / "run", tasks)
    placed = list(run.placed(seeds=False))

    with run.open_tasks(seeds=False) as file:
        assert [file.at(offset) for offset, _ in reversed(placed)] == tasks[::-1]


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """No file is written, repaired or made, half a last line included."""
    run = run_folder(tmp_path / "run", TASKS, [REJECTION], [ENTRY])
    for name in ("tasks.jsonl", "journal.jsonl"):
        with (run.path / name).open("ab") as file:
            file.write(b'{"id": "000')
    before = {path.name: path.read_bytes() for path in run.path.iterdir()}

    assert len(list(run.tasks())) == 3
    assert len(list(run.entries())) == 1
    run.unfinished()

    assert {path.name: path.read_bytes() for path in run.path.iterdir()} == before


@pytest.mark.parametrize("name", ["tasks.jsonl", "rejected.jsonl"])
@pytest.mark.parametrize("format_", [1, 2])
def test_a_damaged_line_is_named(tmp_path: Path, name: str, format_: int) -> None:
    """With its file, its number and the command that mends it; what is before it comes first. Format 1 has no sums."""
    run = run_folder(tmp_path / "run", TASKS, [REJECTION, REJECTION, REJECTION])
    lines = (run.path / name).read_bytes().splitlines(keepends=True)
    (run.path / name).write_bytes(b"".join([lines[0], b"nonsense\n", *lines[1:]]))
    if format_ == 1:
        write(run.path, read_manifest(run.path) | {"format": 1})
        sums_of(run.path / name).unlink()

    values = RunReader(run.path).tasks() if name == "tasks.jsonl" else RunReader(run.path).rejections()
    assert next(iter(values)) == (TASKS[0] if name == "tasks.jsonl" else REJECTION)
    with pytest.raises(RunError, match=rf"{name}, line 2: damaged; .* `selfinstruct repair {tmp_path}/run`"):
        next(iter(values))


def test_half_a_character_becomes_the_replacement_character(tmp_path: Path) -> None:
    """A lone surrogate, which only a hand can have put there, would stop every reader of an export."""
    run = run_folder(tmp_path / "run", [])
    broken = task(0, "x").model_dump(mode="json") | {"instruction": "a \ud800 b"}
    (run.path / "tasks.jsonl").write_text(json.dumps(broken) + "\n")
    write_sums(run.path / "tasks.jsonl")

    assert [found.instruction for found in run.tasks()] == ["a \ufffd b"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing", None, "missing: not a run folder: it has no manifest.json"),
        ("file", "x", "can't be read: Not a directory"),
        ("empty", {}, "empty: not a run folder: it has no manifest.json"),
        ("half", {"manifest.json": '{"format": 1, '}, "manifest.json: damaged; nothing was changed"),
        ("bare", {"manifest.json": '{"format": 2, "shaping": {}, "chain": {}}'}, "manifest.json: damaged"),
        ("poor", {"manifest.json": '{"format": 1, "shaping": {}, "chain": {}}'}, "manifest.json: damaged"),
        (
            "new",
            {"manifest.json": '{"format": 3, "shaping": {}, "chain": {}}'},
            "of format 3; this version reads 1 and 2",
        ),
    ],
)
def test_what_is_no_run_says_so_in_a_line(
    tmp_path: Path, name: str, content: str | dict[str, str] | None, expected: str
) -> None:
    """A missing folder, a file, another folder, half a manifest, one of another version."""
    path = tmp_path / name
    if isinstance(content, str):
        path.write_text(content)
    elif content is not None:
        path.mkdir()
        for file, text in content.items():
            (path / file).write_text(text)

    with pytest.raises(RunError) as raised:
        RunReader(path)

    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_chain_of_another_version_is_said_when_it_is_needed(tmp_path: Path) -> None:
    """The tasks can be read all the same."""
    run = run_folder(tmp_path / "run", TASKS)
    manifest = read_manifest(run.path)
    manifest["versions"]["selfinstruct-chains"] = "0.9.0"
    manifest["chain"]["temperature_of_the_room"] = 21
    write(run.path, manifest)
    run = RunReader(run.path)

    assert list(run.tasks()) == TASKS
    with pytest.raises(RunError, match=r"this version can't read its chain; use 0\.9\.0"):
        _ = run.config


def test_a_finished_run_is_not_called_unfinished(tmp_path: Path) -> None:
    """Nor is one of which nothing is known."""
    self_instruct(CONFIG, tmp_path / "run", models=ScriptedChat(reply=scripted_author)).invoke({"n": 2})

    assert RunReader(tmp_path / "run").unfinished() == ""
    assert run_folder(tmp_path / "other", TASKS).unfinished() == ""


def test_a_run_that_stopped_says_why(tmp_path: Path) -> None:
    """With how far it came, as it left word itself."""
    chain = self_instruct(CONFIG, tmp_path / "run", models=ScriptedChat(reply=scripted_author))
    with pytest.raises(RunStopped):
        chain.invoke({"n": 50, "budgets": {"calls": 8}})

    run = RunReader(tmp_path / "run")

    done = len(list(run.tasks()))
    assert run.unfinished() == f"it stopped at {done} of 50 tasks: the budget of 8 calls is used up"


@pytest.mark.parametrize(("age", "state"), [(5, "running"), (120, "killed")])
def test_a_run_on_another_machine_goes_by_its_last_sign_of_life(tmp_path: Path, age: float, state: str) -> None:
    """No lock tells of a process elsewhere."""
    run = run_folder(tmp_path / "run", TASKS)
    progress = {"state": "running", "why": "", "finished": 3, "wanted": 9, "host": "far", "updated": time.time() - age}
    (run.path / "progress.json").write_text(json.dumps(progress))

    assert run.state() == state


@pytest.mark.parametrize("word", ["", "{", "[]", '{"state": "asleep", "why": "", "finished": 1, "wanted": 2}'])
def test_a_word_that_cannot_be_read_is_no_word(tmp_path: Path, word: str) -> None:
    """What became of the run is then not known, and it can be read all the same."""
    run = run_folder(tmp_path / "run", TASKS)
    (run.path / "progress.json").write_text(word)

    assert (run.progress(), run.state(), run.unfinished()) == (None, "unknown", "")


def test_a_journal_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """As every other file of a run."""
    run = run_folder(tmp_path / "run", TASKS)
    (run.path / "journal.jsonl").unlink()
    (run.path / "journal.jsonl").mkdir()

    with pytest.raises(RunError, match=r"journal\.jsonl: can't be read: Is a directory"):
        list(run.entries())


def test_a_run_that_was_killed_or_goes_on_says_so(tmp_path: Path) -> None:
    """Its lock tells the two apart."""
    run = run_folder(tmp_path / "run", TASKS)
    progress = {"state": "running", "why": "", "finished": 3, "wanted": 9}
    (run.path / "progress.json").write_text(json.dumps(progress))

    assert run.unfinished() == "it was killed at 3 of 9 tasks"
    folder = Folder(run.path, CONFIG, [SEED])
    assert run.unfinished() == "a process is at work in it; what it had when this began is used"
    folder.close()
    assert run.unfinished() == "it was killed at 3 of 9 tasks"
