"""The benchmarks of whole runs and of their outputs at tiny sizes, so that they can't rot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from selfinstruct_chains.outputs.export.formats import FORMATS

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "benchmarks"


def run(name: str, *arguments: str) -> list[str]:
    """What a benchmark prints."""
    command = [sys.executable, "-W", "error", str(FOLDER / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_throughput_prints_runs_beside_a_bare_client() -> None:
    """Both kinds of model, each between two parts of the bare client, with shares and CPU."""
    lines = run("throughput.py", "--calls", "60", "--flight", "4", "--latency", "0.01")

    assert [line[:24].strip() for line in lines[2:]] == [
        "bare client, before", "whole run, completion", "bare client, after",
        "bare client, before", "whole run, chat", "bare client, after",
    ]  # fmt: skip
    assert all(len(line.split()) >= 6 for line in lines[2:])


def test_a_long_run_is_replayed_without_a_call() -> None:
    """Two lines: the run, and its replay with no new call."""
    first, replay = run("long_run.py", "--tasks", "20")

    assert first.startswith("first run: 20 tasks, ")
    assert replay.startswith("replay: 20 tasks, 0 new calls: ")


def test_nothing_is_lost_whatever_befalls_a_run() -> None:
    """A line for each kind of harm; of all trials none is wrong."""
    few = {"kills": 3, "faults": 1, "truncations": 6, "flips": 100, "budgets": 3}
    lines = run("durability.py", *[word for name, count in few.items() for word in (f"--{name}", str(count))])

    assert [line.split()[:3] for line in lines[1:]] == [[name, str(count), "0"] for name, count in few.items()]


def test_outputs_are_measured_at_two_sizes() -> None:
    """A line for each format and the report, with seconds and MiB for a tenth of the run and for all of it."""
    lines = run("outputs.py", "--tasks", "20")

    assert lines[0].startswith("20 tasks, ")
    assert lines[1].split() == ["2", "tasks", "20", "tasks", "written"]
    assert [line.split()[0] for line in lines[2:]] == [*FORMATS, "report"]
    assert all(line.count(" MiB") == 3 for line in lines[2:])


def test_the_embedded_model_is_measured_beside_the_bare_server() -> None:
    """A run, the bare client with as many calls, and their ratio."""
    run_, bare, ratio = run("embedded.py", "--tasks", "1", "--rounds", "1")

    assert run_.startswith("whole run, 1 tasks")
    assert int(bare.split()[2]) >= 3
    assert ratio.startswith("whole run / bare client: ")


def test_classification_is_compared_in_three_ways() -> None:
    """A line for each fold, their means, and the threshold fitted on all."""
    lines = run("classification.py", "--folds", "2", "--others", "2")

    assert [line.split()[0] for line in lines] == ["fold", "0", "1", "mean", "threshold"]


def test_wordings_of_a_prompt_are_compared() -> None:
    """A line for each prompt, asked the same number of questions."""
    another = FOLDER.parent / "prompts" / "output_first.yaml"
    lines = run("prompts.py", "output_first", "output_first", str(another), "--count", "2")

    assert [line.split()[1] for line in lines] == ["asked", "2", "2"]


def test_an_adapter_is_trained_on_what_the_parsers_read() -> None:
    """Rows in the form of the roles' prompts: none shows what it asks for, and each completion can be read."""
    rows = [json.loads(line) for line in run("adapter.py", "--rows")]
    kinds = [row for row in rows if row["prompt"].endswith("Is it classification?")]
    lists = [row for row in rows if row["prompt"].endswith("\n9.")]
    others = [row for row in rows if row not in kinds and row not in lists]

    assert (len(kinds), len(lists)) == (175, 40)
    assert {row["completion"] for row in kinds} == {" Yes", " No"}
    assert sum(row["completion"] == " Yes" for row in kinds) == 25
    assert all(json.loads(row["completion"])["instances"] for row in others)
    assert all(row["completion"] not in row["prompt"] for row in others + lists)
    assert all(len(row["completion"].splitlines()) == 8 for row in lists)


def test_reading_replies_is_measured_over_families() -> None:
    """A line for each family and parser with its slope, and how many are above: by hand, that has to be none."""
    command = [sys.executable, "-W", "error", str(FOLDER / "replies.py"), "--largest", "4096"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()

    assert (done.returncode in {0, 1}, done.stderr) == (True, "")
    assert lines[0].split() == ["parser", "family", "characters", "us", "per", "kB", "slope"]
    assert len(lines) > 9 * 50
    assert re.match(r"\d+ above a slope of 1.1 ", lines[-1])


def test_a_slope_above_the_limit_fails() -> None:
    """The exit status is 1, so that a script notices."""
    command = [
        sys.executable,
        str(FOLDER / "replies.py"),
        "--only",
        "classification",
        "--largest",
        "4096",
        "--slope=-9",
    ]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_comparing_is_measured_beside_counting_and_reading() -> None:
    """A line for each, with seconds, CPU seconds and MiB; how much of one run is in the other is told."""
    lines = run("compare.py", "--tasks", "24")

    measured = [line for line in lines if " s of CPU" in line and " MiB" in line]
    assert [line.split()[0] for line in measured] == ["read", "stats", "compare"]
    assert measured[-1].endswith(" of A in B")


def test_intervals_are_simulated() -> None:
    """A line for each shape of scores."""
    lines = run("intervals.py", "--runs", "40", "--items", "30")

    assert len(lines) == 9


def test_the_table_names_every_benchmark() -> None:
    """benchmarks/README.md has a row for each file, and no other."""
    rows = [line for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| [")]

    assert {row.split("](")[1].split(")")[0] for row in rows} == {path.name for path in FOLDER.glob("*.py")}
