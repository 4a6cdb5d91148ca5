"""Nothing is lost, and nothing silently wrong: `uv run python benchmarks/durability.py [--kills 300 --flips 2000 ...]`.

A small scripted run is the measure. Others like it are killed at random moments, their journals cut at random bytes,
random bits of their files flipped, their calls met by faults, their budgets used up. Each must go on to the same bytes
without a call made twice; no reader may cry at a killed run; each flip must be found, and some are repaired and gone on
with. Prints a table, names on stderr what was wrong, and exits with 1 if anything was.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections import Counter, deque
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import langchain_openai  # noqa: F401 - before the forks
import openai  # noqa: F401

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.errors import BudgetReached, RunError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.repair import repair
from selfinstruct_chains.testing import ScriptedChat, scripted_author

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selfinstruct_chains.testing import Reply

N = 6
IN_FLIGHT = 4
SEEDS = read_seeds(shipped.SEEDS)[:12]
PARTS = ("manifest.json", "journal.jsonl", "tasks.jsonl", "tasks.crc", "rejected.jsonl", "rejected.crc", "seeds.jsonl")
DERIVED = ("tasks.jsonl", "rejected.jsonl")
FAULTS = ("500", "502", "503", "429", "reset", "cut", "html", "blank", "null", "error_200", "cut_json")
REPAIRED = 20  # of so many flips, one is repaired and gone on with
CONFIG = load_config(
    "openai",
    {
        "run.max_concurrency": IN_FLIGHT,
        "run.lookahead": 3,
        "model.price": {"input": 1000, "output": 3000},
        "classification.yes_examples": 2,  # few, so that no shipped seeds have to be read to fill them up
        "classification.no_examples": 2,
        "instances.input_first.examples": 1,
        "instances.output_first.examples": 1,
    },
)


class Trials:
    """The numbers of trials, as many as are wanted and there is time for."""

    def __init__(self, wanted: int, minutes: float) -> None:
        self.done = 0
        self._wanted, self._until = wanted, time.monotonic() + 60 * minutes

    def __iter__(self) -> Iterator[int]:
        while self.done < self._wanted and time.monotonic() < self._until:
            self.done += 1
            yield self.done - 1


class Result(NamedTuple):
    """What a kind of trial gave."""

    wrong: list[str]
    note: str


async def author(prompt: str, seed: int | None) -> Reply:
    """A reply, after a moment."""
    await asyncio.sleep(0.002)
    return scripted_author(prompt, seed)


async def grow(folder: Path, budgets: dict[str, Any] | None = None, address: str | None = None) -> Monitor:
    """Begin the run or go on with it; with an `address`, by a server there."""
    monitor = Monitor()
    config = CONFIG.changed({"model.base_url": address}) if address else CONFIG
    models = None if address else ScriptedChat(reply=author)
    chain = self_instruct(config, folder, models=models, seeds=SEEDS, monitor=monitor)
    await chain.ainvoke({"n": N, "budgets": budgets or {}})  # type: ignore[typeddict-item]
    return monitor


def started(folder: Path, address: str | None = None) -> int:
    """The process id of a run, forked off: nothing has to be imported anew."""
    pid = os.fork()
    if pid:
        return pid
    try:
        asyncio.run(grow(folder, address=address))
        os._exit(0)
    except BaseException:  # noqa: BLE001 - shown, and told by the exit code
        traceback.print_exc()
    finally:
        os._exit(1)


def ended(pid: int) -> int:
    """The exit code of a forked run, minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def files(folder: Path) -> list[bytes]:
    """The dataset."""
    return [(folder / name).read_bytes() for name in DERIVED]


def read(folder: Path) -> str:
    """What a reader of all files complains of; "" if nothing is wrong."""
    try:
        run = RunReader(folder)
        for stream in (run.seeds(), run.tasks(), run.rejections(), run.entries()):
            deque(stream, maxlen=0)
    except RunError as error:
        return str(error)
    return ""


def differs(folder: Path, whole: list[bytes]) -> str:
    """What is wrong with a run that has gone on; "" if nothing is."""
    if complaint := read(folder):
        return complaint
    keys = Counter(entry.key for _, entry in scan(folder / "journal.jsonl") if entry.answers)
    twice = [key for key, count in keys.items() if count > 1]
    return f"asked twice: {twice[0]}" if twice else "" if files(folder) == whole else "another dataset"


def kills(trials: Trials, home: Path, whole: list[bytes], random: Random) -> Result:
    """SIGKILL at a random moment of the run, then the same run again."""
    wrong, in_time, length = [], 0, 0.0
    for trial in trials:
        if not trial:
            began = time.perf_counter()
            ended(started(home / "timed"))
            length = time.perf_counter() - began
        folder = home / f"kill-{trial}"
        pid = started(folder)
        time.sleep(length * random.random())
        os.kill(pid, signal.SIGKILL)
        in_time += ended(pid) == -signal.SIGKILL
        complaint = read(folder) if (folder / "manifest.json").exists() else ""
        if ended(started(folder)):
            complaint = "it did not go on"
        if complaint := complaint or differs(folder, whole):
            wrong.append(f"{folder.name}: {complaint}")
        shutil.rmtree(folder)
    return Result(wrong, f"{in_time} before its end")


def truncations(trials: Trials, home: Path, whole: list[bytes], random: Random) -> Result:
    """The journal cut at a random byte, the dataset gone, cut too, or left as it was."""
    wrong, torn = [], 0
    for trial in trials:
        folder = copied(home, f"cut-{trial}")
        journal = (folder / "journal.jsonl").read_bytes()
        size = random.randrange(len(journal))
        torn += journal[size - 1 : size] != b"\n"
        (folder / "journal.jsonl").write_bytes(journal[:size])
        for name in random.choice(((), DERIVED)):
            for file in ((folder / name), (folder / name).with_suffix(".crc")):
                file.write_bytes(file.read_bytes()[: random.randrange(file.stat().st_size)])
        asyncio.run(grow(folder))
        if complaint := differs(folder, whole):
            wrong.append(f"{folder.name}, byte {size}: {complaint}")
        shutil.rmtree(folder)
    return Result(wrong, f"{torn} in mid-line")


def flips(trials: Trials, home: Path, whole: list[bytes], random: Random) -> Result:
    """A bit flipped anywhere: every one is found; the last line's end alone may be taken for half a line."""
    wrong, mended = [], 0
    folder = copied(home, "flipped")
    sizes = {name: (folder / name).stat().st_size for name in PARTS}
    for trial in trials:
        name = random.choice(PARTS) if trial % 2 else random.choices(PARTS, list(sizes.values()))[0]
        good = (folder / name).read_bytes()
        place = random.randrange(8 * len(good))
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        (folder / name).write_bytes(bad)
        torn = name == "journal.jsonl" and place // 8 == len(good) - 1
        complaint = "" if read(folder) or torn else "not found"
        if trial % REPAIRED == 0:
            mended += 1
            complaint = complaint or gone_on(folder, home / f"mended-{trial}", whole)
        if complaint:
            wrong.append(f"{name}, bit {place}: {complaint}")
        (folder / name).write_bytes(good)
    return Result(wrong, f"{mended} repaired and gone on with")


def gone_on(damaged: Path, folder: Path, whole: list[bytes]) -> str:
    """What is wrong after a copy of a damaged run was repaired and gone on with."""
    shutil.copytree(damaged, folder)
    left = repair(folder).left
    asyncio.run(grow(folder))
    complaint = "; ".join(left) or differs(folder, whole)
    shutil.rmtree(folder)
    return complaint


def budgets(trials: Trials, home: Path, whole: list[bytes], random: Random) -> Result:
    """A budget of calls, tokens or dollars, used up at a random point, then the run without one."""
    spent = asyncio.run(grow(copied(home, "spent")))
    most = {"calls": spent.calls, "tokens": spent.tokens, "dollars": spent.cost or 0}
    wrong, reached = [], 0
    for trial in trials:
        folder, kind = home / f"budget-{trial}", random.choice(list(most))
        limit = most[kind] * random.random() if kind == "dollars" else random.randrange(1, int(most[kind]))
        complaint = ""
        try:
            asyncio.run(grow(folder, {kind: limit}))
        except BudgetReached:
            reached += 1
            complaint = overspent(folder, kind, limit)
        asyncio.run(grow(folder))
        if complaint := complaint or differs(folder, whole):
            wrong.append(f"{limit} {kind}: {complaint}")
        shutil.rmtree(folder)
    return Result(wrong, f"{reached} reached")


def overspent(folder: Path, kind: str, limit: float) -> str:
    """What is wrong with what was spent: no call is made above it, but those in flight are paid for."""
    costs: list[float] = []
    for _, entry in scan(folder / "journal.jsonl"):
        if usage := entry.usage:
            dollars = (1000 * usage["input_tokens"] + 3000 * usage["output_tokens"]) / 1e6
            costs.append({"calls": 1, "tokens": usage["total_tokens"], "dollars": dollars}[kind])
    above = 0 if kind == "calls" else IN_FLIGHT * max(costs, default=0)
    return f"{sum(costs)} spent" if sum(costs) > limit + above else ""


def faults(trials: Trials, home: Path, _: list[bytes], random: Random) -> Result:
    """Some of a server's answers are faults of three kinds: the dataset is that of a run without any."""
    wrong, failed = [], 0
    for trial in trials:
        if not trial:
            with server() as address:
                ended(started(home / "plain", address))
        folder, kinds = home / f"faults-{trial}", random.sample(FAULTS, 3)
        with server(*kinds) as address:
            code = ended(started(folder, address))
        complaint = "it did not end well" if code else differs(folder, files(home / "plain"))
        failed += sum(entry.kind == "fault" for _, entry in scan(folder / "journal.jsonl"))
        if complaint:
            wrong.append(f"{', '.join(kinds)}: {complaint}")
    return Result(wrong, f"{failed} attempts got no reply")


@contextmanager
def server(*kinds: str) -> Iterator[str]:
    """The address of a scripted server, in a process of its own, with these faults."""
    words = [word for kind in kinds for word in ("--fault", f"{kind}=0.07")]
    command = [sys.executable, "-m", "selfinstruct_chains.testing.server", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        yield next(iter(process.stdout or ())).strip()
        process.terminate()


def copied(home: Path, name: str) -> Path:
    """A copy of the whole run to do harm to."""
    shutil.copytree(home / "whole", home / name)
    return home / name


TRIALS: dict[str, Callable[[Trials, Path, list[bytes], Random], Result]] = {
    "kills": kills,  # those that fork come first, before any thread is there
    "faults": faults,
    "truncations": truncations,
    "flips": flips,
    "budgets": budgets,
}
SMALL = {"kills": 10, "faults": 1, "truncations": 20, "flips": 200, "budgets": 10}


def main() -> None:
    """Run all trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, count in SMALL.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--minutes", type=float, default=60.0, help="for each kind, at most")
    parser.add_argument("--seed", type=int, default=0)
    given = vars(parser.parse_args())
    warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
    os.environ["OPENAI_API_KEY"] = "none"
    wrong = 0
    print(f"{'':12}{'trials':>8}{'wrong':>8}{'seconds':>9}", flush=True)
    with TemporaryDirectory() as scratch:
        home = Path(scratch)
        asyncio.run(grow(home / "whole"))  # here, so that what is forked off has all that is imported and built
        gc.freeze()
        for name, try_ in TRIALS.items():
            began = time.perf_counter()
            trials = Trials(given[name], given["minutes"])
            result = try_(trials, home, files(home / "whole"), Random(f"{given['seed']}:{name}"))
            took = time.perf_counter() - began
            print(f"{name:12}{trials.done:>8,}{len(result.wrong):>8,}{took:>9.0f}   {result.note}", flush=True)
            for line in result.wrong:
                print(f"{name}: {line}", file=sys.stderr, flush=True)
            wrong += len(result.wrong)
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
