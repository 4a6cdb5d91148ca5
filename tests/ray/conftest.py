"""A cluster of two nodes on this machine, on loopback, with a token of its own; one for all tests of the session."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

KEY = "sesame-0123456789-abcdefghijklm"
"""What the nodes have in RUN_KEY, and the driver has not."""
_NODE = {"num_cpus": 1, "object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1", "include_dashboard": False}


async def until(look: Callable[[], object], seconds: float = 200) -> float:
    """How long it took until there was something where `look` looks, in seconds; no more than so many."""
    began = time.monotonic()
    while not look() and time.monotonic() < began + seconds:  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def patiently(start: Callable[[], Any]) -> Any:
    """What `start` begins, at the third attempt if need be: Ray gives a node no more than 30 seconds."""
    for _ in range(2):
        with suppress(Exception):
            return start()
    return start()


class Nodes(NamedTuple):
    """The cluster, and where it keeps its files."""

    cluster: Any
    address: str
    folder: Path

    def add(self) -> Any:
        """A node more, with the key."""
        os.environ["RUN_KEY"] = KEY
        try:
            return patiently(lambda: self.cluster.add_node(**_NODE))
        finally:
            del os.environ["RUN_KEY"]

    def remove(self, node: Any) -> None:
        """A node dies with all that is on it."""
        self.cluster.remove_node(node, allow_graceful=False)

    def settings(self, server: ScriptedServer, **more: object) -> dict[str, object]:
        """What makes the openai chain ask `server` through this cluster."""
        return {
            "run.engine": "ray",
            "run.ray.address": self.address,
            "run.lookahead": 3,
            "run.max_concurrency": 16,
            "model.base_url": server.base_url,
            "model.api_key_env": "RUN_KEY",
            **{key.replace("__", "."): value for key, value in more.items()},
        }


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """Two nodes. Their sockets' names have to be short, so the folder is none of pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="r"))
    token = folder / "token"
    token.write_text(secrets.token_hex(32), encoding="utf-8")
    values = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token), "RAY_TMPDIR": str(folder)}
    # A head's address on loopback would become this machine's own, where nothing listens.
    values |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    values |= {"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    before = dict(os.environ)
    os.environ.update(values | {"RUN_KEY": KEY})  # it is the nodes' alone: not the driver's
    from ray.cluster_utils import Cluster  # which reads the environment when it is imported

    cluster = patiently(lambda: Cluster(initialize_head=True, head_node_args=_NODE))
    try:
        patiently(lambda: cluster.add_node(**_NODE))
        del os.environ["RUN_KEY"]
        yield Nodes(cluster, cluster.address, folder)
    finally:
        cluster.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A model server that takes its time."""
    with ScriptedServer(latency=0.2) as server:
        yield server
