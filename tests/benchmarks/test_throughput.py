"""The throughput and long-run benchmarks at tiny sizes, so that they can't rot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
