"""`runs`, and commands that read the latest run where none is named."""

from __future__ import annotations

import json
import shutil
import socket
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from selfinstruct_chains import self_instruct
from selfinstruct_chains.errors import RunStopped
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that is finished, and one that a budget stopped."""
    folder = tmp_path_factory.mktemp("made")
    self_instruct(config(), folder / "first", models=Author().model).invoke({"n": 6})
    with pytest.raises(RunStopped):
        self_instruct(config(), folder / "stopped", models=Author().model).invoke({"n": 20, "budgets": {"calls": 12}})
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path, selfinstruct: Callable[..., Any]) -> Path:
    """Those runs as runs/ of the folder that commands are called in."""
    shutil.copytree(made, tmp_path / "empty" / "runs")
    return tmp_path / "empty" / "runs"


def word(folder: Path, **changes: Any) -> None:
    """Change what a run's process said last."""
    file = folder / "progress.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_runs_are_listed(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """The latest first: tasks, calls, cost and state of each, and below it why it stopped; in 80 columns."""
    said = selfinstruct("runs")
    _, _, head, *rows = said.out.splitlines()
    first, stopped = (json.loads(selfinstruct("status", f"runs/{name}", "--json").out) for name in ("first", "stopped"))

    assert (said.code, said.err) == (0, "")
    assert head.split() == ["tasks", "calls", "cost", "state"]
    assert rows[0].split()[:5] == [*("stopped", f"{stopped['finished']}/20", str(stopped["calls"]), "?", "stopped,")]
    assert rows[1].startswith("    ")
    assert rows[-1].split()[:5] == ["first", "6/6", str(first["calls"]), "?", "finished,"]
    assert max(map(len, said.out.splitlines())) < 80


def test_runs_for_programs(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """A list with the figures that `status` has."""
    values = json.loads(selfinstruct("runs", "--json").out)
    known = json.loads(selfinstruct("status", "runs/stopped", "--json").out)

    assert [value["run"] for value in values] == ["runs/stopped", "runs/first"]
    for key in ("run", "state", "why", "finished", "wanted", "calls", "dollars"):
        assert values[0][key] == known[key], key
    assert json.loads(selfinstruct("runs", str(runs / "first"), "--json").out)[0]["finished"] == 6


def test_a_run_that_was_killed_or_is_at_work(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """The lock tells them apart; of a killed one the journal is counted, as its last word may be too old."""
    word(runs / "first", state="running", host=socket.gethostname(), calls=1, finished=1)
    calls = json.loads(selfinstruct("status", "runs/first", "--json").out)["calls"]
    [killed] = [one for one in json.loads(selfinstruct("runs", "--json").out) if one["run"] == "runs/first"]
    with FileLock(runs / "first" / ".lock"):
        [running] = [one for one in json.loads(selfinstruct("runs", "--json").out) if one["run"] == "runs/first"]

    assert (killed["state"], killed["calls"], killed["finished"]) == ("killed", calls, 6)
    assert (running["state"], running["calls"]) == ("running", 1)


@pytest.mark.parametrize("file", ["manifest.json", "tasks.jsonl", "rejected.jsonl", "journal.jsonl", "seeds.jsonl"])
def test_a_damaged_run_is_said_in_its_row(selfinstruct: Callable[..., Any], runs: Path, file: str) -> None:
    """Whichever file it is; the other runs are listed all the same."""
    path = runs / "first" / file
    path.write_bytes(path.read_bytes().replace(b"e", b"a", 1))
    said = selfinstruct("runs")
    [value] = [one for one in json.loads(selfinstruct("runs", "--json").out) if one["run"] == "runs/first"]

    assert (said.code, said.err) == (0, "")
    assert value["state"] == "unreadable"
    assert value["why"].startswith(file)
    assert "unreadable, " in said.out
    assert "stopped, " in said.out
    assert max(map(len, said.out.splitlines())) < 80


def test_what_is_no_run_is_said_in_its_row(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """One that lost its manifest, one of replies outside a run; files and folders of other things are left out."""
    (runs / "mine").mkdir()
    (runs / "lost").mkdir()
    (runs / "lost" / "journal.jsonl").write_text("")
    (runs / "notes.txt").write_text("mine")
    (runs / "first" / "progress.json").write_text('{"updated": Infinity}')
    manifest = json.loads((runs / "stopped" / "manifest.json").read_text())
    (runs / "judged").mkdir()
    (runs / "judged" / "manifest.json").write_text(
        json.dumps(manifest | {"format": 1, "chain": {"purpose": "judge"}}).replace('"crc"', '"was"')
    )
    found = {one["run"].partition("/")[2]: one for one in json.loads(selfinstruct("runs", "--json").out)}

    assert (found["lost"]["state"], found["lost"]["why"]) == ("no run", "it has no manifest.json")
    assert (found["judged"]["state"], found["judged"]["why"]) == ("no run", "the replies of `judge`")
    assert (found["first"]["state"], found["first"]["wanted"]) == ("unknown", None)
    assert found.keys() == {"lost", "judged", "first", "stopped"}
    assert "no run, " in selfinstruct("runs").out


def test_a_refiltered_run_is_listed(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """With its tasks, no calls, and what it was made from."""
    assert selfinstruct("refilter", "runs/first", "--set", "novelty.threshold=0.6", "-o", "runs/anew").code == 0
    [value] = [one for one in json.loads(selfinstruct("runs", "--json").out) if one["run"] == "runs/anew"]

    assert (value["state"], value["calls"]) == ("finished", None)
    assert value["made"].startswith("Refiltered, without a call")
    assert "    Refiltered, without a call" in selfinstruct("runs").out


def test_no_runs_at_all(selfinstruct: Callable[..., Any]) -> None:
    """One line says how to make one; a folder that was named has to be there."""
    assert selfinstruct("runs").out == "runs: no runs yet. To make one: selfinstruct generate -n 20\n"
    assert json.loads(selfinstruct("runs", "--json").out) == []
    said = selfinstruct("runs", "elsewhere")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: elsewhere: can't be read: No such file or directory; give the folder that runs are in\n"


@pytest.mark.parametrize("command", ["status", "stats", "report", "log"])
def test_the_latest_run_is_taken_where_none_is_named(
    selfinstruct: Callable[..., Any], runs: Path, command: str
) -> None:
    """It is told on stderr; standard output is the same as when it is named."""
    word(runs / "first", updated=4e9)
    said, named = selfinstruct(command), selfinstruct(command, "runs/first")
    values = selfinstruct(command, "--json")

    assert (said.code, said.err) == (0, "run: runs/first (the latest)\n")
    assert (named.code, named.err, named.out) == (0, "", said.out)
    assert json.loads(values.out) == json.loads(selfinstruct(command, "runs/first", "--json").out)


@pytest.mark.parametrize("command", ["status", "stats", "report", "log"])
def test_there_is_no_latest_run(selfinstruct: Callable[..., Any], command: str) -> None:
    """One line says what to do."""
    said = selfinstruct(command)

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "Error: no run is named, and there is none in runs: give its folder, or make one: selfinstruct generate -n 20\n"
    )


@pytest.mark.parametrize("command", ["export --format alpaca -o x.json", "refilter -o x", "repair", "review"])
def test_commands_that_write_want_a_name(selfinstruct: Callable[..., Any], runs: Path, command: str) -> None:
    """They take no run that was not named."""
    said = selfinstruct(*command.split())

    assert (said.code, said.out) == (2, "")
    assert "Missing argument 'RUN'" in said.err


@pytest.mark.parametrize("typed", ["runs/frist", "frist", "runs/first2"])
def test_a_mistyped_run(selfinstruct: Callable[..., Any], runs: Path, typed: str) -> None:
    """The nearest run is offered, also where runs/ was left out."""
    said = selfinstruct("export", typed, "--format", "alpaca", "-o", "x.json")

    assert (said.code, said.out) == (2, "")
    assert said.err == f"Error: {typed}: there is no such folder (did you mean 'runs/first'?)\n"


def test_a_run_that_may_not_be_read(selfinstruct: Callable[..., Any], runs: Path) -> None:
    """A folder whose files can't be opened is a row too."""
    (runs / "first" / "manifest.json").unlink()
    (runs / "first" / "manifest.json").symlink_to("manifest.json")

    assert selfinstruct("runs").code == 0
