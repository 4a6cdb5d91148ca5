"""Whatever text a run holds, an export gives it back."""

from __future__ import annotations

import csv
import io
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.writers import cell as as_cell
from tests.outputs.runs import lines, pairs, rows, run_folder, task, written

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains import Task

WIDE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TASK = st.builds(
    lambda instruction, instances, labels: task(0, f"x{instruction}", *instances, labels=labels),
    WIDE,
    st.lists(st.tuples(WIDE, st.builds("{}y".format, WIDE)), min_size=1, max_size=3),
    st.booleans(),
)
RUNS = st.lists(TASK, min_size=1, max_size=4).map(
    lambda tasks: [one.model_copy(update={"id": f"000000-{n:02d}"}) for n, one in enumerate(tasks)]
)
roundtrip = settings(max_examples=30)


@pytest.fixture
def fresh(tmp_path: Path) -> Any:
    """Folders of their own for the examples of a property."""
    numbers = count()
    return lambda: tmp_path / f"case-{next(numbers)}"


@roundtrip
@given(tasks=RUNS)
def test_any_text_survives_every_text_format(fresh: Any, tasks: list[Task]) -> None:
    """Whatever Unicode has, NUL and line ends of all kinds included."""
    folder = fresh()
    run = run_folder(folder / "run", tasks)

    alpaca = json.loads(written(run, "alpaca", folder / "alpaca").read_text("utf-8"))
    messages = lines(written(run, "messages", folder / "messages"))
    table = io.StringIO(written(run, "csv", folder / "csv").read_bytes().decode("utf-8"), newline="")

    assert [tuple(row.values()) for row in alpaca] == [(r["instruction"], r["input"], r["output"]) for r in rows(tasks)]
    assert [tuple(message["content"] for message in row["messages"]) for row in messages] == pairs(tasks)
    assert list(csv.DictReader(table)) == [{key: str(value) for key, value in row.items()} for row in rows(tasks)]


@roundtrip
@given(tasks=RUNS)
def test_any_text_survives_the_table_formats(fresh: Any, tasks: list[Task]) -> None:
    """Parquet and a datasets folder."""
    import datasets
    from pyarrow import parquet

    folder = fresh()
    run = run_folder(folder / "run", tasks)

    assert parquet.read_table(written(run, "parquet", folder / "parquet")).to_pylist() == rows(tasks)
    export(run, "datasets", folder / "datasets")
    assert list(datasets.load_from_disk(str(folder / "datasets"))["train"]) == rows(tasks)


@given(text=WIDE, start=st.sampled_from(["", "'", "''", "=", " =", "\t", "\r", "\n", "+", "-", "@", "\uff1d", "' -"]))
def test_the_apostrophe_can_be_taken_back(text: str, start: str) -> None:
    """No two cells become the same one."""
    cell = start + text
    shown = as_cell(cell)

    assert (shown[1:] if as_cell(shown) != shown else shown) == cell
