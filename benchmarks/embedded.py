"""Tokens per second of a whole embedded run, next to the bare server: `uv run python benchmarks/embedded.py`.

The run calls the embedded server through a recorder on loopback. A bare aiohttp client then sends the same requests in
the order in which they came, as many at a time. Each has a server of its own, which a small run has warmed: one that
had seen these very prompts would not read them again. Runs and bare clients alternate, as machines have neighbours; the
ratio is between a run and the bare client after it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
from aiohttp import web

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.config import ServerSettings
from selfinstruct_chains.models.embedded import SHIPPED, endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from selfinstruct_chains.models.embedded import Endpoint

_KEY = "EMBEDDED_BENCHMARK_KEY"


class Request(NamedTuple):
    """One request, as it came."""

    path: str
    body: bytes


class Rate(NamedTuple):
    """What one part of the measurement gave."""

    tokens: int
    """Written by the model."""
    seconds: float
    calls: int

    @property
    def per_second(self) -> float:
        """Tokens."""
        return self.tokens / self.seconds


@asynccontextmanager
async def recorder(server: Endpoint, record: list[Request]) -> AsyncIterator[str]:
    """The address of something that sends on to `server` what comes, and keeps what was answered, in its order."""
    headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}

    async def send_on(request: web.Request) -> web.Response:
        kept = Request(request.path, await request.read())
        record.append(kept)
        try:
            async with session.post(_address(server, kept), data=kept.body, headers=headers) as response:
                return web.Response(body=await response.read(), content_type="application/json", status=response.status)
        except asyncio.CancelledError:  # the run had enough
            record.remove(kept)
            raise

    app = web.Application(client_max_size=2**24)
    app.router.add_post("/{path:.*}", send_on)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        await runner.cleanup()


async def whole_run(server: Endpoint, tasks: int, record: list[Request]) -> Rate:
    """A run into a folder."""
    monitor = Monitor()
    os.environ[_KEY] = server.api_key
    async with recorder(server, record) as address:
        own = {"provider": "llamacpp", "base_url": address, "api_key_env": _KEY, "server": None}
        config = load_config("embedded", {f"model.{key}": value for key, value in own.items()})
        with TemporaryDirectory() as folder:
            started = time.perf_counter()
            async for _ in self_instruct(config, Path(folder) / "run", monitor=monitor).astream({"n": tasks}):
                pass
            seconds = time.perf_counter() - started
    return Rate(monitor.total.output_tokens, seconds, monitor.new_calls)


async def bare(server: Endpoint, requests: list[Request], flight: int) -> Rate:
    """A client that does nothing else."""
    left, tokens = iter(requests), 0
    headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal tokens
        for request in left:
            async with session.post(_address(server, request), data=request.body, headers=headers) as response:
                tokens += (await response.json())["usage"]["completion_tokens"]

    started = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(flight)))
    return Rate(tokens, time.perf_counter() - started, len(requests))


def _address(server: Endpoint, request: Request) -> str:
    return server.base_url.removesuffix("/v1") + request.path


async def warmed(number: int) -> Endpoint:
    """A server that was not used before, but for a small run."""
    settings = load_config("embedded").model.server or ServerSettings()
    server = endpoint(SHIPPED, settings.model_copy(update={"cache_mib": settings.cache_mib + number}))
    await whole_run(server, 1, [])
    return server


async def measure(tasks: int, rounds: int) -> None:
    """Print a line for each part, and the ratios."""
    flight, ratios = load_config("embedded").run.max_concurrency, []
    for number in range(rounds):
        record: list[Request] = []
        run = await whole_run(await warmed(2 * number), tasks, record)
        alone = await bare(await warmed(2 * number + 1), record, flight)
        ratios.append(run.per_second / alone.per_second)
        for name, rate in ((f"whole run, {tasks} tasks", run), ("bare client", alone)):
            each = f"{rate.per_second:.1f} tokens/s"
            print(f"{name:24}{rate.calls:>5} calls{rate.tokens:>8,} tokens{rate.seconds:>8.1f} s{each:>17}", flush=True)
    print(f"whole run / bare client: {', '.join(f'{ratio:.0%}' for ratio in ratios)}; median {median(ratios):.0%}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(measure(given.tasks, given.rounds))


if __name__ == "__main__":
    main()
