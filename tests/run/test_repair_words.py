"""What a repair says of each damage, and how far a file goes that is made anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.derived import as_line
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.manifest import COPY
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.repair import repair
from selfinstruct_chains.run.sealed import sums_of
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path


def reply(number: int, text: str = "r") -> Entry:
    """A reply about a candidate."""
    return Entry(f"classification/000000-{number:02d}/1", "x", reply=text, usage=None, model="m", ms=5)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose journal has nine replies."""
    return run_folder(tmp_path / "run", [], entries=[reply(number) for number in range(9)]).path


def spoil(run: Path, *numbers: int, old: bytes = b'"m"', new: bytes = b'"n"') -> None:
    """Change a word on lines of the journal."""
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for number in numbers:
        lines[number] = lines[number].replace(old, new, 1)
    (run / "journal.jsonl").write_bytes(b"".join(lines))


def named(*numbers: int) -> str:
    """The calls of these lines."""
    return ", ".join(f"classification/000000-{number:02d}/1" for number in numbers)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([3], f"1 damaged line; will be asked again: {named(3)}"),
        ([1, 3], f"2 damaged lines; will be asked again: {named(1, 3)}"),
        (range(5), f"5 damaged lines; will be asked again: {named(*range(5))}"),
        (range(6), f"6 damaged lines; will be asked again: {named(*range(5))}, 1 more"),
        (range(8), f"8 damaged lines; will be asked again: {named(*range(5))}, 3 more"),
    ],
)
def test_calls_that_are_lost_are_named(run: Path, numbers: list[int], said: str) -> None:
    """Five of them, and how many more there are."""
    good = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    spoil(run, *numbers)
    found = repair(run)

    assert (found.done, found.left) == ([f"journal.jsonl: {said}; the old one is journal.old-1.jsonl"], [])
    assert (run / "journal.jsonl").read_bytes() == b"".join(good[n] for n in range(9) if n not in numbers)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([2], "1 damaged line; will be asked again: 1 call that can't be told"),
        ([2, 4, 5], "3 damaged lines; will be asked again: 3 calls that can't be told"),
    ],
)
def test_calls_that_can_not_be_told_are_counted(run: Path, numbers: list[int], said: str) -> None:
    """Where not even the key can be read."""
    spoil(run, *numbers, old=b'"key"', new=b'"kex"')

    assert repair(run).done == [f"journal.jsonl: {said}; the old one is journal.old-1.jsonl"]


def test_what_was_answered_again_is_not_lost(run: Path) -> None:
    """A damaged line whose call has another one that answers; a fault answers nothing."""
    with (run / "journal.jsonl").open("ab") as file:
        file.write(reply(3).line())
        file.write(Entry.fault("classification/000000-04/1", "x", "503").line())
    spoil(run, 3, 4)

    assert repair(run).done == [
        f"journal.jsonl: 2 damaged lines; will be asked again: {named(4)}; the old one is journal.old-1.jsonl"
    ]
    assert repair(run).done == []


def test_two_lines_in_one_are_two_again(run: Path) -> None:
    """Whatever became of the end between them; what stands there besides is damage."""
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for between, lost in ((b"", "nothing was lost"), (b"\t", "nothing was lost")):
        (run / "journal.jsonl").write_bytes(lines[0][:-1] + between + b"".join(lines[1:]))
        [said] = repair(run).done
        assert said.startswith(f"journal.jsonl: 1 damaged line; {lost}; ")
        assert (run / "journal.jsonl").read_bytes() == b"".join(lines)
    (run / "journal.jsonl").write_bytes(lines[0][:-1] + b"mine" + b"".join(lines[1:]))
    [said] = repair(run).done
    assert f"will be asked again: {named(0)}; " in said
    assert (run / "journal.jsonl").read_bytes() == b"".join(lines[1:])


def test_a_journal_of_a_later_version_is_left(run: Path) -> None:
    """As it is, with what it is."""
    before = (run / "journal.jsonl").read_bytes()
    (run / "journal.jsonl").write_bytes(before + b'{"v": 9, "kind": "reply"}\n')
    with pytest.raises(RunError, match=r"^journal\.jsonl: written in format 9; this version reads 1 and 2"):
        repair(run)
    assert (run / "journal.jsonl").read_bytes() == before + b'{"v": 9, "kind": "reply"}\n'


def test_a_copy_alone_is_a_run_too(run: Path) -> None:
    """Its manifest comes back from it; a later version's copy helps no more than none."""
    good = (run / "manifest.json").read_bytes()
    (run / "manifest.json").unlink()
    assert repair(run).done == [f"manifest.json: damaged, and put back from {COPY}"]
    assert (run / "manifest.json").read_bytes() == good
    (run / "manifest.json").write_bytes(good[:-9])
    (run / COPY).unlink()
    with pytest.raises(RunError) as raised:
        repair(run)
    assert str(raised.value) == f"{run / 'manifest.json'}: damaged; {COPY} doesn't help; restore it"


def test_a_run_without_a_journal_is_written_by_who_made_it(tmp_path: Path) -> None:
    """Only what it can't be made from is said; a whole one is left alone."""
    folder = run_folder(tmp_path / "run", [task(0, "Sing.")]).path
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 2
    assert repair(folder).left == repair(folder).done == []


def test_what_the_journal_gives_is_as_long_as_it_was(tmp_path: Path) -> None:
    """Nothing, where it gives nothing; the file that is damaged is kept, one that is gone is only made anew."""
    dropped = Rejection(id="000000-00", rule="novelty", stage="instruction", text="a", request=0)
    seeds = [SEED.model_copy(update={"id": f"s{n}", "instruction": f"Name river {n}."}) for n in range(8)]
    folder = run_folder(tmp_path / "run", [task(0, "Sing.")], [dropped], seeds=seeds).path
    (folder / "rejected.jsonl").write_bytes(as_line(dropped).replace(b'"a"', b'"b"'))
    assert repair(folder).done == [
        "rejected.jsonl: damaged; 0 lines were made anew from the journal; the old one is rejected.old-1.jsonl"
    ]
    assert ((folder / "rejected.jsonl").read_bytes(), sums_of(folder / "rejected.jsonl").read_bytes()) == (b"", b"")
    (folder / "tasks.jsonl").unlink()
    assert repair(folder).done == ["tasks.jsonl: damaged; 0 lines were made anew from the journal"]
    assert list(RunReader(folder).tasks()) == []
