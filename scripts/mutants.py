"""Changes one place of the program at a time, and tells which changes no test notices.

    make mutants                                       # 100 places in run/, models/ and outputs/
    uv run scripts/mutants.py --count 20 --seed 7 selfinstruct_chains/run/drive.py

The quick tests run once, to see which of them run which lines. Then each change is made in a copy of the tracked
files, and the tests that run its lines meet it, the quickest first, until one fails or the time is up. A change that
survives is either one that makes no difference, or a test to write. By hand, not in CI.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from covering import Covering
from mutations import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("run", "models", "outputs")
ELSEWHERE = ("models/fleet",)
"""What tests/ray meets, with a cluster and in minutes."""
# One process; what makes a test hang is noticed; and what is imported before pytest looks at it can't be rewritten.
_OPTIONS = [
    "-xq",
    "-n0",
    "-pno:cacheprovider",
    "-otimeout=60",
    "-otimeout_method=thread",
    "-Wignore::pytest.PytestAssertRewriteWarning",
]
_LOG = "pytest.log"
_NOT_FOUND, _NONE_CHOSEN = 4, 5  # pytest's codes: no test of that name; all are slow, or a browser's
_FORKS = get_context("forkserver")  # most of a test run's start is imports
_FORKS.set_forkserver_preload(["pytest", "langchain_openai", "langchain_anthropic", "aiohttp.web"])


class Outcome(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    noticed: bool
    by: str  # the test that failed, and how
    seconds: float


def meet(mutant: Mutant, tests: Sequence[str], copy: Path, seconds: float) -> Outcome:
    """Have tests meet a mutant in a copy of the project, which is left as it was."""
    target, started = copy / mutant.path, time.monotonic()
    target.write_text(mutant.text, encoding="utf-8")
    try:
        code = _met(copy, tests, seconds)
    finally:
        shutil.copy(ROOT / mutant.path, target)
    by = re.findall("^(?:FAILED|ERROR) (.*)", (copy / _LOG).read_text(errors="replace"), re.MULTILINE)
    return Outcome(mutant, code not in {0, None}, "".join(by[-1:]), time.monotonic() - started)


def _met(copy: Path, tests: Sequence[str], seconds: float) -> int | None:
    """Pytest's exit code for the first few tests, or else for more of them; None if the time was up.

    Collecting all of them takes longer than most of the first few do to run.
    """
    ends = time.monotonic() + seconds
    for some in filter(None, (tests[:10], tests[10:100], tests[100:])):
        code = _pytest(copy, some, ends - time.monotonic())
        if code == _NOT_FOUND:  # a change may have other tests be collected
            code = _pytest(copy, sorted({test.partition("::")[0] for test in some}), ends - time.monotonic())
        if code not in {0, _NONE_CHOSEN, None}:
            return code
        if time.monotonic() > ends:
            return None
    return 0


def _pytest(copy: Path, files: Sequence[str], seconds: float) -> int | None:
    """Its exit code; None if the time was up."""
    process = _FORKS.Process(target=_tests, args=(copy, files))
    process.start()
    process.join(seconds)
    if process.exitcode is None and process.pid:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return None
    return process.exitcode


def _check_noticed(copy: Path, outcomes: Iterable[Outcome]) -> None:
    """Stop where a test that noticed a change fails without one too."""
    tests = sorted({outcome.by.partition(" - ")[0] for outcome in outcomes if outcome.by})
    if tests and (code := _pytest(copy, ["--maxfail=99", *tests], 1800)):
        sys.exit(f"{(copy / _LOG).read_text(errors='replace')[-2000:]}\nfail as they are: pytest ended with {code}")


def _tests(copy: Path, files: Sequence[str]) -> None:
    """In a process of its own, which is killed with all that it starts."""
    import pytest

    os.setsid()
    os.chdir(copy)
    sys.path[:] = [str(copy), *(path for path in sys.path if Path(path) != ROOT)]
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    log = os.open(copy / _LOG, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for stream in range(3):
        os.dup2(log, stream)
    sys.exit(pytest.main([*_OPTIONS, *files]))


def copied(to: Path) -> Path:
    """A copy of the files that git knows."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    for name in filter(None, listed.stdout.split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
    return to


def shown(mutant: Mutant) -> str:
    """The change as a diff."""
    before = (ROOT / mutant.path).read_text(encoding="utf-8").splitlines()
    return "\n".join(difflib.unified_diff(before, mutant.text.splitlines(), f"{mutant.path}", "mutant", "", "", 1, ""))


def run(chosen: Sequence[Mutant], covering: Covering, jobs: int, seconds: float) -> list[Outcome]:
    """Have all of them met, some at the same time; a line for each as it is done."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        Path(folder).chmod(0o755)  # some tests run the program as another user
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            copies.put(copied(Path(folder) / str(number)))

        def one(mutant: Mutant) -> Outcome:
            copy = copies.get()
            try:
                outcome = meet(mutant, covering.tests(mutant.path, mutant.lines), copy, seconds)
            finally:
                copies.put(copy)
            told = "noticed " if outcome.noticed else "SURVIVED"
            change = " ".join(f"{mutant.old} -> {mutant.new}".split())
            print(
                f"{told} {outcome.seconds:4.0f} s  {mutant.path}:{mutant.line}  {change[:90]}\n    {outcome.by[:120]}",
                flush=True,
            )
            return outcome

        outcomes = list(pool.map(one, chosen))
        _check_noticed(Path(folder) / "0", outcomes)
        return outcomes


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="modules; all of run/, models/ and outputs/ when none")
    numbers = {"count": 100, "seed": 0, "jobs": os.cpu_count() or 1, "seconds": 120}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{default} when it is not given")
    parser.add_argument(
        "--covering", type=Path, help="a folder to keep which tests run which lines, or to take it from"
    )
    given = parser.parse_args()
    paths = given.paths or [
        path
        for room in ROOMS
        for path in sorted((ROOT / "selfinstruct_chains" / room).rglob("*.py"))
        if not any(where in path.as_posix() for where in ELSEWHERE)
    ]
    every = [mutant for path in paths for mutant in mutants(path.resolve().relative_to(ROOT))]
    chosen = Random(given.seed).sample(every, min(given.count, len(every)))
    print(f"{len(chosen)} of {len(every):,} places in {len(paths)} modules, seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        covering = Covering(given.covering or Path(folder))
    outcomes = run(chosen, covering, given.jobs, given.seconds)
    for outcome in outcomes:
        if not outcome.noticed:
            print(f"\n{shown(outcome.mutant)}")
    print(f"\n{sum(outcome.noticed for outcome in outcomes)} of {len(outcomes)} noticed")


if __name__ == "__main__":
    main()
