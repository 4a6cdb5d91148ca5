"""What a comparison comes to, sentence by sentence; and the cost that it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.outputs.compare.cost import dollars_each, tokens
from selfinstruct_chains.outputs.compare.side import sides
from selfinstruct_chains.outputs.compare.told import in_short, verdict
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.telling import untold
from tests.outputs.compare.made import comparison, difference
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.shares import Difference

PRICED = load_config("openai", {"model.price": {"input": 1, "output": 10}})
UNKNOWN = load_config("openai", {"model.name": "nobody's"})
NO_VERDICTS = "Which is better in quality nothing says: they have no verdicts of one kind (selfinstruct review)."


def run(path: Path, read: int, wrote: int, *, tasks: int = 2, free: bool = True) -> Path:
    """A run of some tasks, with one call of so many tokens; none without any."""
    usage = {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}
    calls = [Entry("instructions/000000/1", "x", reply="r", usage=usage, model="m", ms=5)] if read else []
    made = [task(number, f"Do thing {number}.") for number in range(tasks)]
    return run_folder(path, made, [], calls, config=UNKNOWN if free else PRICED).path


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (difference("a", 0.5, clear=True), "higher"),
        (difference("a", -0.5, clear=True), "lower"),
        (difference("a", 5, clear=False), "can't tell below 2.0"),
    ],
)
def test_a_verdict_goes_by_the_wider_interval(one: Difference, expected: str) -> None:
    """Which way where it is clear; else how large a difference would have shown."""
    assert verdict(one) == expected


def test_each_other_run_has_a_paragraph(tmp_path: Path) -> None:
    """People before a model, then acceptance, then cost; the first run by another path has none."""
    a, b, c = (run(tmp_path / name, read, 50, tasks=2) for name, read in (("a", 150), ("b", 350), ("c", 50)))
    differences = {
        "B": [
            difference("accepted", 0.5, clear=True),
            difference("person.valid_instruction", 9, clear=True),
            difference("judge.all", -3, clear=True),
            difference("person.all", 4, clear=False),
        ],
        "D": [difference("accepted", -0.5, clear=False)],
    }
    (tmp_path / "link").symlink_to(a)

    assert in_short(comparison(a, b, tmp_path / "link", c, differences=differences)) == [
        (
            "B beside A. Right in all three respects, by people: can't be told apart (+4.0 [+3.0, +5.0] points; 2.0 "
            "would have shown). Right in all three respects, by a model: fewer of B's (-3.0 [-4.0, -2.0] points). "
            "Accepted instructions: more of B's (+0.5 [-0.5, +1.5] points). A finished task takes 2 times the tokens."
        ),
        (
            f"D beside A. {NO_VERDICTS} Accepted instructions: can't be told apart (-0.5 [-1.5, +0.5] points; 2.0 "
            "would have shown). A finished task takes 0.5 times the tokens."
        ),
    ]


@pytest.mark.parametrize(
    ("first", "other", "expected"),
    [
        ((300, 1200, False), (600, 2400, False), " A finished task takes 2 times the dollars."),
        ((300, 1200, False), (400, 100, True), " A finished task takes 0.33 times the tokens."),
        ((300, 1200, True), (400, 100, False), " A finished task takes 0.33 times the tokens."),
        ((0, 0, False), (400, 100, False), ""),
    ],
)
def test_cost_is_told_in_dollars_where_both_are_known(
    tmp_path: Path, first: tuple[int, int, bool], other: tuple[int, int, bool], expected: str
) -> None:
    """Else in tokens; of a run without calls it isn't."""
    a, b = (run(tmp_path / name, read, wrote, free=free) for name, (read, wrote, free) in (("a", first), ("b", other)))

    assert in_short(comparison(a, b)) == [f"B beside A. {NO_VERDICTS}{expected}"]


def test_a_task_s_cost_is_of_what_was_counted(tmp_path: Path) -> None:
    """All tokens and dollars of the folder; where nothing was counted, or there is no task, dollars are not known."""
    uncounted = [Entry("instructions/000000/1", "x", reply="r", usage=None, model="m", ms=5)]
    paths = [
        run(tmp_path / "a", 1_000_000, 100_000, free=False),
        run(tmp_path / "b", 1_000_000, 100_000),
        run(tmp_path / "c", 1_000_000, 100_000, tasks=0, free=False),
        run_folder(tmp_path / "d", [task(0, "Say yes.")], [], uncounted, config=PRICED).path,
    ]
    found = sides(paths, 1, untold)

    assert [tokens(side) for side in found] == [1_100_000, 1_100_000, 1_100_000, 0]
    assert [dollars_each(side) for side in found] == [1.0, None, None, None]
