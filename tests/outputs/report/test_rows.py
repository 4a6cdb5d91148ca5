"""The rows of a report's table, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains import Rejection
from selfinstruct_chains.outputs.report.rows import pack
from selfinstruct_chains.outputs.review.verdicts import Reviews
from tests.outputs.report.test_report import rows_of
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from pathlib import Path


def test_each_kind_of_row_has_what_is_known(tmp_path: Path) -> None:
    """A task with a judge's verdict, candidates with and without a neighbour, and seeds with and without a name."""
    dropped = [
        Rejection(id="000000-01", rule="novelty", stage="instruction", text="Do.", request=0, nearest="000000-00"),
        Rejection(id="000000-02", rule="short", stage="task", text="Go.", request=0, score=0.5),
    ]
    seeds = [SEED, SEED.model_copy(update={"name": "river"})]
    run = run_folder(tmp_path, [task(0, "Do it.", ("a", "b"), (" ", "c"), labels=True)], dropped, seeds=seeds)
    reviews = Reviews(tmp_path)
    reviews.put(verdict("000000-00", "ynu", "judge").model_copy(update={"name": "j", "model": "m", "reason": "So."}))
    seed = {"id": "seed-001", "status": "seed", "text": "Name a river.", "kind": "other"}
    seed |= {"instances": [["", "The Elbe."]]}

    assert rows_of(pack(run, {}, reviews).blocks) == [
        {
            "id": "000000-00",
            "status": "finished",
            "text": "Do it.",
            "kind": "classification",
            "instances": [["a", "b"], [" ", "c"]],
            "provenance": {"request": 0, "examples": ["seed-001"], "model": "m", "calls": []},
            "verdicts": {
                "judge": {
                    "valid_instruction": True,
                    "appropriate_input": False,
                    "correct_output": "unsure",
                    "name": "j",
                    "reason": "So.",
                    "model": "m",
                }
            },
        },
        {
            "id": "000000-01",
            "rule": "novelty",
            "stage": "instruction",
            "text": "Do.",
            "request": 0,
            "status": "rejected",
            "nearest": ["000000-00", 0],
        },
        {"id": "000000-02", "rule": "short", "stage": "task", "text": "Go.", "request": 0, "status": "rejected"},
        seed,
        seed | {"name": "river"},
    ]
