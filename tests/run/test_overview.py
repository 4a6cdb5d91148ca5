"""What a run folder shows: each count, worked out by hand, and how its row stands among other runs."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.monitor import Pauses
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.runs import Standing, standing, standings
from selfinstruct_chains.run.usage import Usage
from tests.outputs.runs import SEED, run_folder, task
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path

PRICE = {"input": 2, "output": 10}


def tokens(prompt: int, reply: int) -> dict[str, int]:
    """As a provider counts them."""
    return {"input_tokens": prompt, "output_tokens": reply, "total_tokens": prompt + reply}


def reply(key: str, prompt: int = 100, written: int = 10, ms: int = 5) -> Entry:
    """A reply of so many tokens."""
    return Entry(key, "x", reply="r", usage=tokens(prompt, written), model="m", ms=ms)


TASKS = [task(0, "Name a river."), task(12, "Sort it.", ("a", "x"), ("b", "y"), labels=True)]
DROPPED = [
    Rejection(id="000000-01", rule="novelty", stage="instruction", text="Name it.", request=0),
    Rejection(id="000001-03", rule="no_instance", stage="task", text="Paint it.", request=1),
]
ENTRIES = [
    Entry("found/input_first/1", "x", kind="found", usage=tokens(7, 3), model="m", ms=5, value={"roles": []}),
    Entry.found("found/classification/100", {"threshold": 1}),
    reply("instructions/000000/1", 1000),
    reply("classification/000000-00/1"),
    Entry.fault("classification/000001-02/1", "x", "503"),
    reply("classification/000001-02/1"),
    reply("classification/000001-03/1"),
    Entry("input_first/000001-03/1", "x", reply="r", usage=None, model="m", ms=5),
    reply("classification/000001-04/1"),
    reply("instructions/000002/1", 1000),
]
"""Those of the last two ran ahead."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two tasks of two requests, the last of which dropped a candidate after it; two calls ran ahead."""
    config = load_config("openai", {"model.price": PRICE})
    return run_folder(tmp_path / "run", TASKS, DROPPED, ENTRIES, config=config).path


def word(folder: Path, **values: Any) -> None:
    """What its process said last."""
    said = {"state": "stopped", "why": "", "finished": 2, "wanted": 9, "updated": 4000.5, "started": 1000.0}
    (folder / "progress.json").write_text(json.dumps(said | values))


def test_each_count(run: Path) -> None:
    """Of tasks, of candidates, of calls that were used, and what those up to the last settled candidate took."""
    found = look(run)
    monitor = found.monitor

    assert (monitor.finished, monitor.wanted, monitor.accepted, monitor.requests) == (2, 2, 3, 2)
    assert (monitor.classification, monitor.instances, monitor.candidates) == (1, 3, 4)
    assert monitor.rejected == {("instruction", "novelty"): 1, ("task", "no_instance"): 1}
    assert (monitor.calls, monitor.replies_used, monitor.total.faults) == (8, 6, 1)
    assert found.used == {
        ("instructions", "m"): Usage(1, 1000, 10, milliseconds=5),
        ("classification", "m"): Usage(3, 300, 30, milliseconds=15),
        ("classification", ""): Usage(faults=1),
        ("input_first", "m"): Usage(1, unknown=1, milliseconds=5),
    }
    assert monitor.spent[("input_first", "m")] == Usage(2, 7, 3, unknown=1, milliseconds=10)
    assert monitor.cost == pytest.approx((2 * 2407 + 10 * 63) / 1e6)
    assert (found.state, found.why, found.updated, found.left, found.made) == ("unknown", "", None, None, "")


def test_what_its_process_said(run: Path) -> None:
    """When it began and ended, and why; while it runs, what it waits for."""
    word(run, why="by Ctrl-C", in_flight=4, seconds_left=60.0)
    ended = look(run)
    word(run, state="running", updated=time.time(), in_flight=4, seconds_left=60.0, waiting=[2, "busy", 3, 4])
    with FileLock(run / ".lock"):
        running = look(run)

    assert (ended.state, ended.why, ended.updated) == ("stopped", "by Ctrl-C", 4000.5)
    assert (ended.monitor.wanted, ended.monitor.started, ended.monitor.ended) == (9, 1000.0, 4000.5)
    assert (ended.monitor.in_flight, ended.left, ended.waiting, ended.monitor.nodes()) == (0, None, None, ())
    assert (running.state, running.left, running.monitor.in_flight) == ("running", 60.0, 4)
    assert (running.waiting, running.monitor.ended) == (Pauses(2, "busy", 3, 4), 0.0)


@pytest.mark.parametrize(
    ("own", "price", "cost"),
    [
        ({}, None, None),
        ({}, PRICE, 630 + 4814),
        ({"own.models.classification": "x"}, PRICE, 630 + 4814),
    ],
)
def test_the_price_is_the_file_s(tmp_path: Path, own: dict[str, str], price: Any, cost: float | None) -> None:
    """Where it says none, nobody knows it at an address of one's own."""
    config = load_config("openai", {"model.base_url": "http://10.0.0.1/v1", "model.price": price})
    folder = Folder(tmp_path / "run", config, [SEED], own)
    for entry in ENTRIES:
        folder.journal.write(entry)
    folder.close()

    assert look(tmp_path / "run").monitor.cost == (None if cost is None else pytest.approx(cost / 1e6))


@pytest.mark.parametrize(
    ("own", "known"), [("own.models.", False), ("own.steps.", False), ("own.parsers.", True), ("own.kinds.", True)]
)
def test_of_models_and_steps_of_ones_own_there_is_no_list_price(tmp_path: Path, own: str, known: bool) -> None:
    """Only what the chain file says; a parser of one's own costs nothing."""
    folder = Folder(
        tmp_path / "run", load_config("openai", {"model.name": "gpt-4.1-mini"}), [SEED], {f"{own}input_first": "x"}
    )
    folder.journal.write(reply("input_first/000000-00/1"))
    folder.close()

    assert (look(tmp_path / "run").monitor.cost is not None) is known


def test_a_row_of_a_run(run: Path) -> None:
    """As its process said, and of a killed one as its journal counts."""
    word(run, why="by Ctrl-C", calls=5, dollars=0.25, unknown_tokens=3)
    said = standing(run)
    word(run, state="running", host=socket.gethostname(), calls=5, dollars=0.25, unknown_tokens=3)
    killed = standing(run)
    word(run)
    older = standing(run)
    (run / "progress.json").unlink()
    unknown = standing(run)

    assert said == Standing(run, "stopped", "by Ctrl-C", 2, 9, 5, 0.25, 3, 4000.5, "")
    cost = pytest.approx((2 * 2407 + 10 * 63) / 1e6)
    assert killed == (run, "killed", "", 2, 9, 8, cost, 1, 4000.5, "")
    assert older == (run, "stopped", "", 2, 9, 8, cost, 1, 4000.5, "")
    assert unknown[1:8] == ("unknown", "", 2, None, 8, cost, 1)


def test_a_row_of_what_is_no_run(tmp_path: Path) -> None:
    """Nothing is known of it but when it was last written."""
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "tasks.jsonl").write_text("")
    found = standing(tmp_path / "lost")

    assert found == (
        tmp_path / "lost",
        "no run",
        "it has no manifest.json",
        None,
        None,
        None,
        None,
        0,
        found.updated,
        "",
    )
    assert found.updated > 0


def test_a_row_of_a_damaged_run(run: Path) -> None:
    """What is wrong with it, without its folder before it."""
    (run / "manifest.json").write_text("{")
    found = standing(run)

    assert (found.state, found.finished, found.calls, found.unknown_tokens) == ("unreadable", None, None, 0)
    assert found.why.startswith("manifest.json: damaged")
    assert found.updated > 0


def test_rows_of_a_folder_s_runs(tmp_path: Path) -> None:
    """The latest first; a run's own folder is its only row, and a file is none."""
    for name, updated in (("a", 2000.0), ("b", 3000.0), ("c", 1000.0)):
        twenty(tmp_path / name)
        word(tmp_path / name, updated=updated)
    (tmp_path / "other").mkdir()
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "journal.jsonl").write_text("")

    assert [one.path.name for one in standings(tmp_path)] == ["lost", "b", "a", "c"]
    assert [one.path for one in standings(tmp_path / "a")] == [tmp_path / "a"]
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file: can't be read: Not a directory; give the folder that runs are in"):
        standings(tmp_path / "file")
