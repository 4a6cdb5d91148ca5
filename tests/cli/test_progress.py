"""What is shown while something goes on: the live display of a run that waits, and bars."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from selfinstruct_chains import Monitor
from selfinstruct_chains.cli.bars import Bar
from selfinstruct_chains.cli.figures import duration
from selfinstruct_chains.cli.progress import LiveDisplay
from selfinstruct_chains.models.patience import Wait
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.report.report import write_report
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing.server import ScriptedServer, at_first
from tests.outputs.runs import run_folder, task
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHY = "gpt-6-luna at https://api.openai.com/v1 is busy (429): Rate limit reached for requests per minute"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (7530, "2 h 5 min"), (-3, "0 s")],
)
def test_times_in_words(seconds: float, text: str) -> None:
    """The two largest units that say something."""
    assert duration(seconds) == text


def waiting_run() -> Monitor:
    """A run in the middle, three of whose calls wait."""
    monitor = Monitor()
    monitor.begin(1000, {}, {}, [])
    monitor.finished, monitor.accepted = 120, 130
    for key in "abc":
        monitor.wait(key, Wait(WHY, 12.4, 580.4))
    return monitor


@pytest.mark.parametrize("width", [80, 120])
def test_the_display_says_why_nothing_moves(tmp_path: Path, width: int) -> None:
    """In one column, whole, in a terminal of 80 or 120 columns: which model, what it said, the wait, the patience."""
    display = LiveDisplay(waiting_run(), tmp_path, as_json=False)
    console = Console(width=width, force_terminal=True, color_system=None, record=True, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with console.file:
        console.print(display._render())
    lines = [line.rstrip() for line in console.export_text().splitlines()]

    assert max(map(len, lines)) <= width
    assert re.fullmatch(r"tasks [━╸╺]+ +120/1000 0 s", lines[0])
    text = " ".join(lines)
    assert f"waiting: {WHY}" in re.sub(" +", " ", text)
    assert "3 calls to make again in 12 s; given up in 9 min 40 s" in text


def test_a_pipe_gets_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As one line, and for machines as values."""
    monitor = waiting_run()
    display = LiveDisplay(monitor, tmp_path, as_json=False)

    assert "; ".join(display._lines()).endswith("3 calls to make again in 12 s; given up in 9 min 40 s")
    assert monitor.snapshot()["waiting"] == {"calls": 3, "why": WHY, "seconds": 12, "patience_left": 580}


def test_on_a_terminal_a_run_that_is_refused_says_so(tmp_path: Path) -> None:
    """429 with a wait of two seconds: it stands there, then the run goes on to its end."""
    program = "from selfinstruct_chains.cli.main import main; main()"
    ours, theirs = pty.openpty()
    with ScriptedServer(faults=at_first("429"), retry_after="2") as server:
        own = ["--set", f"model.base_url={server.base_url}", "-o", str(tmp_path / "run")]
        arguments = [sys.executable, "-c", program, "generate", "-n", "2", "--chain", "openai", *own]
        environment = os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
        with subprocess.Popen(arguments, stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            shown = b""
            while chunk := _read(ours):
                shown += chunk
        os.close(ours)
    text = re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()))

    assert process.returncode == 0
    assert re.search(r"waiting: \S+ .*is busy \(429\): Too Many Requests", text)
    again = r"\d+ calls? to make again (in [12] s|when it is their turn)"
    assert re.search(again + r"; given up in (10 min|9 min \d+ s)", text)
    assert "2 tasks are in" in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux tells that the other end was closed
        return b""


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_there_is_no_bar_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """However long it takes: what a command says there does not depend on how fast it is."""
    clock = Clock()
    with Bar(clock) as bar:
        clock.now = 1000
        bar("reading", 1, 20_000)

    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It appears after a second, and shows the stage at hand alone."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    clock = Clock()
    with Bar(clock) as bar:
        bar("reading", 1, 20)
        assert capsys.readouterr().err == ""
        clock.now = 1.0
        bar("reading", 5, 20)
        bar._bar.refresh()
        first = capsys.readouterr().err
        clock.now = 2.0
        bar("writing", 7, 30)
        bar._bar.refresh()
        second = capsys.readouterr().err

    assert "5/20" in first
    assert "7/30" in second
    assert "reading" not in second.rsplit("writing", 1)[0].rsplit("\n", 1)[-1]


def heard() -> tuple[list[tuple[str, int, int | None]], Callable[..., None]]:
    """What is told, and who hears it."""
    told: list[tuple[str, int, int | None]] = []
    return told, lambda *one: told.append(one)


def test_an_export_tells_how_far_it_is(tmp_path: Path) -> None:
    """What it reads, in KiB of the file, and each row that it writes, up to the last."""
    run = run_folder(tmp_path / "run", [task(n, f"Do thing {n}", ("a" * 1000, "b")) for n in range(40)])
    told, hear = heard()
    export(run, "csv", tmp_path / "o.csv", on_progress=hear)

    assert ("reading, KiB", 0, run.size(seeds=False) // 1024) in told
    assert told[-1] == ("writing train", 40, 40)
    assert all(done <= (of or 0) for _, done, of in told)


def test_a_report_tells_how_far_it_is(tmp_path: Path) -> None:
    """Its long parts, each to its end."""
    told, hear = heard()
    write_report(twenty(tmp_path / "run").path, on_progress=hear)

    ended = [stage for stage, done, of in told if done == of == 20]
    assert ended == ["reading", "comparing", "parsing"]


def test_refiltering_tells_how_far_it_is(tmp_path: Path) -> None:
    """Every candidate that the run settled."""
    from selfinstruct_chains import self_instruct
    from selfinstruct_chains.run.reader import RunReader
    from tests.run.scripts import Author, config

    self_instruct(config(), tmp_path / "run", models=Author().model).invoke({"n": 10})
    told, hear = heard()
    refilter(tmp_path / "run", {"novelty.threshold": 0.5}, tmp_path / "new", hear)
    reader = RunReader(tmp_path / "run")
    candidates = {task.id for task in reader.tasks()} | {one.id for one in reader.rejections()}

    assert {stage for stage, _, _ in told} == {"filtering"}
    assert told[-1][1] >= told[-1][2] == len(candidates)
