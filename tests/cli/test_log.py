"""`selfinstruct log`: the calls of a run, and all about one task."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.run.entry import Entry
from tests.outputs.runs import run_folder, task
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model often writes what can't be read."""
    folder = tmp_path_factory.mktemp("logged") / "run"
    self_instruct(config(), folder, models=Author(poor=0.3).model).invoke({"n": 12})
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_table(selfinstruct: Callable[..., Any], run: Path) -> None:
    """The last calls, a line each, with what came of them, in 80 columns, and how to see more."""
    said = selfinstruct("log", str(run), "--limit", "5")
    journal = lines(run / "journal.jsonl")
    head, *rows, _, more, how = said.out.splitlines()

    assert (said.code, said.err) == (0, "")
    assert head.split() == ["call", "in", "out", "s", "what", "came", "of", "it"]
    assert [row.split()[0] for row in rows] == [line["key"] for line in journal[-5:]]
    assert more == f"The last 5 of {len(journal)} calls; for more: --limit {len(journal)}"
    assert how == "For what a call was asked, and its reply: selfinstruct log RUN CALL"
    assert max(map(len, said.out.splitlines())) < 80


def test_the_table_for_programs(selfinstruct: Callable[..., Any], run: Path) -> None:
    """Every call with its figures; the options choose among them."""
    values = json.loads(selfinstruct("log", str(run), "--limit", "1000", "--json").out)
    journal = lines(run / "journal.jsonl")
    unreadable = json.loads(selfinstruct("log", str(run), "--limit", "1000", "--json", "--unreadable").out)
    one_role = json.loads(selfinstruct("log", str(run), "--json", "--role", "input_first", "--limit", "1000").out)

    assert [(value["key"], value["ms"]) for value in values] == [(line["key"], line.get("ms")) for line in journal]
    assert unreadable == [value for value in values if value["outcome"].startswith("unreadable: ")] != []
    assert one_role == [value for value in values if value["key"].startswith("input_first/")] != []
    assert selfinstruct("log", str(run), "--faults").out == "No calls.\n"


def test_all_about_a_task(selfinstruct: Callable[..., Any], run: Path) -> None:
    """What it is, and each call that it was made from: prompt as it was sent, raw reply, and what came of it."""
    [*_, done] = lines(run / "tasks.jsonl")
    replies = {line["key"]: line.get("reply") for line in lines(run / "journal.jsonl")}
    said = selfinstruct("log", str(run), done["id"])

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{done['id']}\n  {done['id']} is a task, ")
    for key in done["provenance"]["calls"]:
        assert f"== {key}: " in said.out
        assert replies[key] in said.out
    assert said.out.count("-- prompt, as it was sent\n[system]\n") == 3
    assert "; a task\n" in said.out
    assert "another version" not in said.out


def test_a_second_attempt(selfinstruct: Callable[..., Any], run: Path) -> None:
    """Both attempts are shown; the prompt, which is the same, once."""
    key = next(line["key"] for line in lines(run / "journal.jsonl") if line["key"].endswith("/2"))
    said = selfinstruct("log", str(run), key.split("/")[1])

    assert f"== {key[:-1]}1: " in said.out
    assert f"== {key}: " in said.out
    assert f"-- prompt: that of {key[:-1]}1\n" in said.out
    assert "-- unreadable: " in said.out


def test_a_dropped_candidate_and_a_call(selfinstruct: Callable[..., Any], run: Path) -> None:
    """With its rule and its request; a call by its key is shown alone."""
    dropped = next(one for one in lines(run / "rejected.jsonl") if one["stage"] == "instruction")
    said = selfinstruct("log", str(run), dropped["id"])
    [call] = json.loads(selfinstruct("log", str(run), "instructions/000000/1", "--json").out)["calls"]

    assert f"{dropped['id']}: the instruction was dropped by {dropped['rule']}" in said.out
    assert {line.split("/")[0] for line in said.out.splitlines() if line.startswith("== ")} == {"== instructions"}
    assert call["key"] == "instructions/000000/1"
    assert call["prompt_as_sent"]
    assert [turn["by"] for turn in call["prompt"]] == ["system", "human"]
    assert call["reply"] == next(line["reply"] for line in lines(run / "journal.jsonl") if line["key"] == call["key"])


def test_a_task_of_the_latest_run(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """A candidate, a request or a call alone is the latest run's."""
    shutil.copytree(run, tmp_path / "empty" / "runs" / "mine")

    for name in ("0", "000000", "instructions/000000/1"):
        said = selfinstruct("log", name)
        assert (said.code, said.err) == (0, "run: runs/mine (the latest)\n")
        assert "== instructions/000000/1: " in said.out


def test_replies_are_shown_and_not_obeyed(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """What a terminal would obey stands there as an escape, in the table and in full."""
    evil = "1. Paint \x1b[2J the screen \u202e\n2. Ring \x07 a bell"
    entry = Entry("instructions/000000/1", "0" * 64, reply=evil, model="m\x1b[31m", ms=1)
    run_folder(tmp_path / "run", [task(0, "Paint \x1b[2J the screen", ("a", "b"))], entries=[entry])
    said = [selfinstruct("log", str(tmp_path / "run"), *more).out for more in ([], ["000000-00"], ["0", "--json"])]

    assert all("\x1b" not in text and "\x07" not in text and "\u202e" not in text for text in said)
    assert "\\u001b[2J the screen \\u202e" in said[1]
    assert json.loads(said[2])["calls"][0]["reply"] == evil


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["RUN", "000099-01"], "nothing is about '000099-01'; there are candidates (000003-02)"),
        (["RUN", "0", "--faults"], "--faults would change nothing: it chooses among calls"),
        (["RUN", "--role", "instruction"], "'instruction' is not one of 'instructions', "),
        (["RUN", "--role", "instruction"], "(did you mean 'instructions'?)"),
        (["RUN", "--limit", "all"], "'all' is not a whole number of 1 or more."),
        (["missing"], "missing: not a run folder: it has no manifest.json"),
    ],
)
def test_what_the_user_can_mend(
    selfinstruct: Callable[..., Any], run: Path, arguments: list[str], expected: str
) -> None:
    """Exit code 2, and what is allowed."""
    said = selfinstruct("log", *[str(run) if word == "RUN" else word for word in arguments])

    assert (said.code, said.out) == (2, "")
    assert expected in said.err


def test_a_run_without_calls_of_its_own(selfinstruct: Callable[..., Any], run: Path, tmp_path: Path) -> None:
    """A refiltered run names the one that has them."""
    selfinstruct("refilter", str(run), "-o", str(tmp_path / "new"))
    fingerprint = json.loads((run / "manifest.json").read_text())["fingerprint"]
    said = selfinstruct("log", str(tmp_path / "new"))

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"Error: {tmp_path}/new: made of another run, and has no calls of its own; see the run of fingerprint "
        f"{fingerprint[:12]}\n"
    )
