"""What became of a run's last start, and its files as streams: figure by figure."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.folder import locked
from selfinstruct_chains.run.manifest import read_manifest, write
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.sealed import sums_of
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [task(number, f"Übersetze {number}") for number in range(3)]
REJECTION = Rejection(id="000000-05", rule="too_short", stage="instruction", text="Go", request=0)
ENTRY = Entry("instructions/000000/1", "ab", reply="1. Go", model="m", ms=5)
HERE = socket.gethostname()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """A run; tests leave other words of its process in its folder, and nothing else."""
    return run_folder(tmp_path_factory.mktemp("read") / "run", TASKS, [REJECTION, REJECTION], [ENTRY])


def leave(run: RunReader, **word: Any) -> None:
    """Leave this word in its folder; none at all without one."""
    least = {"state": "running", "why": "", "finished": 3, "wanted": 9}
    file = run.path / "progress.json"
    file.unlink(missing_ok=True)
    if word:
        file.write_text(json.dumps(least | word))


@pytest.mark.parametrize(
    ("word", "is_locked", "state", "unfinished"),
    [
        ({}, False, "unknown", ""),
        ({}, True, "running", "a process is at work in it; what it had when this began is used"),
        ({"state": "finished"}, False, "finished", ""),
        ({"state": "finished"}, True, "finished", ""),
        ({"state": "stopped", "why": "no more"}, False, "stopped", "it stopped at 3 of 9 tasks: no more"),
        ({"state": "stopped"}, False, "stopped", "it stopped at 3 of 9 tasks"),
        ({"state": "running"}, False, "killed", "it was killed at 3 of 9 tasks"),
        ({"state": "running", "host": HERE, "updated": time.time() + 999}, False, "killed", "it was killed at 3 of 9"),
        ({"state": "running", "host": HERE}, True, "running", "a process is at work in it"),
        ({"state": "running", "host": "far"}, True, "killed", "it was killed at 3 of 9 tasks"),
        ({"state": "running", "host": "far", "updated": time.time() + 999}, False, "running", "a process is at work"),
    ],
)
def test_what_became_of_the_last_start(
    run: RunReader, word: dict[str, Any], is_locked: bool, state: str, unfinished: str
) -> None:
    """Its process says so, its lock tells whether it is still there; of one elsewhere its last sign of life."""
    leave(run, **word)
    if is_locked:
        lock = locked(run.path)
        found = (run.state(), run.unfinished())
        lock.release()
    else:
        found = (run.state(), run.unfinished())

    assert found[0] == state
    assert found[1].startswith(unfinished)
    assert found[1] or not unfinished


@pytest.mark.parametrize(("age", "state"), [(20.0, "running"), (45.0, "killed")])
def test_half_a_minute_without_a_sign_of_life_is_death(run: RunReader, age: float, state: str) -> None:
    """Of a process elsewhere; one comes every two seconds."""
    leave(run, host="far", updated=time.time() - age)

    assert run.state() == state


def test_without_a_lock_s_file_nobody_is_at_work(tmp_path: Path) -> None:
    """Nor is it made by looking."""
    run = run_folder(tmp_path / "run", [])
    (run.path / ".lock").unlink()
    leave(run, state="running")

    assert run.state() == "killed"
    assert not (run.path / ".lock").exists()


def test_how_much_there_is(run: RunReader, tmp_path: Path) -> None:
    """Tasks, checked by their checksums; bytes of seeds and of tasks, none where there is no file."""
    empty = run_folder(tmp_path / "run", [])
    (empty.path / "tasks.jsonl").unlink()
    (empty.path / "tasks.crc").unlink()

    assert (run.check(), empty.check()) == (3, 0)
    for seeds, name in ((True, "seeds.jsonl"), (False, "tasks.jsonl")):
        assert run.size(seeds=seeds) == len((run.path / name).read_bytes())
    assert (empty.size(seeds=False), list(empty.tasks())) == (0, [])


def test_each_task_has_its_place_in_bytes(run: RunReader) -> None:
    """Seeds too; read again there, in any order, it is the same."""
    lines = (run.path / "tasks.jsonl").read_bytes().splitlines(keepends=True)
    places = [0, len(lines[0]), len(lines[0] + lines[1])]

    assert list(run.placed(seeds=False)) == list(zip(places, TASKS, strict=True))
    assert list(run.placed(seeds=True)) == [(0, SEED)]
    with run.open_tasks(seeds=False) as tasks, run.open_tasks(seeds=True) as seeds:
        assert [tasks.at(place) for place in reversed(places)] == TASKS[::-1]
        assert seeds.at(0) == SEED
        with pytest.raises(RunError, match=r"tasks\.jsonl: damaged; nothing was changed"):
            tasks.at(places[1] + 5)
    with pytest.raises(ValueError, match="closed"):
        tasks.at(0)


def test_blank_lines_shift_places_and_numbers(tmp_path: Path) -> None:
    """They hold nothing."""
    run = run_folder(tmp_path / "run", TASKS)
    write(run.path, read_manifest(run.path) | {"format": 1})
    sums_of(run.path / "tasks.jsonl").unlink()
    lines = (run.path / "tasks.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "tasks.jsonl").write_bytes(b" \n" + lines[0] + b"\n" + lines[1] + b"nonsense\n")
    stream = RunReader(run.path).placed(seeds=False)

    assert [next(stream), next(stream)] == [(2, TASKS[0]), (3 + len(lines[0]), TASKS[1])]
    with pytest.raises(RunError, match=r"tasks\.jsonl, line 5: damaged"):
        next(stream)


def test_format_1_may_have_checksums_too(tmp_path: Path) -> None:
    """It has them where a later version went on with it; they are compared then."""
    run = run_folder(tmp_path / "run", TASKS)
    write(run.path, read_manifest(run.path) | {"format": 1})
    (run.path / "tasks.jsonl").write_bytes((run.path / "tasks.jsonl").read_bytes().replace(b"yes", b"yet", 1))
    old = RunReader(run.path)

    with pytest.raises(RunError, match=r"tasks\.jsonl, line 1: damaged"):
        list(old.tasks())
    sums_of(run.path / "tasks.jsonl").unlink()
    assert len(list(old.tasks())) == 3


def test_lines_without_checksums_are_damage_in_format_2(tmp_path: Path) -> None:
    """Nobody knows whether they are as they were written."""
    run = run_folder(tmp_path / "run", TASKS)
    sums_of(run.path / "tasks.jsonl").unlink()

    with pytest.raises(RunError, match=r"tasks\.jsonl, line 1: damaged"):
        run.check()


def test_a_line_that_came_after_the_end_is_damage(tmp_path: Path) -> None:
    """In a run that has finished nobody will write its checksum; in one that was killed it is left out."""
    run = run_folder(tmp_path / "run", TASKS[:2])
    with (run.path / "tasks.jsonl").open("ab") as file:
        file.write((run.path / "tasks.jsonl").read_bytes().splitlines(keepends=True)[0])
    assert list(run.tasks()) == TASKS[:2]
    leave(run, state="finished")

    with pytest.raises(RunError, match=r"tasks\.jsonl, line 3: damaged"):
        list(run.tasks())


def test_other_seeds_are_refused(tmp_path: Path) -> None:
    """Those that the run began with are wanted; where the file is gone there are none."""
    run = run_folder(tmp_path / "run", TASKS)
    file = run.path / "seeds.jsonl"
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(RunError) as raised:
        list(run.seeds())

    assert str(raised.value) == (
        f"{file}: not the seeds that the run began with; restore it from a copy, or go on with the run, "
        "which writes it anew"
    )
    file.unlink()
    assert list(run.seeds()) == []


def test_what_can_not_be_read_is_named(tmp_path: Path) -> None:
    """A folder in a file's place."""
    run = run_folder(tmp_path / "run", TASKS)
    (run.path / "tasks.jsonl").unlink()
    (run.path / "tasks.jsonl").mkdir()

    with pytest.raises(RunError, match=r"tasks\.jsonl: can't be read: Is a directory$"):
        list(run.tasks())
    with pytest.raises(RunError, match=r"tasks\.jsonl: can't be read: Is a directory$"):
        run.open_tasks(seeds=False)


@pytest.mark.parametrize(
    ("versions", "use"), [({"selfinstruct-chains": "0.9.0"}, "use 0.9.0"), ({}, "use another version")]
)
def test_a_chain_that_this_version_can_not_read(tmp_path: Path, versions: dict[str, str], use: str) -> None:
    """By which it was begun is said, where that is known."""
    run = run_folder(tmp_path / "run", [])
    manifest = read_manifest(run.path)
    write(run.path, manifest | {"versions": versions, "chain": manifest["chain"] | {"wind": 5}})

    with pytest.raises(RunError) as raised:
        _ = RunReader(run.path).config
    assert str(raised.value) == f"{run.path}/manifest.json: this version can't read its chain; {use}"
