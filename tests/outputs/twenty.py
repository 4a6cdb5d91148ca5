"""A run of twenty tasks, written by hand, whose figures are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains import Rejection
from selfinstruct_chains.run.journal import Entry
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader


def _tokens(prompt: int, reply: int) -> dict[str, int]:
    return {"input_tokens": prompt, "output_tokens": reply, "total_tokens": prompt + reply}


POEMS = [
    task(
        number, f"Write a poem about thing number {number}.", ("", "one two three") if number % 2 == 0 else ("a b", "x")
    )
    for number in range(12)
]
LABELLED = [
    task(
        number,
        f"Decide whether statement {number} is true.",
        ("s", "True"),
        ("t", "false" if number < 18 else " TRUE"),
        labels=True,
    )
    for number in range(12, 20)
]
TASKS = POEMS + LABELLED
REJECTIONS = [
    Rejection(
        id="000000-10",
        rule="novelty",
        stage="instruction",
        text="Write a poem about thing number one.",
        request=0,
        score=6 / 7,
        nearest="000000-01",
    ),
    Rejection(id="000000-11", rule="too_short", stage="instruction", text="Go", request=0),
    Rejection(id="000001-02", rule="empty", stage="instance", text='{"input": "", "output": ""}', request=1),
    Rejection(id="000001-10", rule="no_instance", stage="task", text="Paint the fence green today.", request=1),
    Rejection(id="000002", rule="unreadable", stage="request", text="?", request=2),
]
ENTRIES = [
    Entry("instructions/000000/1", "x", reply="r", usage=_tokens(900_000, 100_000), model="m", ms=5),
    Entry.fault("classification/000000-00/1", "x", "503"),
    Entry("classification/000000-00/1", "x", reply="No", usage=_tokens(100_000, 0), model="m", ms=5),
    Entry("input_first/000000-00/1", "x", reply="r", usage=None, model="m", ms=5),
]


def twenty(path: Path) -> RunReader:
    """The run, in the folder `path`."""
    return run_folder(path, TASKS, REJECTIONS, ENTRIES)
