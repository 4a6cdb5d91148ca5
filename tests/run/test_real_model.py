"""Whole runs by a real language model, the embedded one: the command line, a kill, other clients on its endpoint."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.models.embedded import SHIPPED, Endpoint, endpoint

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from selfinstruct_chains.cli.main import main; main()"]


def generate(folder: Path, n: int) -> subprocess.CompletedProcess[str]:
    """`selfinstruct generate` with the embedded model, to its end."""
    arguments = [*COMMAND, "generate", "-n", str(n), "-o", folder.name]
    return subprocess.run(arguments, cwd=folder.parent, capture_output=True, text=True, timeout=900, check=False)


def lines(path: Path) -> list[dict]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_the_command_makes_a_dataset_with_the_embedded_model(tmp_path: Path) -> None:
    """`generate -n 2` gives exactly two tasks, a summary with its figures, and no path or key in any file."""
    done = generate(tmp_path / "run", 2)

    assert done.returncode == 0, done.stderr
    tasks = lines(tmp_path / "run" / "tasks.jsonl")
    assert len(tasks) == 2
    assert all(task["instances"] and task["provenance"]["model"] == SHIPPED for task in tasks)
    assert "2 tasks are in" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    written = "".join(
        (tmp_path / "run" / name).read_text() for name in ("journal.jsonl", "manifest.json", "tasks.jsonl")
    )
    assert ".gguf" not in written
    assert str(tmp_path) not in written


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    """After kill -9 the same command keeps every journal line, repeats none of those calls, and gives exactly N."""
    folder = tmp_path / "run"
    with subprocess.Popen([*COMMAND, "generate", "-n", "5", "-o", str(folder)], stderr=subprocess.DEVNULL) as process:
        while not (folder / "journal.jsonl").exists() or len(lines(folder / "journal.jsonl")) < 6:
            assert process.poll() is None
            time.sleep(0.2)
        os.kill(process.pid, signal.SIGKILL)
    before = (folder / "journal.jsonl").read_bytes()
    done = generate(folder, 5)
    after = (folder / "journal.jsonl").read_bytes()

    assert done.returncode == 0, done.stderr
    assert after.startswith(before[: before.rindex(b"\n") + 1])
    keys = [entry["key"] for entry in lines(folder / "journal.jsonl")]
    assert len(keys) == len(set(keys))
    assert len(lines(folder / "tasks.jsonl")) == 5


@pytest.fixture(scope="module")
def live() -> Endpoint:
    """The embedded server, as any OpenAI-compatible endpoint."""
    return endpoint(SHIPPED, load_config("embedded").model.server)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chain", "changes"),
    [
        ("openai", {"classification.output": "json_schema"}),
        ("paper", {"instances.max_instances": 2}),
    ],
)
def test_openai_clients_on_a_live_endpoint(
    chain: str, changes: dict[str, object], live: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chains for OpenAI chat and completion models make a task each with a live endpoint of that protocol."""
    monkeypatch.setenv("LIVE_KEY", live.api_key)
    values = {"model.base_url": live.base_url, "model.api_key_env": "LIVE_KEY", "model.name": live.model}
    limits = {
        "instructions.model.max_tokens": 200,
        "instances.input_first.model.max_tokens": 200,
        "instances.output_first.model.max_tokens": 200,
        "instances.input_first.examples": 2,
        "instances.output_first.examples": 2,
        "classification.yes_examples": 3,
        "classification.no_examples": 3,
        "run.max_concurrency": 4,
        "run.lookahead": 2,
    }
    config = load_config(chain, values | limits | changes)
    tasks = self_instruct(config, tmp_path / "run").invoke({"n": 1})

    assert len(tasks) == 1
    entries = lines(tmp_path / "run" / "journal.jsonl")
    assert all(entry["finish_reason"] in {"stop", "length"} for entry in entries)
    assert all(entry["usage"]["total_tokens"] > 0 for entry in entries)
    assert {entry["model"] for entry in entries} == {SHIPPED}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_embedded_model_in_any_mixture_of_sync_and_async() -> None:
    """Sync, async, in threads and again: the chain file's own model answers on each loop, and on the private one."""
    chain = self_instruct(load_config("embedded"))
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(lambda _: chain.invoke({"n": 1}), range(2)))
    found = [*threads, chain.invoke({"n": 1}), asyncio.run(chain.ainvoke({"n": 1})), list(chain.stream({"n": 1}))]

    assert [len(tasks) for tasks in found] == [1] * 5
    assert isinstance(chain.steps().classification.invoke("Is this mail spam?"), bool)
