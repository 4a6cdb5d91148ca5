"""Clusters that let nobody in: the command ends by itself, in one line, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ray.conftest import Nodes

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]


async def refused(folder: Path, where: str, **environment: str) -> str:
    """What the command says of a cluster that does not let it in."""
    sets = ["--set", "run.engine=ray", "--set", f"run.ray.address={where}"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "selfinstruct_chains", "generate", "-n", "3", "-o", str(folder), *sets),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"} | environment,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert not folder.exists()
    [line] = [line for line in err.decode().splitlines() if line.startswith("Error: ")]
    return line


async def test_a_host_that_takes_connections_and_says_nothing(tmp_path: Path) -> None:
    """Ray would wait for minutes and heed no signal: after half a minute the command says so and exits with 2."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    where = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    line = await refused(tmp_path / "run", where)
    listening.close()

    assert line.startswith(
        f"Error: run.ray.address: the Ray cluster at {where} did not let this process in within 25 s; "
    )


async def test_a_cluster_of_another_token(tmp_path: Path, nodes: Nodes) -> None:
    """The message speaks of the token, which Ray's own does not."""
    token = tmp_path / "token"
    token.write_text("0" * 64, encoding="utf-8")

    assert "RAY_AUTH_TOKEN_PATH" in await refused(tmp_path / "run", nodes.address, RAY_AUTH_TOKEN_PATH=str(token))


async def test_a_cluster_of_the_runs_own_is_on_loopback(tmp_path: Path) -> None:
    """What `local` starts nobody else can reach: the node that the run tells of has this machine's own address."""
    with ScriptedServer() as server:
        sets = ["--set", "run.engine=ray", "--set", f"model.base_url={server.base_url}"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "selfinstruct_chains", "generate", "-n", "2", "--chain", "openai"),
            *("-o", str(tmp_path / "run"), *sets),
            stdout=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        )
        out, _ = await process.communicate()

    assert process.returncode == 0
    assert "127.0.0.1: " in out.decode()
