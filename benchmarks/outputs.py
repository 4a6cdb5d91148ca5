"""What exports and a report of a long run take: `uv run python benchmarks/outputs.py [--tasks 50000]`.

A run by a scripted model is made first, and a tenth of it beside it. Each output is then written in a process of its
own, from both; printed are seconds, the largest resident memory, and the size of what was written.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from long_run import run

from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import FORMATS
from selfinstruct_chains.outputs.report.report import write_report
from selfinstruct_chains.run.derived import write_sums
from selfinstruct_chains.run.reader import RunReader

_SMALLER = 10  # times


class Took(NamedTuple):
    """What one output took."""

    seconds: float
    peak: int
    """MiB of resident memory, imports included."""
    size: int
    """Bytes written."""


def write(what: str, folder: Path, out: Path) -> None:
    """Write one output of a run, and print what it took."""
    started = time.perf_counter()
    if what == "report":
        write_report(folder, out / "report.html")
    else:
        export(RunReader(folder), what, out / "export")
    seconds = time.perf_counter() - started
    # Not getrusage's: that has the parent's, as it stood before this program took its place.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(seconds, peak, size)


def measured(what: str, folder: Path) -> Took:
    """What an output takes in a process of its own."""
    with TemporaryDirectory() as out:
        command = [sys.executable, __file__, "--one", what, "--folder", str(folder), "--out", out]
        seconds, peak, size = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()  # noqa: S603
    return Took(float(seconds), int(peak), int(size))


def shortened(folder: Path, tasks: int) -> Path:
    """A copy of a run with its first tasks only."""
    copy = folder.with_name("smaller")
    shutil.copytree(folder, copy)
    with (folder / "tasks.jsonl").open("rb") as whole, (copy / "tasks.jsonl").open("wb") as part:
        part.writelines(islice(whole, tasks))
    write_sums(copy / "tasks.jsonl")
    return copy


def main() -> None:
    """Print the table, or write one output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--one", choices=[*FORMATS, "report"], help="only this, of --folder, into --out")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.one:
        write(given.one, given.folder, given.out)
        return
    with TemporaryDirectory() as home:
        large = Path(home) / "run"
        asyncio.run(run(given.tasks, large))
        few = max(given.tasks // _SMALLER, 1)
        small = shortened(large, few)
        print(f"{'':18}{f'{few:,} tasks':>20}{f'{given.tasks:,} tasks':>20}{'written':>12}")
        for what in (*FORMATS, "report"):
            less, more = measured(what, small), measured(what, large)
            times = "".join(f"{took.seconds:>9.1f} s{took.peak:>5,} MiB" for took in (less, more))
            print(f"{what:<18}{times}{more.size / 2**20:>8.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
