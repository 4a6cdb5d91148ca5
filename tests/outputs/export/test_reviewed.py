"""What reviewers have to do with an export, sentence by sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.outputs.export.reviewed import of_reviewers, reviewed
from selfinstruct_chains.outputs.export.selection import Selection
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """A run of three tasks."""
    return run_folder(tmp_path / "run", [task(number, f"Do thing {number}.") for number in range(3)])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        (
            {"corrected": 1, "outdated": 1, "judged": 1},
            [
                "Corrected by people: 1 task.",
                "1 correction is of a text that has changed since, or is gone, and is not used.",
                "A judge's verdicts decide on 1 task; no person has reviewed what it judged.",
            ],
        ),
        (
            {"corrected": 2000, "outdated": 2000, "judged": 2000},
            [
                "Corrected by people: 2,000 tasks.",
                "2,000 corrections are of texts that have changed since, or are gone, and are not used.",
                "A judge's verdicts decide on 2,000 tasks; no person has reviewed what it judged.",
            ],
        ),
    ],
)
def test_what_was_corrected_and_judged_is_told(run: RunReader, counts: dict[str, Any], expected: list[str]) -> None:
    """One or many, and nothing of what was not."""
    assert list(of_reviewers(run, Selection(**counts))) == expected


def test_how_many_were_reviewed_is_told_of_each_kind(run: RunReader) -> None:
    """With the share that all three questions found good."""
    assert list(reviewed(run)) == []
    for number, answers in enumerate(("yyy", "yyn", "yyy")):
        Reviews(run.path).put(verdict(f"000000-0{number}", answers))
    assert list(reviewed(run)) == ["Reviewed by people: 3 tasks of the run, 67% of them approved."]
    Reviews(run.path).put(verdict("000000-00", "yyu", by="judge"))
    assert list(reviewed(run))[1:] == ["Reviewed by a judging model: 1 tasks of the run, 0% of them approved."]
