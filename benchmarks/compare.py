"""What comparing two long runs takes: `uv run python benchmarks/compare.py [--tasks 50000]`.

Two runs are written first, of instructions as `novelty.py` makes them, some of the second near-copies of the first's,
with three replies for each task in their journals. Comparing them, the page included, is then measured in a process of
its own, beside what `stats` takes for both, and a bare reading of their bytes: seconds, CPU seconds, resident memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from novelty import corpus

from selfinstruct_chains import Instance, Rejection, Task, load_config
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import SEEDS
from selfinstruct_chains.outputs.compare.comparison import compare
from selfinstruct_chains.outputs.compare.page import write
from selfinstruct_chains.outputs.stats import statistics
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.journal import Entry
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.tasks import Provenance, candidate_id

if TYPE_CHECKING:
    from collections.abc import Sequence

_EACH = 8  # tasks of a request
_DROPPED = 3  # tasks for each dropped candidate
_REPLY = "word " * 100
_STEPS = ("instructions", "classification", "input_first")


def make(path: Path, texts: Sequence[str], seed: int) -> None:
    """Write a run of these instructions."""
    folder = Folder(path, load_config("openai", {"run.seed": seed}), read_seeds(SEEDS))
    for number, text in enumerate(texts):
        request, place = divmod(number, _EACH)
        id_ = candidate_id(request, place)
        label = number % 5 == 0
        instances = tuple(Instance(input=f"{text} {part}", output=_REPLY[: 5 + part * 40]) for part in range(1 + label))
        origin = Provenance(request=request, examples=("seed-001",), model="m", calls=())
        folder.task(Task(id=id_, instruction=text, instances=instances, is_classification=label, provenance=origin))
        if number % _DROPPED == 0:
            folder.reject(Rejection(id=f"{id_}9", rule="novelty", stage="instruction", text=text, request=request))
        usage = {"input_tokens": 900, "output_tokens": 100, "total_tokens": 1000}
        for step in _STEPS:
            folder.journal.write(Entry(f"{step}/{id_}/1", "x" * 64, reply=_REPLY, usage=usage, model="m", ms=900))
    folder.close()


def measure(what: str, runs: Sequence[Path], out: Path) -> None:
    """Do one of the three, and print what it took."""
    started, cpu = time.perf_counter(), time.process_time()
    if what == "read":
        for path in (file for run in runs for file in run.iterdir()):
            path.read_bytes()
    elif what == "stats":
        for run in runs:
            statistics(RunReader(run))
    else:
        found = compare(runs)
        write(found, out / "page.html")
        both = found.overlaps[0]
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    about = f"; {both.one_in_other:,} of A in B" if what == "compare" else ""
    print(f"{what:<8}{seconds:8.1f} s{cpu:8.1f} s of CPU{peak:8,} MiB{about}", flush=True)


def main() -> None:
    """Print a line for each of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--one", choices=["read", "stats", "compare"], help="only this, of --home")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if given.one:
        measure(given.one, [given.home / "a", given.home / "b"], given.home)
        return
    with TemporaryDirectory() as home:
        texts = corpus(2 * given.tasks, copies=0.1)
        for place, name in enumerate("ab"):
            make(Path(home) / name, texts[place * given.tasks : (place + 1) * given.tasks], place)
        size = sum(file.stat().st_size for file in Path(home).rglob("*") if file.is_file()) / 2**20
        print(f"2 runs of {given.tasks:,} tasks, {size:,.0f} MiB", flush=True)
        for what in ("read", "stats", "compare"):
            command = [sys.executable, __file__, "--one", what, "--home", home]
            subprocess.run(command, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
