"""`selfinstruct regenerate` as people call it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.testing import Reply
from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A model that has one answer to all."""
    with ScriptedServer(lambda prompt, seed: Reply("A far better answer.", input_tokens=7, output_tokens=4)) as server:
        yield server


@pytest.fixture
def words(server: ScriptedServer, tmp_path: Path) -> list[str]:
    """The command, on a run of twenty tasks."""
    run = str(twenty(tmp_path / "run").path)
    return ["regenerate", run, "--chain", "openai", "--set", f"model.base_url={server.base_url}"]


def hashes(folder: Path) -> set[str]:
    """Of all files."""
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_it_is_written_and_told(selfinstruct: Callable[..., Any], words: list[str], tmp_path: Path) -> None:
    """What has changed, with some of it; the run stays; all that reads a run reads the new one, and says what it is."""
    before, new = hashes(tmp_path / "run"), str(tmp_path / "new")
    said = selfinstruct(*words, "-o", new)

    assert said.code == 0
    assert f"tasks are in {new}/tasks.jsonl" in said.out
    assert "changed" in said.out
    assert "Now          A far better answer." in said.out
    assert hashes(tmp_path / "run") == before
    for command in (["stats", new], ["status", new]):
        assert "Outputs written anew by openai, gpt-6-luna, for the run" in " ".join(selfinstruct(*command).out.split())
    assert selfinstruct("export", new, "--format", "alpaca", "-o", str(tmp_path / "out.json")).code == 0
    card = (tmp_path / "out.json.README.md").read_text()
    assert "Model that wrote all outputs anew: openai, gpt-6-luna" in card


def test_a_budget_stops_it_and_says_how_to_go_on(
    selfinstruct: Callable[..., Any], words: list[str], server: ScriptedServer, tmp_path: Path
) -> None:
    """By the command with a larger one, which asks only what is missing."""
    new = str(tmp_path / "new")
    said = selfinstruct(*words, "-o", new, "--max-calls", "9")
    asked = len(server.asked)
    on = selfinstruct(*words, "-o", new)
    all_asked = len(server.asked)
    again = selfinstruct(*words, "-o", new)

    assert said.code == 3
    assert "Stopped: the budget of 9 calls is used up" in said.out
    assert f"9 of {all_asked} replies are in {new}." in said.out
    assert "--max-calls 18" in said.out
    assert (asked, on.code, again.out) == (9, 0, on.out)
    assert len(server.asked) == all_asked


def test_what_is_missing_is_one_line(
    selfinstruct: Callable[..., Any], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key, a judge without a use; nothing is left."""
    new = str(tmp_path / "new")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    no_key = selfinstruct("regenerate", words[1], "--chain", "openai", "-o", new)
    no_use = selfinstruct(*words, "-o", new, "--judge", "openai")

    assert (no_key.code, "OPENAI_API_KEY" in no_key.err, no_key.err.count("\n")) == (2, True, 1)
    assert (no_use.code, "--judge would change nothing" in no_use.err) == (2, True)
    assert not (tmp_path / "new").exists()
