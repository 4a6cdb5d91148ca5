"""`--quiet` leaves out all but errors, and `--json` gives one JSON value."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder that commands are called in, with a run and a file of tasks."""
    tasks = [task(n, f"Do thing {n} by way of {n * n}", ("a", f"{n}a"), labels=n % 2 > 0) for n in range(8)]
    seeds = [SEED.model_copy(update={"id": f"s{n}", "instruction": f"Name river {n}."}) for n in range(8)]
    run_folder(tmp_path / "made", tasks, seeds=seeds)
    return tmp_path


@pytest.fixture
def call(selfinstruct: Callable[..., Any], home: Path) -> Callable[[str], Any]:
    """Runs a command where run and tasks.jsonl are."""
    shutil.copytree(home / "made", home / "empty" / "run")
    shutil.copy(home / "made" / "tasks.jsonl", home / "empty" / "tasks.jsonl")
    return lambda line: selfinstruct(*line.split())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A model that writes by a script."""
    with ScriptedServer() as server:
        yield server


LOCAL = "--chain openai --set model.base_url={url} --set model.api_key_env=null"


@pytest.mark.parametrize(
    "line",
    [
        "dedup tasks.jsonl -o out.jsonl",
        "export run --format alpaca -o out.json",
        "refilter run -o out",
        "repair run",
        "report run -o out.html",
        "compare run run -o out.html",
        "seeds tasks.jsonl -o out.jsonl",
        f"generate -n 3 -o out {LOCAL}",
        f"regenerate run -o out {LOCAL}",
        f"seeds tasks.jsonl -o out.jsonl --fill {LOCAL}",
    ],
)
def test_quiet(call: Callable[[str], Any], server: ScriptedServer, line: str) -> None:
    """The same is done, and nothing is said; without it there is something to say."""
    line = line.replace("{url}", server.base_url)
    said = call(f"{line} --quiet")

    assert (said.code, said.out, said.err) == (0, "", "")
    assert [*Path().glob("out*")] or line.startswith("repair")
    assert call(line.replace("out", "again")).out


@pytest.mark.parametrize(
    "line", [f"generate -n 30 -o out --max-calls 5 {LOCAL}", f"regenerate run -o out --max-calls 2 {LOCAL}"]
)
def test_quiet_says_why_it_stopped(call: Callable[[str], Any], server: ScriptedServer, line: str) -> None:
    """In one line on stderr, with the exit code that it has without."""
    said = call(f"{line.replace('{url}', server.base_url)} -q")

    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("Stopped: ")
    assert said.err.count("\n") == 1


def test_quiet_is_no_cover_for_errors(call: Callable[[str], Any]) -> None:
    """They are told as ever."""
    said = call("export nothing --format alpaca -o out.json --quiet")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: nothing: ")


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("check embedded", {"chain", "findings"}),
        ("estimate -n 10 --chain openai", {"tasks", "finished", "roles", "dollars", "seconds", "by"}),
        ("show instructions --chain openai", {"role", "prompt", "about", "notes"}),
        ("dedup tasks.jsonl -o out.jsonl", {"out", "kept", "rejected", "rejected_to", "excluded", "bad"}),
        ("export run --format alpaca -o out.json", {"examples", "instructions", "files", "notes", "load"}),
        ("refilter run --set filters.0.min_words=5 -o out", {"output", "tasks", "new", "gone", "unanswered"}),
        ("compare run run", {"runs", "notes", "settings", "shares", "differences", "between"}),
        ("repair run", {"done", "left"}),
        ("review run --agreement", {"reviewed", "yes", "people", "to_settle", "agreement"}),
        ("report run -o out.html", {"report", "tasks", "unfinished"}),
        ("seeds tasks.jsonl -o out.jsonl", {"out", "tasks", "read", "notes", "left_out", "unfilled", "missing"}),
        ("stats run", {"run", "unfinished", "fingerprint", "table_1"}),
        ("status run", {"run", "state", "finished", "wanted", "calls"}),
    ],
)
def test_json(call: Callable[[str], Any], line: str, keys: set[str]) -> None:
    """One object, and nothing beside it."""
    said = call(f"{line} --json")

    assert (said.code, said.err) == (0, "")
    assert keys <= json.loads(said.out).keys()


def test_the_list_of_chains_as_json(call: Callable[[str], Any]) -> None:
    """Each with its model; one that is printed is a file to change, and no JSON."""
    values = json.loads(call("chains --json").out)
    listed = [line.split()[0] for line in call("chains").out.splitlines() if not line.startswith(" ")]

    assert [value["name"] for value in values] == listed
    assert {"provider", "kind", "model", "description"} <= values[0].keys()
    assert "--json would change nothing" in call("chains openai --json").err


@pytest.mark.parametrize(
    "line", ["dedup tasks.jsonl -o -", "export run --format messages -o -", "seeds tasks.jsonl -o -"]
)
def test_json_beside_what_is_written_to_standard_output(call: Callable[[str], Any], line: str) -> None:
    """It goes to stderr, so that each can be read by itself."""
    said = call(f"{line} --json")

    assert json.loads(said.err)
    assert list(map(json.loads, said.out.splitlines()))


def test_an_estimate_as_json_has_the_figures_of_the_table(call: Callable[[str], Any]) -> None:
    """Calls by role, and dollars."""
    line = "estimate -n 1000 --chain openai --set model.name=gpt-4.1-mini"
    values, text = json.loads(call(f"{line} --json").out), call(line).out

    assert values["roles"]["classification"]["calls"] == 1111
    assert f"${values['dollars']:,.2f}, by list price" in text
