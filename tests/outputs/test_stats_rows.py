"""`stats` and `figures`: a run's numbers as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from selfinstruct_chains import figures, stats
from selfinstruct_chains.errors import RunError
from tests.outputs.runs import run_folder
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path


def test_statistics_are_tables_of_rows(tmp_path: Path) -> None:
    """Of a run of twenty tasks, worked out by hand; a path may be a text."""
    found = stats(str(twenty(tmp_path).path))

    assert found["table_1"][0] == {"name": "instructions", "run": 20, "paper": 52_445}
    assert {row["step"]: row["instructions"] for row in found["funnel"]} == {
        "asked for": 24,
        "written": 23,
        "joined the pool": 21,
        "finished": 20,
    }
    assert found["words"][0] == {
        "part": "instruction",
        "count": 20,
        "mean": 6.6,
        "median": 7,
        "percentile_99": 7,
        "longest": 7,
    }
    assert {"stage": "instruction", "rule": "novelty", "count": 1} in found["dropped"]
    assert found["acceptance"][0] == {"first": 0, "last": 0, "proposed": 12, "accepted": 10, "rate": 10 / 12}
    assert {(row["role"], row["model"], row["faults"]) for row in found["spent"]} == {
        ("classification", "", 1),
        ("classification", "m", 0),
        ("input_first", "m", 0),
        ("instructions", "m", 0),
    }
    assert found["label_counts"] == [{"label": "true", "count": 10}, {"label": "false", "count": 6}]
    assert (found["topics"], found["languages"]) == ([], [])


def test_a_run_without_tasks_has_tables_too(tmp_path: Path) -> None:
    """Zeros, and None for a mean over nothing."""
    found = stats(run_folder(tmp_path, []).path)

    assert found["words"][1] == {
        "part": "input",
        "count": 0,
        "mean": None,
        "median": None,
        "percentile_99": None,
        "longest": None,
    }
    assert found["dropped"] == []


def test_figures_are_tables_of_rows(tmp_path: Path) -> None:
    """By the names of their files."""
    found = figures(twenty(tmp_path).path)

    assert found["dropped-instances"] == [{"rule": "empty", "dropped": 1}]
    assert {"verb": "write", "noun": "poem", "tasks": 12} in found["verbs"]
    assert found["length-of-outputs"] == [
        {"from (words)": 1, "to (words)": 1, "outputs": 22},
        {"from (words)": 3, "to (words)": 3, "outputs": 6},
    ]
    assert found["growth"][2]["share accepted"] is None
    assert found["tokens"][0] == {"role": "instructions", "prompts": 900_000, "replies": 100_000}


def test_every_table_is_a_data_frame(tmp_path: Path) -> None:
    """All its rows have the same keys, and flat values; numbers are numbers."""
    run = twenty(tmp_path).path
    for name, rows in (stats(run) | figures(run)).items():
        assert {tuple(row) for row in rows} == ({tuple(rows[0])} if rows else set()), name
        assert all(value is None or type(value) in {str, int, float} for row in rows for value in row.values()), name
        assert len(pd.DataFrame(rows)) == len(rows)
    assert pd.DataFrame(figures(run)["novelty-seeds"])["tasks"].sum() == 20


def test_what_is_no_run_is_an_error(tmp_path: Path) -> None:
    """As for every command."""
    with pytest.raises(RunError, match="not a run folder"):
        stats(tmp_path)
    with pytest.raises(RunError, match="not a run folder"):
        figures(tmp_path)
