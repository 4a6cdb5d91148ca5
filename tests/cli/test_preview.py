"""`selfinstruct preview`: one request, as a run would make it, and nothing kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.testing.author import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OUTPUTS = (f"--set=instances.{role}.output=text" for role in ("input_first", "output_first"))
CHAIN = ("--chain", "openai", "--set", "model.system_role=true", *OUTPUTS)
SEED = read_seeds(shipped.SEEDS)[0]
WRITTEN = (
    "Explain how a bridge carries its own weight.",
    "Draw",
    "Draw a picture of the garden behind the house.",
    SEED.instruction,
    "Decide whether a note about a garden is a complaint or praise.",
    "Explain how a bridge carries all of its own weight.",
)


def author(prompt: str, seed: int | None = None) -> Reply:
    """As the scripted author, but what it writes of instructions is known."""
    if "Task: " in prompt:
        return scripted_author(prompt, seed)
    return Reply("\n".join(f"{number}. {text}" for number, text in enumerate(WRITTEN, start=1)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """That author in the place of a provider."""
    with ScriptedServer(author, remember=1000) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        yield server


def test_each_instruction_has_its_verdict(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """Every rule that drops it, and what it is most like; two of those that stay are completed; nothing is written."""
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    said = selfinstruct("preview", *CHAIN, "--json")

    assert said.code == 0, said
    found = json.loads(said.out)
    assert [one["instruction"] for one in found["instructions"]] == list(WRITTEN)
    rules = [one["rules"] for one in found["instructions"]]
    assert rules == [[], ["too_short"], ["keyword"], ["novelty"], [], ["novelty"]]
    assert found["instructions"][3]["nearest"] == {"id": SEED.id, "score": 1.0}
    assert found["instructions"][5]["nearest"] == {"id": "000000-00", "score": pytest.approx(16 / 18)}
    kinds = [[task.get("is_classification") for task in tasks][-1] for tasks in found["completed"]]
    assert kinds == [False, True]
    assert found["calls"][0]["key"] == "instructions/000000/1"
    assert len(found["calls"]) == len(server.asked) == 5
    assert found["dollars"] is not None
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.name != "empty"} == {
        path: time for path, time in before.items() if path.name != "empty"
    }


def test_it_is_the_runs_own_request(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """What a run of this chain asks first, word for word; another number shows other examples."""
    first = json.loads(selfinstruct("preview", *CHAIN, "--complete", "0", "--json").out)
    asked = [request.prompts for request in server.asked]
    other = json.loads(selfinstruct("preview", *CHAIN, "--complete", "0", "--request", "1", "--json").out)
    selfinstruct("generate", "-n", "1", *CHAIN, "-o", str(tmp_path / "run"), "--max-calls", "1")

    assert len(asked) == 1
    assert asked[0] in [request.prompts for request in list(server.asked)[2:]]
    assert first["examples"] != other["examples"]
    assert first["completed"] == []


def test_it_reads_well(selfinstruct: Callable[..., Any], server: ScriptedServer) -> None:
    """At 80 columns, with the replies where they are asked for."""
    said = selfinstruct("preview", *CHAIN, "--raw")

    assert said.code == 0, said
    before, raw = said.out.split("== instructions/000000/1\n")
    assert max(map(len, before.splitlines())) <= 79
    assert f"- {WRITTEN[1]}\n    dropped: too_short; most similar: " in before
    assert "2 of 6 join the pool" in before
    assert "    classification task\n    Input" in before
    assert raw.startswith(f"1. {WRITTEN[0]}\n2. ")
    assert "Calls         5" in raw


def test_a_reply_that_can_not_be_read(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told as what it is, and is no error."""
    with ScriptedServer(lambda *_: Reply("", "stop")) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        said = selfinstruct("preview", *CHAIN)

    assert said.code == 0, said
    assert "dropped: unreadable" in said.out
    assert "0 of 1 join the pool" in said.out


def test_a_provider_that_refuses_is_one_line(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """And the exit code of a provider's fault."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    said = selfinstruct("preview", *CHAIN, "--set", "run.patience=0.1")

    assert said.code == 5, said
    assert len([line for line in said.err.splitlines() if line.startswith("Error: ")]) == 1


def test_topics_take_turns(selfinstruct: Callable[..., Any], server: ScriptedServer) -> None:
    """A request is about its topic, which is told."""
    told = [
        json.loads(
            selfinstruct(
                "preview",
                "--set",
                "topics=[cards, loans]",
                "--chain",
                "openai",
                "--complete",
                "0",
                "--request",
                str(number),
                "--json",
            ).out
        )["topic"]
        for number in (0, 1)
    ]

    assert sorted(told) == ["cards", "loans"]
    assert load_config("openai").topics is None
