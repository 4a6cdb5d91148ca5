"""A run whose calls are made by the workers of a cluster: the dataset is the local one's, whatever dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.testing.server import ScriptedServer
from tests.ray.conftest import KEY, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ray.conftest import Nodes

pytestmark = [pytest.mark.ray, pytest.mark.timeout(280)]
N = 20


def made(folder: Path) -> dict[str, bytes]:
    """What a run gives."""
    return {name: (folder / name).read_bytes() for name in ("tasks.jsonl", "rejected.jsonl")}


def entries(folder: Path) -> tuple[Counter[str], int]:
    """How many replies each call has in the journal, and how many faults there are in all."""
    lines = [entry for _, entry in scan(folder / "journal.jsonl")]
    return Counter(line.key for line in lines if line.is_call), sum(line.kind == "fault" for line in lines)


def workers() -> list[int]:
    """The processes of workers on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"ray::Worker"):
                found.append(int(folder.name))
    return found


async def run(folder: Path, settings: dict[str, object], n: int = N) -> Monitor:
    """A whole run in this process."""
    monitor = Monitor()
    await self_instruct(load_config("openai", settings), folder, monitor=monitor).ainvoke({"n": n})
    return monitor


async def local(folder: Path, server: ScriptedServer, n: int = N) -> dict[str, bytes]:
    """What the same run gives without a cluster."""
    await run(folder, {"model.base_url": server.base_url, "run.lookahead": 3}, n)
    return made(folder)


async def in_the_middle(folder: Path, nodes: Nodes, server: ScriptedServer, then: Callable[[], object]) -> Monitor:
    """A run of which something dies when half of its calls are made."""
    task = asyncio.create_task(run(folder, nodes.settings(server), 2 * N))
    await until(lambda: server.counts.answered >= 2 * N or task.done())
    then()
    return await task


async def test_the_dataset_is_the_local_one(tmp_path, nodes, server):
    """Both nodes answer, the key is the nodes' own, and tasks and rejections are the same bytes as without them."""
    monitor = await run(tmp_path / "ray", nodes.settings(server))

    assert made(tmp_path / "ray") == await local(tmp_path / "local", server)
    counts = monitor.nodes()
    assert len(counts) == 2
    assert sum(one.replies for one in counts) == monitor.new_calls
    assert min(one.replies for one in counts) > monitor.new_calls / 4
    assert [(one.workers, one.in_flight, one.lost) for one in counts] == [(0, 0, 0)] * 2
    await until(lambda: not workers(), 30)  # a process that is told to go takes its time
    assert workers() == []


async def test_a_worker_dies_in_the_middle(tmp_path, nodes, server):
    """The calls it was at are noted, asked again elsewhere, and in the dataset nothing tells of it."""
    monitor = await in_the_middle(tmp_path / "ray", nodes, server, lambda: os.kill(workers()[0], signal.SIGKILL))

    replies, faults = entries(tmp_path / "ray")
    assert set(replies.values()) == {1}
    assert sum(replies.values()) == monitor.new_calls
    assert faults == sum(one.lost for one in monitor.nodes()) > 0
    assert made(tmp_path / "ray") == await local(tmp_path / "local", server, 2 * N)


async def test_a_node_dies_in_the_middle(tmp_path, nodes, server):
    """The same for all that is on a machine."""
    node = nodes.add()
    monitor = await in_the_middle(tmp_path / "ray", nodes, server, lambda: nodes.remove(node))

    replies, faults = entries(tmp_path / "ray")
    assert set(replies.values()) == {1}
    assert faults == sum(one.lost for one in monitor.nodes())
    assert len(monitor.nodes()) == 3
    assert made(tmp_path / "ray") == await local(tmp_path / "local", server, 2 * N)


async def test_nothing_is_in_flight_after_a_stop(tmp_path, nodes):
    """A run that was cancelled has cancelled its calls in the workers, long before the server would answer them."""
    with ScriptedServer(latency=60) as slow:
        task = asyncio.create_task(run(tmp_path, nodes.settings(slow)))
        await until(lambda: slow.counts.in_flight or task.done())
        asked = slow.counts.in_flight
        task.cancel()
        await asyncio.wait([task])
        await until(lambda: not slow.counts.in_flight, 30)
        left = slow.counts.in_flight
        await until(lambda: not workers(), 30)

    assert task.cancelled()
    assert asked
    assert left == 0
    assert workers() == []


def command(folder: Path, settings: dict[str, object], n: int = N) -> subprocess.Popen[str]:
    """The command, as a process of its own."""
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    arguments = ["generate", "-n", str(n), "--chain", "openai", "-o", str(folder), *sets]
    words = [sys.executable, "-m", "selfinstruct_chains", *arguments]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def test_a_stop_and_a_death_of_the_driver(tmp_path, nodes, server):
    """SIGTERM ends the command with 143 and its own summary, SIGKILL its workers too; the same command goes on."""
    for number, code in ((signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        before = server.counts.answered
        process = command(tmp_path / "ray", nodes.settings(server), 2 * N)
        await until(lambda before=before, process=process: server.counts.answered > before + 9 or process.poll())
        process.send_signal(number)
        out, err = await asyncio.to_thread(process.communicate)
        assert process.returncode == code, err
        assert ("by SIGTERM" in out) == (code == 143)
        assert "(raylet)" not in out + err
        await until(lambda: not workers(), 30)
        assert workers() == []
    await run(tmp_path / "ray", nodes.settings(server), 2 * N)

    replies, _ = entries(tmp_path / "ray")
    assert set(replies.values()) == {1}
    assert made(tmp_path / "ray") == await local(tmp_path / "local", server, 2 * N)


def test_no_secret_is_in_the_clusters_files(nodes):
    """What the workers' environment holds, and what they were given, stands in no file of the session."""
    session = nodes.folder / "ray"
    files = [path for path in session.rglob("*") if path.is_file()]

    assert len(files) > 10
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
