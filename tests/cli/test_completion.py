"""What a shell completes: commands, chains, runs, roles, formats."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from selfinstruct_chains.cli.main import COMMANDS, cli
from selfinstruct_chains.files import shipped
from tests.outputs.runs import run_folder, task

CHAINS = shipped.names(shipped.CHAINS)


def completed(*words: str) -> list[str]:
    """What the last of the words is completed with, but for the folders that the shell adds."""
    *before, last = words
    found = ShellComplete(cli, {}, "selfinstruct", "_SELFINSTRUCT_COMPLETE").get_completions(before, last)
    return [item.value for item in found if item.type == "plain"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs, a chain file, answers, and other things."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        run_folder(Path("runs") / name, [task(0, "Name a lake.")])
    (tmp_path / "runs" / "other").mkdir()
    (tmp_path / "below").mkdir()
    run_folder(tmp_path / "below" / "three", [task(0, "Name a lake.")])
    for name in ("mine.yaml", "below/hers.yaml", "answers.jsonl", "notes.txt", "a\nb.yaml"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_commands() -> None:
    """By their beginning."""
    assert completed("") == list(COMMANDS)
    assert completed("st") == ["status", "stats"]


@pytest.mark.parametrize(
    "before",
    [
        ["generate", "--chain"],
        ["check"],
        ["chains"],
        ["estimate", "--chain"],
        ["show", "--chain"],
        ["graph", "--chain"],
        ["seeds", "x", "--chain"],
        ["regenerate", "--chain"],
        ["regenerate", "--judge"],
        ["review", "--judge"],
        ["evaluate", "--judge"],
        ["experiment"],
        ["experiment", "--regenerate"],
    ],
)
def test_chains(before: list[str]) -> None:
    """Shipped names and chain files, wherever a command takes a chain; names that can't be typed are left out."""
    assert completed(*before, "") == [*CHAINS, "mine.yaml"]
    assert completed(*before, "openai") == [name for name in CHAINS if name.startswith("openai")]
    assert completed(*before, "below/") == ["below/hers.yaml"]


def test_models_to_evaluate() -> None:
    """Answers in files too."""
    assert completed("evaluate", "--model", "") == [*CHAINS, "answers.jsonl", "mine.yaml"]


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "stats",
        "report",
        "compare",
        "log",
        "export",
        "refilter",
        "repair",
        "regenerate",
        "review",
        "estimate",
        "finetune",
    ],
)
def test_runs(command: str) -> None:
    """Those in runs/, the latest first, and those in another folder; what is no run is left out."""
    assert sorted(completed(command, "")) == ["runs/one", "runs/two"]
    assert completed(command, "runs/o") == ["runs/one"]
    assert completed(command, "below/") == ["below/three"]


def test_roles_and_formats() -> None:
    """And whatever else is one of several words."""
    assert completed("show", "in") == ["instructions", "input_first"]
    assert completed("log", "--role", "f") == ["found"]
    assert completed("export", "--format", "p") == ["prompt-completion", "parquet"]
    assert completed("dedup", "--tokenizer", "r") == ["rouge"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell: str, tmp_path: Path) -> None:
    """It is printed where the variable asks for it, and what it calls answers."""
    program = [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()"]
    script, answer = (
        subprocess.run(
            program,
            env=os.environ
            | {"_SELFINSTRUCT_COMPLETE": f"{shell}_{what}", "COMP_WORDS": "selfinstruct stat", "COMP_CWORD": word},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for what, word in (("source", ""), ("complete", "stat" if shell == "fish" else "1"))
    )

    assert "_selfinstruct_completion" in script.stdout
    assert "status" in answer.stdout
    assert (answer.returncode, answer.stderr, script.stderr) == (0, "", "")
