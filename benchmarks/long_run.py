"""Memory and speed of a long run: `uv run python benchmarks/long_run.py [--tasks 50000]`.

A run against a scripted model without latency, in a process of its own; then the same command again, which replays the
journal. Printed for each: seconds, CPU seconds, calls, and the largest resident memory.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from throughput import author

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.testing import ScriptedChat


async def run(tasks: int, folder: Path) -> None:
    """Make so many tasks in `folder`, and print what it took."""
    monitor = Monitor()
    chain = self_instruct(load_config("openai"), folder, models=ScriptedChat(reply=author), monitor=monitor)
    started, cpu, count = time.perf_counter(), time.process_time(), 0
    async for _ in chain.astream({"n": tasks}):
        count += 1
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    journal = (folder / "journal.jsonl").stat().st_size / 2**20
    print(
        f"{count:,} tasks, {monitor.new_calls:,} new calls: {seconds:.1f} s, {cpu:.1f} s of CPU; "
        f"peak {peak:,.0f} MiB; journal {journal:,.0f} MiB",
        flush=True,
    )


def main() -> None:
    """Run twice, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="only one start, in this folder")
    given = parser.parse_args()
    if given.folder:
        asyncio.run(run(given.tasks, given.folder))
        return
    with TemporaryDirectory() as home:
        command = [sys.executable, __file__, "--tasks", str(given.tasks), "--folder", f"{home}/run"]
        for what in ("first run", "replay"):
            print(f"{what}: ", end="", flush=True)
            subprocess.run(command, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
