"""What is no cluster and does not say so: the command ends by itself, in one line."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]


async def test_a_host_that_takes_connections_and_says_nothing(tmp_path):
    """Ray would wait for minutes and heed no signal: after half a minute the command says so and exits with 2."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        where = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        sets = ["--set", "run.engine=ray", "--set", f"run.ray.address={where}"]
        words = ["-m", "selfinstruct_chains", "generate", "-n", "3", "-o", str(tmp_path / "run"), *sets]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "disabled"},
        )
        out, err = await process.communicate()
        listening.close_clients() if sys.version_info >= (3, 13) else None

    assert (process.returncode, out) == (2, b"")
    assert f"Error: run.ray.address: the Ray cluster at {where} did not let this process in within 25 s" in err.decode()
    assert not (tmp_path / "run").exists()
