"""Where the run's rules begin and end: the first of two, the last but one, and what is on the disk when."""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, read_seeds, self_instruct
from selfinstruct_chains.errors import AcceptanceCollapsed, BudgetReached, Interrupted, RunStopped
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.estimate import from_defaults
from selfinstruct_chains.run.journal import Entry, Journal
from selfinstruct_chains.run.syncing import Syncing
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config, entries

if TYPE_CHECKING:
    from pathlib import Path


def answer(reply: str) -> Entry:
    """A reply to one and the same call."""
    return Entry("instructions/000000/1", "ab", reply=reply)


def test_the_first_of_two_answers_counts(tmp_path: Path) -> None:
    """While the journal is open and when it is opened again: what was derived from the first stays so."""
    with closing(Journal(tmp_path / "j")) as journal:
        journal.write(answer("first"))
        journal.write(answer("second"))
        assert journal.get("instructions/000000/1") == answer("first")
    with closing(Journal(tmp_path / "j")) as journal:
        assert journal.get("instructions/000000/1") == answer("first")
        assert journal.usage["instructions", ""].calls == 2  # both were paid for


def test_the_first_reason_to_stop_counts() -> None:
    """Unless the user interrupts: that comes before all others, and the first interruption before the second."""
    monitor = Monitor()
    first, second = RunStopped("first"), RunStopped("second")
    monitor.stop(first)
    monitor.stop(second)
    assert monitor.stopping is first
    interruptions = [Interrupted("Ctrl-C"), Interrupted("again")]
    for one in interruptions:
        monitor.interrupt(one)

    assert monitor.stopping is interruptions[0]
    monitor.stop(second)
    assert monitor.stopping is interruptions[0]


@pytest.mark.parametrize("window", [1, 3])
async def test_a_run_collapses_at_the_window_s_edge(tmp_path: Path, window: int) -> None:
    """So many requests in a row without an accepted instruction, neither one more nor one less."""
    same = "9. Explain the tides to a sailor."

    def script(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply(same)

    chain = self_instruct(
        config(run__give_up_after=window, run__lookahead=1, run__max_concurrency=1),
        tmp_path,
        models=ScriptedChat(reply=script),
    )
    with pytest.raises(AcceptanceCollapsed, match=rf"the last {window} requests"):
        await chain.ainvoke({"n": 10})

    assert sum(entry.key.startswith("instructions/") for entry in entries(tmp_path)) == 1 + window


async def test_a_run_collapses_at_the_edge_of_instructions_without_an_instance(tmp_path: Path) -> None:
    """Four accepted instructions without a task count like one request without an accepted instruction."""

    def script(prompt: str, seed: int | None) -> Reply:
        return Reply("") if "Write one or more examples" in prompt else scripted_author(prompt, seed)

    chain = self_instruct(
        config(run__give_up_after=2, run__lookahead=1, run__max_concurrency=1),
        tmp_path,
        models=ScriptedChat(reply=script),
    )
    with pytest.raises(AcceptanceCollapsed, match="the last 8 instructions got no usable instance"):
        await chain.ainvoke({"n": 1000})


@pytest.mark.parametrize(
    ("limits", "spent", "in_flight", "stops"),
    [
        ({"calls": 5}, (3, 9), 1, False),
        ({"calls": 5}, (3, 9), 2, True),  # what is in flight will be paid for
        ({"calls": 5}, (5, 9), 0, True),
        ({"tokens": 100}, (3, 99), 9, False),
        ({"tokens": 100}, (3, 100), 0, True),
        ({"dollars": 1.0}, (3, 99), 0, False),
        ({"dollars": 1.0}, (3, 100), 0, True),
        ({"minutes": 1e-9}, (0, 0), 0, True),
        ({"minutes": 60.0}, (0, 0), 0, False),
    ],
)
def test_a_budget_stops_at_its_edge(limits: Any, spent: tuple[int, int], in_flight: int, stops: bool) -> None:
    """The attempt that would go beyond it is not made, and the one before is."""
    from selfinstruct_chains.config import Price
    from selfinstruct_chains.run.usage import Usage

    monitor, (calls, tokens) = Monitor(), spent
    usage = Usage(calls=calls, input_tokens=tokens // 2, output_tokens=tokens - tokens // 2)
    prices: Any = {"classification": Price(input=10_000, output=10_000)}
    monitor.begin(10, {("classification", "m"): usage}, prices, [])
    monitor.in_flight = in_flight
    budget = Budget(limits, monitor)
    if not stops:
        budget.check()
        assert monitor.stopping is None
        return
    with pytest.raises(BudgetReached) as reached:
        budget.check()
    assert monitor.stopping is reached.value
    assert [reached.value.budget] == list(limits)


def test_an_estimate_divides_by_what_is_in_flight_at_once() -> None:
    """Twice as many calls at a time take half as long, and the endpoint's own limits hold whatever there is."""
    seeds = read_seeds(shipped.SEEDS)
    one, four, bound = (
        from_defaults(config(run__max_concurrency=most, **more), seeds, 100)
        for most, more in ((1, {}), (4, {}), (4, {"model__requests_per_minute": 1}))
    )

    assert one.seconds == pytest.approx(4 * four.seconds)
    assert one.roles == four.roles
    assert bound.seconds == pytest.approx(60 * max(usage.calls for usage in bound.roles.values()))


def test_what_can_t_be_put_on_the_disk_is_told_at_the_next_write_and_at_the_end() -> None:
    """A pipe has no disk: its fsync fails, as that of a disk that is gone."""
    reader, writer = os.pipe()
    try:
        syncing = Syncing(writer)
        syncing.written()
        with pytest.raises(OSError, match="Invalid argument"):
            syncing.close()
        with pytest.raises(OSError, match="Invalid argument"):
            syncing.written()
    finally:
        os.close(reader)
        os.close(writer)


def test_a_journal_that_can_t_be_put_on_the_disk_is_told_when_it_is_closed(tmp_path: Path) -> None:
    """In one line that names the file; it is let go of all the same."""
    from selfinstruct_chains.errors import RunError

    os.mkfifo(tmp_path / "pipe")
    holder = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        descriptors = len(os.listdir("/dev/fd"))  # noqa: PTH208 - Linux's
        (tmp_path / "j").touch()
        journal = Journal(tmp_path / "j")
        journal.write(answer("x"))
        os.dup2(holder, journal._file.fileno())
        with pytest.raises(RunError, match=r"j: can't be written: Invalid argument; what was written before is kept"):
            journal.close()
        assert len(os.listdir("/dev/fd")) == descriptors  # noqa: PTH208
    finally:
        os.close(holder)


def test_what_the_user_brings_is_compared_but_with_a_folder_that_did_not_name_it(tmp_path: Path) -> None:
    """Another filter of the user's own makes another run; format 1 knew nothing of it."""
    from selfinstruct_chains.errors import RunError
    from selfinstruct_chains.run.folder import Folder

    seeds, manifest = read_seeds(shipped.SEEDS), tmp_path / "run" / "manifest.json"
    Folder(tmp_path / "run", config(), seeds, {"own.instruction_filters": "a"}).close()
    with pytest.raises(RunError, match=r"own\.instruction_filters"):
        Folder(tmp_path / "run", config(), seeds, {"own.instruction_filters": "b"})
    old = json.loads(manifest.read_text()) | {"format": 1}
    del old["shaping"]["own.instruction_filters"]
    manifest.write_text(json.dumps(old))

    Folder(tmp_path / "run", config(), seeds, {"own.instruction_filters": "b"}).close()


async def test_a_request_shows_the_pool_as_it_stood_lookahead_requests_before() -> None:
    """The first ones seeds alone, however much has been accepted meanwhile; the next those of request 0 alone."""
    chain = self_instruct(config(run__lookahead=2, run__max_concurrency=1), models=ScriptedChat(reply=scripted_author))
    shown: dict[int, set[str]] = {}
    for task in await chain.ainvoke({"n": 25}):
        if task.provenance:
            generated = {example[:6] for example in task.provenance.examples if example[:6].isdecimal()}
            shown.setdefault(task.provenance.request, set()).update(generated)

    assert [shown[request] for request in (0, 1, 2)] == [set(), set(), {"000000"}]
