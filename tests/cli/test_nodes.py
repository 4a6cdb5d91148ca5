"""A run on a cluster is one run with a line for each node: while it goes, in `status`, and in its summary."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.cli.figures import figures, nodes
from selfinstruct_chains.cli.progress import LiveDisplay
from selfinstruct_chains.models.fleet.counts import NodeCount
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TWO = [NodeCount("10.0.0.5", 1, 12, 1840, 0), NodeCount("10.0.0.6", 0, 0, 912, 32)]
LINES = [
    "10.0.0.5: 1 worker, 12 in flight; 1,840 replies",
    "10.0.0.6: no worker now, 0 in flight; 912 replies; 32 lost",
]


@pytest.fixture
def monitor() -> Monitor:
    """A run on two nodes."""
    monitor = Monitor()
    monitor.begin(1000, {}, {}, [])
    monitor.nodes = lambda: TWO
    return monitor


def test_while_it_goes(tmp_path: Path, monitor: Monitor) -> None:
    """On a terminal, in a pipe, and for machines."""
    lines = LiveDisplay(monitor, tmp_path, as_json=False)._lines()

    assert [line for line in lines if line.startswith("10.")] == LINES
    assert monitor.snapshot()["nodes"][1] == {
        "node": "10.0.0.6",
        "workers": 0,
        "in_flight": 0,
        "replies": 912,
        "lost": 32,
    }
    assert "nodes" not in Monitor().snapshot()


def test_in_the_figures(monitor: Monitor) -> None:
    """Below each other, in 80 columns; a run in one process has no such lines."""
    text = figures(monitor)

    assert all(line in text for line in LINES)
    assert text.count("Nodes") == 1
    assert max(map(len, text.splitlines())) < 80
    assert "Nodes" not in figures(Monitor())


def test_of_many_nodes_the_last_ones_are_told_together(monitor: Monitor) -> None:
    """Eight lines, whatever the size of the cluster; nothing is left out of the sums."""
    monitor.nodes = lambda: [NodeCount(f"10.0.0.{number}", 1, 2, 10, 0) for number in range(32)]
    lines = nodes(monitor)

    assert len(lines) == 8
    assert lines[-1] == "25 more nodes: 25 workers, 50 in flight; 250 replies"


def test_status_has_them(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """As the run's process left word of them; of a run that has ended, what came of it."""
    self_instruct(config(), tmp_path / "run", models=Author().model).invoke({"n": 2})
    file = tmp_path / "run" / "progress.json"
    told = json.loads(file.read_text(encoding="utf-8")) | {"nodes": [node._asdict() for node in TWO]}
    file.write_text(json.dumps(told), encoding="utf-8")

    said = selfinstruct("status", str(tmp_path / "run")).out
    assert re.search(r"Nodes +10\.0\.0\.5: 1,840 replies\n +10\.0\.0\.6: 912 replies; 32 lost\n", said)
    assert json.loads(selfinstruct("status", str(tmp_path / "run"), "--json").out)["nodes"] == told["nodes"]
