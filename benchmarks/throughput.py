"""Calls per second of whole runs, next to a bare client: `python benchmarks/throughput.py [--latency 2 --calls 1500]`.

A scripted server in a process of its own answers each request after a fixed latency. A bare aiohttp client with as
many calls in flight posts prompts of the same size to it before and after each run, which is the measure: machines
differ, and so do their neighbours. Ramp and drain (the first and the last calls in flight) are left out of all rates.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import aiohttp

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.errors import BudgetReached
from selfinstruct_chains.testing.author import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.config import ChainConfig, Kind

_SAMPLE = 0.02  # seconds between looks at a run's counter
_PROMPT = "word " * 1000  # as long as the prompts of the openai chain


class Rate(NamedTuple):
    """What one part of the measurement gave."""

    per_second: float
    cpu: float
    """CPU milliseconds for each call, of the client's process."""
    calls: int


def author(prompt: str, seed: int | None) -> Reply:
    """As the scripted author, with instructions that never run out: 12 words of 20,000."""
    if "Task: " in prompt:
        return scripted_author(prompt, seed)
    random = Random(hashlib.sha256(f"{seed}|{prompt}".encode()).digest())
    lines = [f"{9 + line}. Explain {' '.join(_word(random) for _ in range(12))}." for line in range(8)]
    return Reply("\n".join(lines), input_tokens=len(prompt) // 4, output_tokens=160)


def _word(random: Random) -> str:
    return "".join(random.choice("bdfklmnprst") + random.choice("aeiou") for _ in range(4))


async def bare(url: str, calls: int, flight: int) -> Rate:
    """A client that does nothing else: `calls` posts, `flight` at a time."""
    body = {"model": "m", "messages": [{"role": "user", "content": _PROMPT}]}
    replied: list[float] = []
    left = iter(range(calls))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in left:
            async with session.post(f"{url}/chat/completions", json=body | {"seed": number}) as response:
                await response.json()
            replied.append(time.perf_counter())

    started = time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=flight)) as session:
        await asyncio.gather(*(work(session) for _ in range(flight)))
    return _rate(replied, flight, time.process_time() - started)


async def whole_run(config: ChainConfig, calls: int, flight: int) -> Rate:
    """A run into a folder, until so many calls were made."""
    monitor = Monitor()
    replied: list[float] = []

    def look() -> None:
        replied.extend([time.perf_counter()] * (monitor.new_calls - len(replied)))

    async def sample() -> None:
        while True:
            look()
            await asyncio.sleep(_SAMPLE)

    with TemporaryDirectory() as folder:
        chain = self_instruct(config, Path(folder) / "run", monitor=monitor)
        sampling = asyncio.create_task(sample())
        started = time.process_time()
        with suppress(BudgetReached):
            async for _ in chain.astream({"n": calls, "budgets": {"calls": calls}}):
                pass
        spent = time.process_time() - started
        sampling.cancel()
        look()
    return _rate(replied, flight, spent)


def _rate(replied: Sequence[float], flight: int, cpu: float) -> Rate:
    # Whole rounds: replies that come 64 at a time every two seconds would count a round too many otherwise.
    rounds = max((len(replied) - 3 * flight - 1) // flight, 1)
    first, last = replied[2 * flight], replied[2 * flight + rounds * flight]
    return Rate(rounds * flight / max(last - first, _SAMPLE), 1000 * cpu / len(replied), len(replied))


def chain(kind: Kind, url: str, flight: int) -> ChainConfig:
    """The openai chain with a chat or a completion model at `url`."""
    text = {f"instances.{form}.output": "text" for form in ("input_first", "output_first")}
    own: dict[str, object] = {"model.kind": kind, "model.base_url": url, "model.name": "m", "model.extra": {}}
    own |= {"run.max_concurrency": flight}
    return load_config("openai", own | (text if kind == "completion" else {}))


@contextmanager
def server(latency: float) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, __file__, "--serve", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout  # noqa: S101
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def serve(latency: float) -> None:
    """Serve until killed."""

    async def forever() -> None:
        own = ScriptedServer(author, latency=latency, remember=1)
        await own.start()
        print(own.base_url, flush=True)
        await asyncio.Event().wait()

    asyncio.run(forever())


async def measure(latency: float, calls: int, flight: int) -> None:
    """Print a table."""
    ideal = flight / latency
    print(f"{flight} in flight at {latency:g} s: {ideal:,.0f} calls/s at best; {calls:,} calls each")
    print(f"{'':24}{'calls/s':>9}{'of ideal':>10}{'of bare':>9}{'CPU ms/call':>13}")
    with server(latency) as url:
        await bare(url, 4 * flight, flight)  # warm
        for kind in ("completion", "chat"):
            await whole_run(chain(kind, url, flight), 4 * flight, flight)
            before = await bare(url, calls // 2, flight)
            run = await whole_run(chain(kind, url, flight), calls, flight)
            after = await bare(url, calls // 2, flight)
            reference = (before.per_second + after.per_second) / 2
            for name, rate in (
                ("bare client, before", before),
                (f"whole run, {kind}", run),
                ("bare client, after", after),
            ):
                shares = f"{rate.per_second / ideal:10.0%}{rate.per_second / reference:9.0%}"
                print(f"{name:24}{rate.per_second:9.1f}{shares}{rate.cpu:13.2f}", flush=True)


def main() -> None:
    """Measure, or serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--flight", type=int, default=64)
    parser.add_argument("--serve", action="store_true", help="only serve; prints its address")
    given = parser.parse_args()
    if given.serve:
        serve(given.latency)
    else:
        asyncio.run(measure(given.latency, given.calls, given.flight))


if __name__ == "__main__":
    main()
