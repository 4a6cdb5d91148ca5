"""Damage in a run folder is found by every reader, and mended without losing what is good."""

from __future__ import annotations

import shutil
from collections import deque
from random import Random
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.folder import locked
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.run.manifest import COPY
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.repair import repair
from selfinstruct_chains.run.sealed import SUM_LENGTH, sums_of
from tests.outputs.runs import SEED
from tests.run.scripts import Author, config, files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTS = ("manifest.json", "journal.jsonl", "tasks.jsonl", "tasks.crc", "rejected.jsonl", "rejected.crc", "seeds.jsonl")
FLIPS = 40  # in each of them; benchmarks/durability.py makes thousands


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run; poor replies give it second attempts."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    grow(folder)
    return folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def grow(folder: Path) -> Author:
    """The run, begun or gone on with; who was asked."""
    author = Author(poor=0.1)
    seeds = [SEED.model_copy(update={"id": f"s{n}", "instruction": f"{SEED.instruction} {n}"}) for n in range(8)]
    self_instruct(config(), folder, models=author.model, seeds=seeds).invoke({"n": 6})
    return author


def read_all(folder: Path) -> None:
    """Read all that `export`, `stats` and the others read."""
    run = RunReader(folder)
    for stream in (run.tasks(), run.rejections(), run.entries(), run.seeds()):
        deque(stream, maxlen=0)


def flip(file: Path, place: int) -> None:
    """Flip one bit."""
    data = bytearray(file.read_bytes())
    data[place // 8] ^= 1 << place % 8
    file.write_bytes(data)


def a_place(run: Path, name: str, share: float) -> int:
    """A bit about so far into a file; in the journal, of a reply that a task needed."""
    data = (run / name).read_bytes()
    if name != "journal.jsonl":
        return int((8 * len(data) - 9) * share) + 3
    tasks = list(RunReader(run).tasks())
    used = [call for task in tasks if task.provenance for call in task.provenance.calls]
    start = data.index(f'"{used[int(len(used) * share)]}"'.encode())
    return 8 * (start + 1) + 3


@pytest.mark.parametrize("name", PARTS)
def test_a_flipped_bit_is_found(run: Path, name: str) -> None:
    """Wherever it is, whoever reads is told; but the journal's last line end may make its line a torn one."""
    good = (run / name).read_bytes()
    places = Random(name).sample(range(8 * (len(good) - (name == "journal.jsonl"))), FLIPS)
    for place in [0, 8 * len(good) - 9, *places]:
        flip(run / name, place)
        with pytest.raises(RunError) as raised:
            read_all(run)
        assert "\n" not in str(raised.value)
        assert name.replace(".crc", ".jsonl") in str(raised.value)
        (run / name).write_bytes(good)
    read_all(run)


@pytest.mark.parametrize("name", PARTS[1:6])
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_after_a_flip_a_repaired_run_is_what_it_was(run: Path, whole: Path, name: str, share: float) -> None:
    """What is damaged is kept beside the new; the same command asks for what was lost and for nothing else."""
    flip(run / name, a_place(run, name, share))
    damaged = (run / name.replace(".crc", ".jsonl")).read_bytes()
    found = repair(run)
    stem = name.partition(".")[0]

    assert found.left == []
    assert len(found.done) == 1
    assert f"{stem}.old-1.jsonl" in found.done[0]
    assert (run / f"{stem}.old-1.jsonl").read_bytes() == damaged
    read_all(run)
    assert repair(run).done == []
    author = grow(run)
    assert (author.calls.total() > 0) == (name == "journal.jsonl")
    keys = [entry.key for _, entry in scan(run / "journal.jsonl") if entry.answers]
    assert len(keys) == len(set(keys))
    assert files(run) == files(whole)


@pytest.mark.parametrize("name", ["tasks.jsonl", "rejected.jsonl"])
def test_a_line_added_by_hand_is_found(run: Path, whole: Path, name: str) -> None:
    """One more than a finished run wrote: readers stop at it, a repair or the next start keeps it in a copy."""
    lines = (whole / name).read_bytes().splitlines(keepends=True)
    added = b"".join([*lines, lines[0]])
    (run / name).write_bytes(added)
    with pytest.raises(RunError, match=f"{name}, line {len(lines) + 1}: damaged"):
        read_all(run)
    gone_on = run.with_name("gone_on")
    shutil.copytree(run, gone_on)
    grow(gone_on)
    repair(run)

    for folder in (run, gone_on):
        assert (folder / name.replace(".", ".old-1.")).read_bytes() == added
        assert (folder / name).read_bytes() == b"".join(lines)
        read_all(folder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.partition(b"\n")[0] + b"\n" + data, id="doubled"),
        pytest.param(lambda data: b"mine\n" * 9 + data, id="longer"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(lambda data: data.decode().encode("utf-16"), id="utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["tasks.jsonl", "rejected.jsonl"])
def test_what_an_editor_saved_is_as_long_as_it_was(
    run: Path, whole: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    """The journal may hold more than a run wanted, which does not come into a dataset that is made anew."""
    (run / name).write_bytes(change((whole / name).read_bytes()))

    assert len(repair(run).done) == 1

    assert files(run) == files(whole)


def test_a_lost_line_end_loses_nothing(run: Path, whole: Path) -> None:
    """Two lines that became one are two again, since each has its checksum; so is the last without its end."""
    good = (whole / "journal.jsonl").read_bytes()
    for damage in (good.replace(b"\n", b"", 1), good.replace(b"\n", b"J", 3), good[:-1], good[:-1] + b"\x0b"):
        (run / "journal.jsonl").write_bytes(damage)
        [line] = repair(run).done
        assert "nothing was lost" in line
        assert (run / "journal.jsonl").read_bytes() == good


def test_what_will_be_asked_again_is_named(run: Path) -> None:
    """By the call's key as far as it can be read; the lines around it stay."""
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    key = [entry.key for _, entry in scan(run / "journal.jsonl")][2]
    lines[2] = lines[2].replace(b"prompt", b"prompX", 1)
    (run / "journal.jsonl").write_bytes(b"".join([*lines, b"\n", b"nonsense\n"]))
    [said] = repair(run).done

    again = f"2 damaged lines; will be asked again: {key}, 1 more; the old one is journal.old-1.jsonl"
    assert said == f"journal.jsonl: {again}"
    assert (run / "journal.jsonl").read_bytes() == b"".join(lines[:2] + lines[3:])


def test_blank_lines_are_no_damage(run: Path) -> None:
    """Nothing is written because of them."""
    before = b"\n" + (run / "journal.jsonl").read_bytes() + b" \r\n"
    (run / "journal.jsonl").write_bytes(before)

    assert repair(run).done == []
    assert (run / "journal.jsonl").read_bytes() == before


def test_a_manifest_comes_back_from_its_copy(run: Path, whole: Path) -> None:
    """Damaged or gone; without a good copy either it is said that nothing helps."""
    good = (whole / "manifest.json").read_bytes()
    (run / "manifest.json").write_bytes(good.replace(b"0.7", b"0.6", 1))
    [said] = repair(run).done
    assert said == f"manifest.json: damaged, and put back from {COPY}; the damaged one is manifest.old-1.json"
    assert (run / "manifest.json").read_bytes() == good
    (run / "manifest.json").unlink()
    assert repair(run).done == [f"manifest.json: damaged, and put back from {COPY}"]
    assert grow(run).calls.total() == 0
    for name in ("manifest.json", COPY):
        (run / name).write_bytes(good[:-9])
    with pytest.raises(RunError, match=rf"manifest\.json: damaged; {COPY} doesn't help; restore it"):
        repair(run)


@pytest.mark.parametrize("change", [bytes.upper, lambda good: good[:-40], lambda good: b""])
def test_seeds_are_written_anew_by_the_run(run: Path, whole: Path, change: Callable[[bytes], bytes]) -> None:
    """The command that goes on has them; what stood there is kept."""
    good = (whole / "seeds.jsonl").read_bytes()
    (run / "seeds.jsonl").write_bytes(change(good))
    with pytest.raises(RunError, match=r"seeds\.jsonl: not the seeds that the run began with"):
        read_all(run)
    grow(run)

    assert (run / "seeds.jsonl").read_bytes() == good
    assert (run / "seeds.old-1.jsonl").read_bytes() == change(good)


def cut(file: Path, lines: int) -> None:
    """Take lines from the end of a file."""
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-lines]))


@pytest.mark.parametrize("name", ["tasks.jsonl", "rejected.jsonl"])
def test_lines_that_are_gone_are_missed(run: Path, whole: Path, name: str) -> None:
    """A derived file cut at a line's end, or without its checksums: found, and made anew."""
    for damage in (lambda: cut(run / name, 1), sums_of(run / name).unlink, (run / name).unlink):
        damage()
        with pytest.raises(RunError, match=rf"{name}, line \d+: damaged"):
            read_all(run)
        assert len(repair(run).done) == 1
        assert files(run) == files(whole)


def test_a_kill_between_a_line_and_its_checksum_is_no_damage(run: Path) -> None:
    """The last line alone may lack it, whole or half; it is taken for one that is not there yet."""
    sums, tasks = sums_of(run / "tasks.jsonl"), run / "tasks.jsonl"
    before = list(RunReader(run).tasks())
    word = run / "progress.json"
    word.write_text(word.read_text().replace('"finished"', '"running"'))
    sums.write_bytes(sums.read_bytes()[:-SUM_LENGTH])
    assert list(RunReader(run).tasks()) == before[:-1]
    sums.write_bytes(sums.read_bytes() + b"12")
    tasks.write_bytes(tasks.read_bytes()[:-20])

    assert list(RunReader(run).tasks()) == before[:-1]
    assert repair(run).done == []
    assert grow(run).calls.total() == 0
    assert list(RunReader(run).tasks()) == before
    assert not list(run.glob("*.old-*"))


def test_what_the_journal_does_not_give_is_left_to_the_run(run: Path, whole: Path) -> None:
    """With the journal's second half gone too, the first tasks are made anew, and the run makes the others."""
    journal = run / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:20])
    flip(run / "tasks.jsonl", 100)
    done = repair(run).done

    assert [line.partition(":")[0] for line in done] == ["journal.jsonl", "tasks.jsonl"]
    assert files(whole)[0].startswith((run / "tasks.jsonl").read_bytes())
    assert grow(run).calls.total() > 0
    assert files(run) == files(whole)


def test_a_run_at_work_is_not_repaired(run: Path) -> None:
    """Its process holds the lock."""
    with locked(run), pytest.raises(RunError, match="another process is working in this folder"):
        repair(run)


def test_what_only_its_own_program_can_judge_is_left(tmp_path: Path) -> None:
    """Filters of the user's own are not in the folder; the same call from Python makes the files anew."""

    def short(text: str) -> str | None:
        return "too_long_for_me" if len(text) > 90 else None

    chain = self_instruct(config(), tmp_path / "run", models=Author().model, instruction_filters=[short])
    chain.invoke({"n": 4})
    before = files(tmp_path / "run")
    flip(tmp_path / "run" / "tasks.jsonl", 100)
    found = repair(tmp_path / "run")

    assert found.done == []
    assert "tasks.jsonl: damaged, and can't be made anew" in found.left[0]
    assert "short too, not in the folder; run it again from Python instead" in found.left[0]
    chain.invoke({"n": 4})
    assert files(tmp_path / "run") == before


def test_a_refiltered_run_has_nothing_to_be_made_from(run: Path, tmp_path: Path) -> None:
    """It is refiltered again instead."""
    refilter(run, {"novelty.threshold": 0.6}, tmp_path / "new")
    flip(tmp_path / "new" / "tasks.jsonl", 50)
    found = repair(tmp_path / "new")

    assert (found.done, len(found.left)) == ([], 1)
    assert "refilter again" in found.left[0]


def test_what_is_no_run_is_not_repaired(tmp_path: Path) -> None:
    """No file is made in a folder of something else."""
    with pytest.raises(RunError, match=r"not a run folder: it has no manifest\.json"):
        repair(tmp_path)
    assert list(tmp_path.iterdir()) == []
