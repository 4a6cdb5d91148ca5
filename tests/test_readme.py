"""The README is true: its commands and its code run, its excerpt is of a real run, its tables are complete."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCREEN = 75
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The selfinstruct commands of each shell block, without `uv run`."""
    shell = [text for language, text in BLOCKS if language == "bash"]
    lines = [[line.removeprefix("uv run ") for line in text.splitlines() if "selfinstruct " in line] for text in shell]
    return [block for block in lines if block]


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server in the place of OpenAI's, and a key for it."""
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("SELFINSTRUCT_GENERATE_CHAIN", "openai")
        yield server


@pytest.mark.parametrize("block", commands(), ids=lambda block: block[0])
def test_each_command_runs(
    block: list[str],
    openai: ScriptedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    selfinstruct: Callable[..., Any],
) -> None:
    """The selfinstruct commands of each shell block end with 0, one after the other in a folder with what they name."""
    shutil.copytree(ROOT / "seeds", tmp_path / "empty" / "seeds", dirs_exist_ok=True)
    for command in block:
        typed, _, file = command.partition(" > ")
        words = shlex.split(typed, comments=True)[1:]
        done = selfinstruct(*[re.sub(r"^(20|500)$", "3", word) for word in words])
        if file:
            (tmp_path / "empty" / file).write_text(done.out)

        assert done.code == 0, (command, done.err)


def test_the_python_block_runs(openai: ScriptedServer) -> None:
    """The Python block gives as many tasks as it says (here from another model than the embedded one)."""
    [code] = [text for language, text in BLOCKS if language == "python"]
    scope: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code.replace('"embedded"', '"openai"'), scope)  # noqa: S102 - our own README

    assert scope["task"].instances
    assert sum(not line.startswith("    ") for line in out.getvalue().splitlines()) == 20


def test_the_excerpt_is_a_task() -> None:
    """The excerpt is a task as it stands in tasks.jsonl, made by the embedded model."""
    [excerpt] = [text for language, text in BLOCKS if language == "json"]
    task = json.loads(excerpt)

    assert set(task) == {"id", "instruction", "instances", "is_classification", "provenance"}
    assert task["provenance"]["model"] == "smollm2-135m-instruct"


def test_it_stays_on_a_screen() -> None:
    """The README is an entrance: what is behind it stands in docs/."""
    assert len(README.splitlines()) <= SCREEN


def test_the_two_commands_are_there() -> None:
    """The set-up is two commands, which .ci/run takes from here."""
    assert "    pip install uv && uv run selfinstruct generate -n 20" in README
    assert "    pip install uv && uv run pytest" in README


def test_linked_files_exist() -> None:
    """Every relative link leads to a file."""
    for link in re.findall(r"\]\(([^)#]+)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link
