"""Whole runs, as processes, against a server that refuses in providers' own words: some items, or everything."""

from __future__ import annotations

import json
import os
import signal
from hashlib import sha256
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.testing.answers import Answer, answer, answers
from selfinstruct_chains.testing.server import Asked, ScriptedServer
from tests.run.forker import Forker
from tests.run.scripts import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

N = 30
OPENAIS_CLIENT = (
    "openai",
    "azure_openai",
    "deepseek",
    "litellm",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
)
"""Providers that openai's client is pointed at: it reads their answers as they are."""
FORMS = [
    f"{provider}/{found.name}"
    for provider in OPENAIS_CLIENT
    for found in answers(provider).values()
    if found.fate == "item" and found.reason in {"context_too_long", "content_filter"} and not found.streamed
]
MENDED_BY_HAND = [
    "openai/auth_wrong_key",
    "openai/no_model",
    "openai/no_money_insufficient_quota",
    "openai/no_money_credit_balance_exhausted",
    "xai/auth_wrong_key",
]


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    """A process to fork commands from."""
    with Forker() as forker:
        yield forker


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A provider that remembers all that it was asked."""
    with ScriptedServer(remember=10_000) as server:
        yield server


@pytest.fixture(scope="module")
def whole(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The files of a run of N that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with ScriptedServer() as server:
        assert forker.run(command(server, folder, N), folder.with_suffix(".log")) == 0
    return files(folder)


def refused(instruction: str) -> str | None:
    """The answer to all prompts of an instruction: one in ten is refused, each in another provider's words."""
    number = int(sha256(instruction.encode()).hexdigest(), 16)
    return FORMS[number // 10 % len(FORMS)] if number % 10 == 0 else None


def item(asked: Asked) -> str:
    """The instruction that a prompt is about, or ""."""
    _, found, after = asked.prompts[0].rpartition("Task: ")
    return after.split("\n", 1)[0] if found else ""


def one_in_ten(asked: Asked) -> str | None:
    return refused(item(asked)) if item(asked) else None


def command(server: ScriptedServer, folder: Path, n: int) -> list[str]:
    own = ["--set", f"model.base_url={server.base_url}", "--set", "run.lookahead=3", "--set", "run.max_concurrency=8"]
    return ["generate", "-n", str(n), "--chain", "openai", "-o", str(folder), *own]


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def killed_after(server: ScriptedServer, forker: Forker, folder: Path, n: int, requests: int) -> int:
    """The exit code of a run of n that is killed at its server's request of that number."""
    plan, until = server.faults, server.counts.requests + requests
    pid = forker.start(command(server, folder, n), folder.with_suffix(".log"))

    killer: list[Timer] = []

    def killing(asked: Asked) -> str | None:
        # Several requests may be counted before the first of them gets here.
        if server.counts.requests >= until and not killer:
            killer.append(Timer(0.01, os.kill, (pid, signal.SIGKILL)))
            killer[0].start()
        return plan(asked) if plan else None

    server.faults = killing
    code = forker.wait(pid)
    server.faults = plan
    return code


def test_one_item_in_ten_refused_costs_that_item(forker: Forker, server: ScriptedServer, tmp_path: Path) -> None:
    """A run of 100 has its 100 tasks, and each refusal its reason; killed and resumed it is the same, byte by byte."""
    server.faults = one_in_ten
    whole, broken = tmp_path / "whole", tmp_path / "broken"

    assert forker.run(command(server, whole, 100), whole.with_suffix(".log")) == 0, whole.with_suffix(
        ".log"
    ).read_text()
    told = {str(drop["text"]): drop["rule"] for drop in lines(whole / "rejected.jsonl") if drop["stage"] == "task"}
    due = {text: answer(form).reason for text in told if (form := refused(text))}
    assert len(lines(whole / "tasks.jsonl")) == 100
    assert len(due) >= 8
    assert {text: told[text] for text in due} == due
    assert not any(refused(str(task["instruction"])) for task in lines(whole / "tasks.jsonl"))
    assert max(asked.attempt for asked in server.asked if one_in_ten(asked)) == 1

    for requests in (40, 120):
        assert killed_after(server, forker, broken, 100, requests) == -signal.SIGKILL
    assert forker.run(command(server, broken, 100), broken.with_suffix(".log")) == 0
    assert files(broken) == files(whole)


@pytest.mark.parametrize("form", MENDED_BY_HAND)
def test_what_the_user_has_to_mend_stops_at_the_first_call(
    forker: Forker, server: ScriptedServer, whole: tuple[bytes, bytes], tmp_path: Path, form: str
) -> None:
    """No call is made twice, exit code 5, a line of why; mended, the same command goes on to the same bytes."""
    stopped, log = tmp_path / "stopped", tmp_path / "log"
    server.faults = lambda _: form
    code = forker.run([*command(server, stopped, N), "--set", "run.max_concurrency=1"], log)
    asked, said = len(server.asked), log.read_text()

    server.faults = None
    again = forker.run(command(server, stopped, N), tmp_path / "again.log")

    assert (code, asked) == (5, 1), said
    assert len(said[said.index("Stopped: ") :].split("\n0 tasks are in", 1)[0].splitlines()) <= 6
    assert "Traceback" not in said
    assert again == 0, (tmp_path / "again.log").read_text()
    assert files(stopped) == whole


@pytest.mark.parametrize("after", [10, 30])
def test_money_that_runs_out_keeps_what_was_paid_for(
    forker: Forker, server: ScriptedServer, whole: tuple[bytes, bytes], tmp_path: Path, after: int
) -> None:
    """In the middle of a run, killed once before: it stops, asks nothing twice, and goes on to the same bytes."""
    stopped = tmp_path / "stopped"
    assert killed_after(server, forker, stopped, N, after) == -signal.SIGKILL
    server.asked.clear()
    until = server.counts.requests + after
    server.faults = lambda _: "openai/no_money_insufficient_quota" if server.counts.requests > until else None
    code = forker.run(command(server, stopped, N), tmp_path / "log")

    assert code == 5, (tmp_path / "log").read_text()
    assert len(server.asked) <= after + 8
    server.faults = None
    assert forker.run(command(server, stopped, N), tmp_path / "log") == 0
    assert files(stopped) == whole


def test_the_forms_are_many_and_known() -> None:
    """Both reasons, all statuses from 200 to 500, and each provider that refuses items."""
    found: list[Answer] = [answer(form) for form in FORMS]

    assert {one.reason for one in found} == {"context_too_long", "content_filter"}
    assert {200, 400, 403} <= {one.status for one in found}
    assert len({one.provider for one in found}) >= 7
