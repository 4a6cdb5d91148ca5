"""What a Ray cluster costs and gives: `uv run --extra ray benchmarks/cluster.py [--calls 2000 --flight 64]`.

A scripted server in a process of its own answers after a fixed latency; the cluster is one of this machine's, with one
worker and with two. All figures are of one run of this script: CPU is the driver process's alone, with Ray's threads in
it, from when calls fill the line until the last; it is compared with a local run's in the same table. (It is not called
ray.py, as that would then be what `import ray` finds.)
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableLambda
from throughput import chain, server

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.config import RayConfig
from selfinstruct_chains.errors import BudgetReached
from selfinstruct_chains.models.fleet import rays
from selfinstruct_chains.models.fleet.fleet import Fleet
from selfinstruct_chains.models.fleet.model import FleetModel
from selfinstruct_chains.models.fleet.worker import Held
from selfinstruct_chains.models.own import own_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.config import ChainConfig

_SAMPLE = 0.02  # seconds between looks at a run's counter
_PROMPT, _REPLY = "word " * 1000, "word " * 200


class Row(NamedTuple):
    """What one part of the measurement gave."""

    name: str
    per_second: float
    cpu: float
    """Milliseconds of the driver's process for each call."""


class Sample(NamedTuple):
    """How far it was at a time."""

    calls: int
    at: float
    cpu: float


async def bare(flight: int, calls: int) -> Row:
    """Calls that a worker answers at once, without a client: what Ray and our side of it cost the driver."""

    async def reply(_: Any) -> AIMessage:
        return AIMessage(_REPLY, response_metadata={"finish_reason": "stop"})

    own = own_model(RunnableLambda(reply))
    fleet = Fleet([Held(chain("chat", "http://127.0.0.1:9/v1", flight).model, own)], RayConfig(), flight)
    prompt = ChatPromptValue(messages=[HumanMessage(_PROMPT)])
    model = FleetModel(own, fleet, 0)

    async def ask(left: Iterator[int]) -> None:
        for _ in left:
            await model.ainvoke(prompt)

    await fleet.begin()
    try:
        await asyncio.gather(*(ask(iter(range(20))) for _ in range(flight)))  # warm
        before, cpu, left = time.perf_counter(), time.process_time(), iter(range(calls))
        await asyncio.gather(*(ask(left) for _ in range(flight)))
        spent, took = time.process_time() - cpu, time.perf_counter() - before
    finally:
        await fleet.end()
    return Row(f"a call, {flight} in flight, no client", calls / took, 1000 * spent / calls)


async def whole_run(name: str, config: ChainConfig, calls: int) -> Row:
    """A run into a folder, until so many calls were made; its beginning and its end are left out."""
    monitor, seen = Monitor(), list[Sample]()

    async def sample() -> None:
        while True:
            seen.append(Sample(monitor.new_calls, time.perf_counter(), time.process_time()))
            await asyncio.sleep(_SAMPLE)

    with TemporaryDirectory() as folder:
        run = self_instruct(config, Path(folder) / "run", monitor=monitor)
        sampling = asyncio.create_task(sample())
        with suppress(BudgetReached):
            async for _ in run.astream({"n": calls, "budgets": {"calls": calls}}):
                pass
        sampling.cancel()
    return _row(name, seen, config.run.max_concurrency, calls)


def _row(name: str, seen: Sequence[Sample], flight: int, calls: int) -> Row:
    first = next(one for one in seen if one.calls >= 2 * flight)
    last = next(one for one in seen if one.calls >= calls - flight)
    count = last.calls - first.calls
    return Row(name, count / (last.at - first.at), 1000 * (last.cpu - first.cpu) / count)


def on_ray(config: ChainConfig, workers: int) -> ChainConfig:
    """The same chain, on so many workers."""
    return config.changed({"run.engine": "ray", "run.ray.per_node": workers})


async def measure(calls: int, flight: int, slow: float) -> None:
    """Print the table, and the bars beside it."""
    await rays.join(RayConfig())
    rows = [await bare(flight, 4 * calls)]
    with server(0.2) as url:
        config = chain("chat", url, flight)
        await whole_run("", config, 4 * flight)  # warm
        rows.append(await whole_run("whole run at 0.2 s, local", config, calls))
        rows += [
            await whole_run(f"whole run at 0.2 s, workers: {workers}", on_ray(config, workers), calls)
            for workers in (1, 2)
        ]
    with server(slow) as url:
        one, two = chain("chat", url, flight), chain("chat", url, 2 * flight)
        rows.append(await whole_run(f"one worker of {flight} at {slow:g} s", on_ray(one, 1), 8 * flight))
        rows.append(await whole_run(f"two workers of {flight} at {slow:g} s", on_ray(two, 2), 16 * flight))
    await rays.leave()
    print(f"{'':36}{'calls/s':>10}{'driver CPU ms/call':>20}")
    for row in rows:
        print(f"{row.name:36}{row.per_second:10.1f}{row.cpu:20.2f}")
    print(
        f"two workers / one, at {slow:g} s: {rows[-1].per_second / rows[-2].per_second:.2f} (1.8 or more is asked for)"
    )
    print(f"driver CPU of a whole run, two workers / local: {rows[3].cpu / rows[1].cpu:.2f}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--flight", type=int, default=64)
    parser.add_argument("--slow", type=float, default=2.0, help="seconds, where one worker is compared with two")
    given = parser.parse_args()
    asyncio.run(measure(given.calls, given.flight, given.slow))


if __name__ == "__main__":
    main()
