"""The calls of a run, shown: prompts made anew from the folder, and what came of each."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.runnables import RunnableLambda

from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.errors import RunError, RunStopped
from selfinstruct_chains.run.calls import Calls, Wanted
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.testing import ScriptedCompletion, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer, at_first
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.calls import Told

ALL = 10_000


def calls(folder: Path) -> Calls:
    """The calls of the run in a folder."""
    return Calls(RunReader(folder))


def told(folder: Path) -> list[Told]:
    """Every call of a run with its prompt."""
    found = calls(folder)
    keys = dict.fromkeys(row.entry.key for row in found.rows(Wanted(), ALL)[0])
    return [one for key in keys for one in found.about(key).calls]


def unlike(folder: Path) -> list[str]:
    """The calls whose prompt is not, by its hash, what was sent."""
    return [one.entry.key for one in told(folder) if one.entry.prompt_sha256 and not one.prompt.as_sent]


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model often writes what can't be read."""
    folder = tmp_path_factory.mktemp("poor") / "run"
    self_instruct(config(), folder, models=Author(poor=0.3).model).invoke({"n": 30})
    return folder


def test_every_prompt_is_made_anew(poor: Path) -> None:
    """Requests and candidates, first and second attempts: by its hash each is the prompt that was sent."""
    found = told(poor)

    assert {one.entry.key.partition("/")[0] for one in found} >= {"instructions", "classification", "input_first"}
    assert any(one.entry.key.endswith("/2") for one in found)
    assert unlike(poor) == []
    assert {turn.by for one in found for turn in one.prompt.turns} == {"system", "human"}


def test_a_completion_models_prompt_is_one_text(tmp_path: Path) -> None:
    """It has no authors, and ends where the model goes on."""
    folder = tmp_path / "run"
    self_instruct(load_config("paper"), folder, models=ScriptedCompletion(reply=scripted_author)).invoke({"n": 5})
    found = told(folder)

    assert unlike(folder) == []
    assert {len(one.prompt.turns) for one in found} == {1}
    assert {turn.by for one in found for turn in one.prompt.turns} == {""}


@pytest.mark.parametrize(
    "settings",
    [
        {"topics": {"ask": 6}},
        {"topics": ["rivers", "trains"], "language": {"en": 0.5, "de": 0.5}},
        pytest.param({"classification.decide": "logprob", "classification.threshold": "auto"}, marks=pytest.mark.slow),
    ],
)
def test_calls_before_the_first_request_and_subjects(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Topics that are asked for, a threshold that is fitted, requests about something: all their prompts are found."""
    folder = tmp_path / "run"
    with ScriptedServer() as server:
        chain = load_config("openai", {"model.base_url": server.base_url, "model.api_key_env": None, **settings})
        self_instruct(chain, folder).invoke({"n": 6})
    found = told(folder)

    before = [one for one in found if one.entry.key.startswith("found/") and one.entry.prompt_sha256]
    assert before or "ask" not in str(settings)
    assert unlike(folder) == []


def test_a_run_that_was_stopped(tmp_path: Path) -> None:
    """Prompts of candidates that are not settled follow from the reply to their request."""
    folder = tmp_path / "run"
    with pytest.raises(RunStopped):
        self_instruct(config(), folder, models=Author().model).invoke({"n": 30, "budgets": {"calls": 25}})

    assert unlike(folder) == []


def test_a_prompt_that_another_version_made(poor: Path, tmp_path: Path) -> None:
    """Its hash differs, and that is said with the version that began the run; the text is shown all the same."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in poor.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    entries = [entry for _, entry in scan(poor / "journal.jsonl")]
    other = [entry._replace(prompt_sha256="0" * 64) for entry in entries]
    (copy / "journal.jsonl").write_bytes(b"".join(entry.line() for entry in other))
    first, *_ = calls(copy).about("000000").calls

    assert first.prompt.turns
    assert not first.prompt.as_sent
    assert first.prompt.why.startswith("made anew, and not just what was sent: the run was begun by version ")


def test_what_parts_of_ones_own_hide(tmp_path: Path) -> None:
    """A step of one's own has no prompt; a request may show what only one's own filters let through."""
    folder = tmp_path / "run"
    steps: Any = {"classification": RunnableLambda(lambda _: False)}

    def even(instruction: str) -> str | None:
        return None if len(instruction) % 2 else "odd"

    chain = self_instruct(config(), folder, models=Author().model, steps=steps, instruction_filters=[even])
    chain.invoke({"n": 20})
    found = told(folder)
    by_role = {role: [one for one in found if one.entry.key.startswith(role)] for role in ("inst", "class", "input")}

    assert {one.prompt.why for one in by_role["class"]} == {"a step of your own was asked, and its prompts are its own"}
    assert {one.outcome for one in by_role["class"]} == {"no classification"}
    assert all(one.prompt.as_sent for one in by_role["input"])
    assert any("filters of your own" in one.prompt.why for one in by_role["inst"])


def test_what_came_of_each_call(poor: Path) -> None:
    """A row for each line of the journal, whose words agree with the files that were made of it."""
    rows, count = calls(poor).rows(Wanted(), ALL)
    journal = [entry for _, entry in scan(poor / "journal.jsonl")]
    tasks = {json.loads(line)["id"] for line in (poor / "tasks.jsonl").read_bytes().splitlines()}

    assert [row.entry for row in rows] == journal
    assert count == len(journal)
    finished = [row.entry.item for row in rows if row.outcome.endswith("; a task")]
    assert set(finished) == tasks
    told = [row.outcome for row in rows if row.entry.key.startswith("instructions/") and ": " in row.outcome]
    assert sum(int(one.split(": ")[1].split(" task")[0]) for one in told if "instruction" in one.split(":")[0]) == 30


def test_rows_that_are_asked_for(poor: Path) -> None:
    """By role, by what can't be read, and the last ones of many, with their number."""
    found = calls(poor)
    roles = Counter(entry.key.partition("/")[0] for _, entry in scan(poor / "journal.jsonl"))
    rows, count = found.rows(Wanted(role="classification"), 3)
    unreadable, _ = found.rows(Wanted(unreadable=True), ALL)

    assert (len(rows), count) == (3, roles["classification"])
    assert rows == found.rows(Wanted(role="classification"), ALL)[0][-3:]
    assert unreadable
    assert all(row.outcome.startswith("unreadable: ") for row in unreadable)
    seconds = {row.entry.key for row in found.rows(Wanted(), ALL)[0] if row.entry.key.endswith("/2")}
    firsts = {f"{row.entry.key[:-1]}2" for row in unreadable if row.entry.key.endswith("/1")}
    assert firsts == seconds


def test_attempts_without_a_reply(tmp_path: Path) -> None:
    """They are rows with the provider's words; the call that was answered later comes after them."""
    folder = tmp_path / "run"
    with ScriptedServer(faults=at_first("500")) as server:
        chain = load_config("openai", {"model.base_url": server.base_url, "model.api_key_env": None})
        self_instruct(chain, folder).invoke({"n": 2})
    rows, count = calls(folder).rows(Wanted(faults=True), ALL)

    assert count >= 1
    assert all(row.outcome.startswith("no reply: ") for row in rows)


def test_all_about_a_dropped_candidate(poor: Path) -> None:
    """Its rule, and the request that it came from; one that was accepted and dropped has its later calls too."""
    dropped = [json.loads(line) for line in (poor / "rejected.jsonl").read_bytes().splitlines()]
    early = next(one for one in dropped if one["stage"] == "instruction")
    late = next(one for one in dropped if one["stage"] == "task")
    found = calls(poor)

    about = found.about(early["id"])
    assert [one.rule for one in about.dropped] == [early["rule"]]
    assert {one.entry.key.partition("/")[0] for one in about.calls} == {"instructions"}
    about = found.about(late["id"])
    assert about.dropped[-1].rule == late["rule"]
    assert {"instructions", "classification"} <= {one.entry.key.partition("/")[0] for one in about.calls}
    assert about.tasks == ()


def test_names_that_are_typed_short(poor: Path) -> None:
    """Noughts in front may be left out; what is not there is said with the last request."""
    found = calls(poor)

    assert found.about("0").id == "000000"
    assert found.about("0-1") == found.about("000000-01")
    with pytest.raises(
        RunError, match=r"nothing is about '999999-00'; there are candidates .* the last request is 0000"
    ):
        found.about("999999-00")
    with pytest.raises(RunError, match="nothing is about 'what'"):
        found.about("what")
