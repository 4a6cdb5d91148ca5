"""The run folder: manifest, derived files, lock; and what is read from it by others: status, estimate, refilter."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.errors import BudgetReached, ConfigError, RunError
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.derived import Derived, as_line, good_lines
from selfinstruct_chains.run.estimate import from_defaults, from_measured
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.manifest import read_manifest
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.sealed import SUM_LENGTH, sums_of
from tests.outputs.runs import CONFIG, SEED, task
from tests.run.scripts import Author, config, files

if TYPE_CHECKING:
    from pathlib import Path


async def grow(folder: Path, n: int, monitor: Monitor | None = None, **overrides: Any) -> Monitor:
    """A run's monitor."""
    monitor = monitor or Monitor()
    await self_instruct(config(**overrides), folder, models=Author(poor=0.1).model, monitor=monitor).ainvoke({"n": n})
    return monitor


async def test_the_manifest_repeats_the_run(tmp_path: Path) -> None:
    """Config with prompt texts, seeds and their hash, versions, and the models as their provider reported them."""
    await grow(tmp_path, 4)
    manifest = read_manifest(tmp_path)

    assert manifest["chain"] == {**config().told().model_dump(mode="json"), "language": "en"}
    assert manifest["chain"]["instructions"]["prompt"]["chat"]["user"]
    assert len(read_seeds(tmp_path / "seeds.jsonl")) == 175
    assert len(manifest["shaping"]["seeds"]) == len(manifest["fingerprint"]) == 64
    assert {"python", "selfinstruct-chains", "langchain-core"} <= manifest["versions"].keys()
    assert manifest["models"]["instructions"] == ["scripted"]
    assert manifest["shaping"].keys().isdisjoint({"run.max_concurrency", "instructions.model.timeout"})


async def test_asking_for_less_says_that_nothing_is_taken_away(tmp_path: Path) -> None:
    """A smaller n on a folder that has more leaves the files alone and says so."""
    await grow(tmp_path, 12)
    before = files(tmp_path)
    monitor = await grow(tmp_path, 5)

    assert monitor.notes == ["the folder has 12 finished tasks already; asking for 5 takes none of them away"]
    assert files(tmp_path) == before


@pytest.mark.parametrize("n", [6, 12])
async def test_an_edited_file_is_kept_beside_the_new_one(tmp_path: Path, n: int) -> None:
    """A line of tasks.jsonl changed by hand: the file is made anew from the journal, the edited one kept and named."""
    await grow(tmp_path, 12)
    before, tasks = files(tmp_path), tmp_path / "tasks.jsonl"
    edited = tasks.read_bytes().replace(b'"instances"', b'"instancez"', 1)
    tasks.write_bytes(edited)
    monitor = await grow(tmp_path, n)

    assert (tmp_path / "tasks.old-1.jsonl").read_bytes() == edited
    assert any("tasks.old-1.jsonl" in note for note in monitor.notes)
    assert before[0].startswith(tasks.read_bytes())
    await grow(tmp_path, 12)
    assert files(tmp_path) == before


async def test_half_a_line_is_no_edit(tmp_path: Path) -> None:
    """A derived file that ends in half a line without its checksum, as after a kill, is simply completed."""
    await grow(tmp_path, 8)
    before, tasks = files(tmp_path), tmp_path / "tasks.jsonl"
    tasks.write_bytes(tasks.read_bytes()[:-20])
    sums_of(tasks).write_bytes(sums_of(tasks).read_bytes()[:-SUM_LENGTH])
    monitor = await grow(tmp_path, 8)

    assert files(tmp_path) == before
    assert not any("kept" in note for note in monitor.notes)


async def test_a_torn_journal_is_told(tmp_path: Path) -> None:
    """What was cut off a journal's end is said."""
    await grow(tmp_path, 4)
    with (tmp_path / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"v": 1, "key": "instr')
    monitor = await grow(tmp_path, 4)

    assert any("half a line (22 bytes)" in note for note in monitor.notes)


async def test_without_its_journal_a_run_is_not_paid_for_again(tmp_path: Path) -> None:
    """A folder with tasks and no journal is refused."""
    await grow(tmp_path, 4)
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(RunError, match=r"journal\.jsonl is missing"):
        await grow(tmp_path, 4)


@pytest.mark.parametrize("name", ["tasks.jsonl", "rejected.jsonl"])
def test_a_folder_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path, name: str) -> None:
    """Neither the files that could be opened nor the lock: mended, the run begins in the same process."""
    Folder(tmp_path, config(), [SEED]).close()
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(RunError, match=rf"{name}: can't be (read|written): Is a directory"):
        Folder(tmp_path, config(), [SEED])
    gc.collect()  # a file that was left open is a ResourceWarning here, and an error
    (tmp_path / name).rmdir()

    Folder(tmp_path, config(), [SEED]).close()


async def test_a_kill_before_the_manifest_leaves_a_folder_to_begin_in(tmp_path: Path) -> None:
    """Seeds, a lock and a half-written manifest are no stranger's files."""
    for name in (".lock", "seeds.jsonl", ".manifest.json.partial"):
        (tmp_path / name).write_text("")
    await grow(tmp_path, 2)

    assert len(read_seeds(tmp_path / "seeds.jsonl")) == 175


async def test_a_monitor_begins_anew_with_each_run(tmp_path: Path) -> None:
    """A monitor that follows one run after another counts each from zero."""
    monitor = await grow(tmp_path / "a", 5)
    await grow(tmp_path / "b", 3, monitor)

    assert (monitor.wanted, monitor.finished) == (3, 3)


async def test_own_filters_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    """A folder made with the caller's filters is not extended without them."""

    def short(text: str) -> str | None:
        return "too_long_for_me" if len(text) > 90 else None

    chain = self_instruct(config(), tmp_path, models=Author().model, instruction_filters=[short])
    await chain.ainvoke({"n": 2})
    with pytest.raises(RunError, match="own_filters differ"):
        await grow(tmp_path, 2)


async def test_status_shows_what_the_run_showed(tmp_path: Path) -> None:
    """A folder, looked at afterwards, gives the same counts as its process did; nothing is locked or written."""
    monitor = await grow(tmp_path, 15)
    before = {entry.name: entry.stat().st_mtime_ns for entry in tmp_path.iterdir()}
    overview = look(tmp_path)
    seen, shown = overview.monitor.snapshot(), monitor.snapshot()

    assert overview.state == "finished"
    assert {key: seen[key] for key in shown if key != "calls_per_second"} == {
        key: shown[key] for key in shown if key != "calls_per_second"
    } | {"dollars": seen["dollars"]}
    assert overview.monitor.replies_used == monitor.replies_used
    assert overview.monitor.instances == monitor.instances
    assert {entry.name: entry.stat().st_mtime_ns for entry in tmp_path.iterdir()} == before


async def test_status_of_a_run_that_is_going_on_or_was_killed(tmp_path: Path) -> None:
    """While it goes a run is "running"; stopped, it says why; with a dead process, "killed"."""
    chain = self_instruct(config(), tmp_path, models=Author(slow=0.02).model)
    stream = chain.astream({"n": 30})
    await anext(stream)
    running = look(tmp_path)
    await stream.aclose()
    with pytest.raises(BudgetReached):
        await self_instruct(config(), tmp_path, models=Author().model).ainvoke({"n": 30, "budgets": {"calls": 30}})
    stopped = look(tmp_path)
    progress = json.loads((tmp_path / "progress.json").read_text())
    progress |= {"state": "running", "pid": 2**22 + 1, "updated": time.time()}
    (tmp_path / "progress.json").write_text(json.dumps(progress))

    assert (running.state, running.monitor.wanted) == ("running", 30)
    assert (stopped.state, stopped.why) == ("stopped", "the budget of 30 calls is used up")
    assert look(tmp_path).state == "killed"
    progress |= {"pid": os.getpid(), "updated": time.time() - 120}
    (tmp_path / "progress.json").write_text(json.dumps(progress))
    assert look(tmp_path).state == "killed"


async def test_an_estimate_goes_by_what_was_measured(tmp_path: Path) -> None:
    """As many tasks again are expected to take what the first took, replies that ran ahead apart."""
    await grow(tmp_path, 20)
    overview = look(tmp_path)
    found = from_measured(overview, 20)

    assert found
    assert {role: usage.calls for role, usage in found.roles.items()} == {
        role: usage.calls for (role, model), usage in overview.used.items() if model
    }
    assert found.seconds == pytest.approx(sum(u.milliseconds for u in found.roles.values()) / 1000 / 8)
    twice = from_measured(overview, 40)
    assert twice
    assert twice.roles["classification"].calls == 2 * found.roles["classification"].calls


def test_an_estimate_by_defaults_has_prices_and_limits() -> None:
    """Without a run: calls from stated shares, tokens from the chain's prompts, time no less than the limits give."""
    from selfinstruct_chains.files import shipped

    seeds = read_seeds(shipped.SEEDS)
    priced = config(model__price={"input": 1, "output": 10}, model__requests_per_minute=10)
    found = from_defaults(priced, seeds, 900)
    tokens = [sum(getattr(usage, name) for usage in found.roles.values()) for name in ("input_tokens", "output_tokens")]

    assert found.roles["classification"].calls == 1000
    assert found.roles["instructions"].calls == 250
    assert found.dollars == pytest.approx((tokens[0] + 10 * tokens[1]) / 1e6)
    assert found.seconds == 60 * 1000 / 10
    assert from_defaults(config(model__base_url="http://10.0.0.1/v1"), seeds, 9).dollars is None


async def test_refiltering_with_nothing_changed_gives_the_same(tmp_path: Path) -> None:
    """The same filters keep the same tasks, byte for byte, without a call."""
    await grow(tmp_path / "run", 20)
    result = refilter(tmp_path / "run", {"novelty.threshold": 0.7}, tmp_path / "same")

    assert files(tmp_path / "same") == files(tmp_path / "run")
    assert (result.gained, result.lost, result.unanswered) == (0, {}, [])


async def test_refiltering_tells_what_is_gone_and_what_has_no_reply(tmp_path: Path) -> None:
    """A lower threshold drops tasks by novelty; a higher one accepts candidates that nobody was asked to complete."""
    await grow(tmp_path / "run", 30)
    lower = refilter(tmp_path / "run", {"novelty.threshold": 0.5}, tmp_path / "lower")
    higher = refilter(tmp_path / "run", {"novelty.threshold": 1}, tmp_path / "higher")
    unanswered = [json.loads(line) for line in (tmp_path / "higher" / "unanswered.jsonl").read_text().splitlines()]

    assert lower.lost["novelty"] == 30 - len(lower.tasks) > 0
    assert len(higher.tasks) == 30
    assert [slot.id for slot in higher.unanswered] == [line["id"] for line in unanswered] != []
    with pytest.raises(RunError, match="can't be extended"):
        await grow(tmp_path / "higher", 30, novelty__threshold=1)


@pytest.mark.parametrize("key", ["instructions.ask", "run.seed", "novelty.treshold", "filters.99.min_words"])
async def test_refiltering_changes_filters_only(tmp_path: Path, key: str) -> None:
    """What shapes a prompt, and what is not there, is refused by its key."""
    await grow(tmp_path / "run", 2)
    with pytest.raises(ConfigError, match=rf"--set {key}"):
        refilter(tmp_path / "run", {key: 5}, tmp_path / "new")

    assert not (tmp_path / "new").exists()


async def test_a_refiltered_run_is_its_own(tmp_path: Path) -> None:
    """Its fingerprint is no other's, also with nothing changed; it says from what it was made and by what."""
    await grow(tmp_path / "run", 12)
    changes: list[dict[str, Any]] = [{}, {"novelty.threshold": 0.6}, {"novelty.threshold": 0.5}]
    for number, change in enumerate(changes):
        refilter(tmp_path / "run", change, tmp_path / f"new-{number}")
    origins = [RunReader(tmp_path / name).origin for name in ("run", "new-0", "new-1", "new-2")]

    assert len({origin.fingerprint for origin in origins}) == 4
    assert origins[0].refiltered is None
    source = f"Refiltered, without a call, from the run {origins[0].fingerprint[:12]}; changed: "
    assert [str(origin.refiltered) for origin in origins[1:]] == [
        f"{source}nothing",
        f"{source}novelty.threshold=0.6",
        f"{source}novelty.threshold=0.5",
    ]
    assert RunReader(tmp_path / "new-1").config.novelty.threshold == 0.6


async def test_a_refiltered_run_has_no_replies_to_filter(tmp_path: Path) -> None:
    """It is not filtered into nothing: the run that has the replies is named."""
    await grow(tmp_path / "run", 4)
    refilter(tmp_path / "run", {}, tmp_path / "new")
    fingerprint = RunReader(tmp_path / "run").origin.fingerprint
    with pytest.raises(RunError, match=rf"has no replies of its own; .* of fingerprint {fingerprint[:12]}"):
        refilter(tmp_path / "new", {}, tmp_path / "newer")

    assert not (tmp_path / "newer").exists()


@pytest.mark.parametrize("kind", ["instruction_filters", "instance_filters"])
async def test_refiltering_does_not_ignore_filters_of_ones_own(tmp_path: Path, kind: str) -> None:
    """They are not in the folder: it says which, and writes nothing."""

    def mine(*_: object) -> str | None:
        return None

    chain = self_instruct(config(), tmp_path / "run", models=Author().model, **{kind: [mine]})
    await chain.ainvoke({"n": 2})
    with pytest.raises(RunError, match=r"chosen by your own \S+mine too, not in the folder; run it again from Python"):
        refilter(tmp_path / "run", {}, tmp_path / "new")

    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_new_folder_and_what_is_in_it_are_put_on_the_disk(tmp_path: Path) -> None:
    """The names too: of the folder in those above it, and of its files in it."""
    program = (
        "import sys; from pathlib import Path; from selfinstruct_chains import Task, load_config;"
        "from selfinstruct_chains.run.folder import Folder;"
        "Folder(Path(sys.argv[1]), load_config('openai'), []).close()"
    )
    log, folder = tmp_path / "log", tmp_path / "new" / "run"
    command = ["strace", "-f", "-y", "-e", "trace=fsync", "-o", str(log), sys.executable, "-c", program, str(folder)]
    subprocess.run(command, check=True)
    synced = re.findall(r"fsync\(\d+<([^>]+)>", log.read_text())  # also where another thread's line came between

    wanted = [tmp_path, folder.parent, folder]
    wanted += [folder / name for name in ("journal.jsonl", "tasks.jsonl", "tasks.crc", "rejected.jsonl")]
    assert [str(path) for path in wanted if str(path) not in synced] == []
    assert synced.index(str(folder)) < synced.index(str(folder / "tasks.jsonl"))


def test_what_is_derived_is_taken_over_from_a_version_without_checksums(tmp_path: Path) -> None:
    """A folder of format 1 gets them when it is gone on with; nothing in it is thought damaged."""
    path = tmp_path / "tasks.jsonl"
    tasks = [SEED.model_copy(update={"id": f"00000{number}-00"}) for number in range(3)]
    path.write_bytes(b"".join(as_line(task) for task in tasks))
    said: list[str] = []
    derived = Derived(path, said.append, unchecked=True)
    for one in tasks[:2]:
        derived.put(one)
    derived.close()

    assert said == []
    assert good_lines(path) == (3, path.stat().st_size, False)


def test_a_lock_that_is_removed_is_noticed_before_the_next_write(tmp_path: Path) -> None:
    """Another process may be at work in the folder by then: nothing more is written into it, and it is said."""
    folder = Folder(tmp_path / "run", CONFIG, [SEED])
    before = (tmp_path / "run" / "journal.jsonl").read_bytes()
    (tmp_path / "run" / ".lock").unlink()
    second = Folder(tmp_path / "run", CONFIG, [SEED])

    with pytest.raises(RunError, match=r"\.lock was removed while this run was at work"):
        folder.journal.write(Entry("instructions/000000/1", "x", reply="r", model="m"))
    with pytest.raises(RunError, match=r"\.lock was removed"):
        folder.task(task(0, "Do thing 0"))

    folder.close()
    second.close()
    assert (tmp_path / "run" / "journal.jsonl").read_bytes() == before
