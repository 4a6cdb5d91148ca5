"""`selfinstruct generate` as people call it: what it prints, where things go, how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.testing import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A model that writes by a script."""
    with ScriptedServer() as server:
        yield server


def command(server: ScriptedServer, *arguments: str, n: int = 6) -> list[str]:
    """A run against a server."""
    own = ["--set", f"model.base_url={server.base_url}", "--set", "run.lookahead=2"]
    return ["generate", "-n", str(n), "--chain", "openai", *own, *arguments]


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def flat(text: str) -> str:
    """Text as one line."""
    return " ".join(text.split())


def test_the_summary_adds_up(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """What it says was asked, kept, dropped and paid is what the files hold; it fits 80 columns."""
    folder = tmp_path / "run"
    said = selfinstruct(*command(server, "-o", str(folder), n=12))
    tasks, rejected, journal = (lines(folder / f"{name}.jsonl") for name in ("tasks", "rejected", "journal"))
    stages = Counter(drop["stage"] for drop in rejected)
    text = flat(said.out)

    assert said.code == 0
    assert (
        max(len(line) for line in said.out.splitlines() if "selfinstruct" not in line and str(folder) not in line) < 80
    )
    assert said.out.startswith(f"12 tasks are in {folder / 'tasks.jsonl'} (")
    accepted = len(tasks) + stages["task"]
    assert f"gave {accepted + stages['instruction']}; {accepted} joined the pool" in text
    classification = sum(task["is_classification"] for task in tasks)
    assert f"Tasks 12 finished of {accepted}, {classification} of them classification" in text
    assert f"Instances {sum(len(task['instances']) for task in tasks)} kept" in text
    for (stage, rule), count in Counter((drop["stage"], drop["rule"]) for drop in rejected).items():
        assert f"{rule} {count}" in text, stage
    assert f"Calls {len(journal)} (" in text
    read, wrote = (sum(line["usage"][key] for line in journal) for key in ("input_tokens", "output_tokens"))
    assert f"Tokens {read:,} in, {wrote:,} out" in text
    assert text.count(" Output ") == 3
    assert tasks[-1]["instruction"] in text


def test_a_share_of_classification_far_from_the_papers_is_told_by_all(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """In one sentence, at the end of the run and by what looks at its folder later; not while it is too small."""

    def always_yes(prompt: str, seed: int | None) -> Reply:
        return Reply("Yes") if "Is it classification?" in prompt else scripted_author(prompt, seed)

    server.answer = always_yes
    folder = tmp_path / "run"
    three = selfinstruct(*command(server, "-o", str(folder), n=3))
    four = selfinstruct(*command(server, "-o", str(folder), n=4))
    stats = selfinstruct("stats", str(folder))

    share = "Classification tasks are 4 of 4 (100%); the paper's are 22% (11,584 of 52,445). Likely the model says yes"
    assert "Classification tasks are" not in three.out
    assert share in flat(four.out)
    assert share in flat(stats.out)
    assert gather(RunReader(folder)).share.startswith(share)


def test_the_next_command_is_one_to_copy(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """It extends the run: the same options, twice as many tasks, and no call is repeated."""
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), "--seed", "7"))
    before = lines(tmp_path / "run" / "tasks.jsonl")
    again = shlex.split(said.out.splitlines()[-1])
    extended = selfinstruct(*again[1:])

    assert again[:4] == ["selfinstruct", "generate", "-n", "12"]
    assert extended.code == 0
    assert lines(tmp_path / "run" / "tasks.jsonl")[:6] == before
    keys = [line["key"] for line in lines(tmp_path / "run" / "journal.jsonl")]
    assert len(keys) == len(set(keys))


def test_what_to_do_with_it_is_there_to_copy(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """report, review and export of this folder, as whole commands; the last of them makes a dataset."""
    folder = tmp_path / "my run"
    said = selfinstruct(*command(server, "-o", str(folder), n=2))
    commands = [shlex.split(line) for line in said.out.splitlines() if line.startswith("  selfinstruct ")]

    assert [(words[1], words[2]) for words in commands[:3]] == [
        (name, str(folder)) for name in ("report", "review", "export")
    ]
    assert selfinstruct(*commands[2][1:]).code == 0
    assert (tmp_path / "empty" / "my run-messages" / "train.jsonl").exists()


def test_a_folder_is_named_after_what_shapes_the_dataset(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """runs/<chain>-<six hex digits>: another seed or temperature has another, another concurrency has not."""
    for more in ((), ("--set", "run.max_concurrency=2"), ("--seed", "7"), ("--set", "instructions.model.top_p=0.9")):
        assert selfinstruct(*command(server, *more, n=1)).code == 0
    names = sorted(path.name for path in (tmp_path / "empty" / "runs").iterdir())

    assert len(names) == 3
    assert all(re.fullmatch("openai-[0-9a-f]{6}", name) for name in names)


def test_asking_for_less_is_said(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """A smaller -n on a folder that has more takes nothing away, and a note says so."""
    selfinstruct(*command(server, "-o", str(tmp_path / "run")))
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), n=2))

    assert said.code == 0
    assert "the folder has 6 finished tasks already" in flat(said.err)
    assert len(lines(tmp_path / "run" / "tasks.jsonl")) == 6


@pytest.mark.parametrize(
    ("option", "value", "why", "raised"),
    [
        ("--max-calls", "10", "the budget of 10 calls is used up", "--max-calls 20"),
        ("--max-tokens", "9000", "the budget of 9,000 tokens is used up", "--max-tokens 18000"),
        ("--max-cost", "0.5", "the budget of $0.50 is used up", "--max-cost 1"),
        ("--max-minutes", "0.0001", "the budget of 0.0001 minutes is used up", "--max-minutes 0.0001"),
    ],
)
def test_a_budget_ends_it_with_the_way_on(  # noqa: PLR0913, PLR0917
    selfinstruct: Callable[..., Any],
    server: ScriptedServer,
    tmp_path: Path,
    option: str,
    value: str,
    why: str,
    raised: str,
) -> None:
    """Exit code 3, what there is, and the command with a larger budget."""
    price = "model.price={input: 50, output: 50}"
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), option, value, "--set", price, n=40))

    assert said.code == 3
    assert f"Stopped: {why}" in flat(said.out)
    assert f"{len(lines(tmp_path / 'run' / 'tasks.jsonl'))} tasks are in" in said.out
    assert raised in said.out.splitlines()[-1]


def test_a_price_that_nobody_knows(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """A budget in dollars needs one: exit code 2 before the first call, with both ways out."""
    elsewhere = ["--set", "model.base_url=http://llm.invalid/v1"]
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), "--max-cost", "1"), *elsewhere)

    assert said.code == 2
    assert server.counts.requests == 0
    assert "model.price={input: " in said.err
    assert "--max-calls" in said.err


def test_nothing_new_ends_it(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """A model that repeats itself: exit code 4, why, and what helps."""
    server.answer = lambda prompt, seed: (
        scripted_author(prompt, seed) if "Task: " in prompt else Reply("9. Explain the tides to a sailor.")
    )
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), "--set", "run.give_up_after=3"))

    assert said.code == 4
    assert re.search(r"Stopped: the last \d requests gave no new instruction", flat(said.out))
    assert "the model repeats itself: raise instructions.model.temperature" in flat(said.out)
    assert len(lines(tmp_path / "run" / "tasks.jsonl")) == 1


def test_progress_for_machines(selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path) -> None:
    """With --log-format json every line of stderr is an object, the last one with the exit code; stdout is empty."""
    server.latency = 0.15
    said = selfinstruct(
        *command(server, "-o", str(tmp_path / "run"), "--log-format", "json", "--max-calls", "30", n=40)
    )
    events = [json.loads(line) for line in said.err.splitlines()]

    assert (said.code, said.out) == (3, "")
    assert [event["event"] for event in events[-1:]] == ["end"]
    assert events[-1]["exit_code"] == 3
    assert events[-1]["why"] == "the budget of 30 calls is used up"
    assert events[-1]["calls"] == 30
    assert {"finished", "wanted", "input_tokens", "rejected", "dollars"} <= events[-1].keys()


def test_what_a_model_writes_does_not_reach_the_terminal(
    selfinstruct: Callable[..., Any], server: ScriptedServer, tmp_path: Path
) -> None:
    """Escape codes in a task are in the file, and not on the screen."""

    def coloured(prompt: str, seed: int | None) -> Reply:
        reply = scripted_author(prompt, seed)
        return reply._replace(text=reply.text.replace("lesson", "\x1b[31mlesson\x07"))

    server.answer = coloured
    said = selfinstruct(*command(server, "-o", str(tmp_path / "run"), n=12))

    assert "\\u001b[31m" in (tmp_path / "run" / "tasks.jsonl").read_text(encoding="utf-8")
    assert not set("\x1b\x07") & set(said.out + said.err)


def test_the_live_display(server: ScriptedServer, tmp_path: Path) -> None:
    """On a terminal there is a bar with the count, the rate and what was accepted, and then the summary alone."""
    server.latency = 0.2
    ours, theirs = pty.openpty()
    program = "from selfinstruct_chains.cli.main import main; main()"
    arguments = [sys.executable, "-c", program, *command(server, "-o", str(tmp_path / "run"), n=10)]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(arguments, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    text = shown.decode()

    assert process.returncode == 0
    assert re.search(r"tasks .*\d+/10", text)
    assert re.search(r"\d+ calls in flight, [\d.]+/s; [\d,]+ replies, [\d,]+ tokens", text)
    assert re.search(r"\d+ of \d+ instructions accepted \(\d+%\)", text)
    assert "10 tasks are in" in text.rsplit("\x1b", 1)[-1]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux tells that the other end was closed
        return b""
