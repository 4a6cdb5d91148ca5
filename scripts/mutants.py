"""Changes one place of the program at a time, and tells which changes no test notices.

    make mutants                                       # 100 places in run/, models/ and outputs/
    uv run scripts/mutants.py --count 20 --seed 7 selfinstruct_chains/run/drive.py

Each change is made in a copy of the tracked files. The quick tests that have most to do with the changed module meet it
first, then all others of its room and of run/, until one fails or the time is up. A change that survives is either one
that makes no difference, or a test to write. By hand, not in CI.
"""

from __future__ import annotations

import argparse
import ast
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
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.longest import LONGEST  # noqa: E402 - tests are no package that is installed

ROOMS = ("run", "models", "outputs")
ELSEWHERE = ("models/fleet",)
"""What tests/ray meets, with a cluster and in minutes."""
# One process; what makes a test hang is noticed; and what is imported before pytest looks at it can't be rewritten.
_OPTIONS = ["-xq", "-n0", "-pno:cacheprovider", "-otimeout=60", "-Wignore::pytest.PytestAssertRewriteWarning"]
_LOG = "pytest.log"
_NONE_CHOSEN = 5  # pytest's code where every test of a file is slow, or a browser's
_FORKS = get_context("forkserver")  # most of a test run's start is imports
_FORKS.set_forkserver_preload(["pytest", "langchain_openai", "langchain_anthropic", "aiohttp.web"])
_PAIRS: list[tuple[type[ast.AST], type[ast.AST]]] = [
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.FloorDiv),
]
_OTHER = {ast.Div: ast.Mult} | dict(_PAIRS) | {other: one for one, other in _PAIRS}
_OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """A file with one place changed."""

    path: Path  # below the root
    line: int
    old: str
    new: str
    text: str


class Outcome(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    noticed: bool
    by: str  # the test that failed, and how
    seconds: float


def mutants(path: Path) -> Iterator[Mutant]:
    """Every single change that is tried of a module."""
    data = (ROOT / path).read_bytes()
    starts = [0, *accumulate(len(line) for line in data.splitlines(keepends=True))]
    for node, new in _changes(ast.parse(data)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        text = (data[:begin] + new.encode() + data[end:]).decode()
        yield Mutant(path, node.lineno, data[begin:end].decode(), new, text)


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Nodes of a tree, and what to write in their place."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
        return
    if isinstance(node, ast.expr | ast.stmt) and (new := _changed(node)):
        yield node, new
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield node.test, f"(not ({ast.unparse(node.test)}))"
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns", "decorator_list"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _changes(child)


def _changed(node: ast.expr | ast.stmt) -> str:  # noqa: PLR0911 - one for each kind of node
    """The other of a node; "" if it has none."""
    match node:
        case ast.Compare(left, [op], right) if other := _OTHER.get(type(op)):
            return _text(ast.Compare(left, [other()], right))  # type: ignore[list-item]
        case ast.BoolOp(op, values):
            return _text(ast.BoolOp(_OTHER[type(op)](), values))  # type: ignore[arg-type]
        case ast.BinOp(left, op, right) if other := _OTHER.get(type(op)):
            return _text(ast.BinOp(left, other(), right))  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not(), operand):
            return _text(operand)
        case ast.Name(name) if name in _OTHER_NAME:
            return _OTHER_NAME[name]
        case ast.Constant(bool(value)):
            return str(not value)
        case ast.Constant(int(value) | float(value)):
            return str(value + 1)
        case ast.Expr(ast.Call() | ast.Await()):
            return "..."
        case ast.Return(ast.expr() as value) if ast.unparse(value) != "None":
            return "return None"
    return ""


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def tests_for(path: Path) -> list[str]:
    """The test files to run: the module's mirror first, then by how often they name it, and long ones later.

    Those of its room and of run/, and of the commands that name it.
    """
    below = path.relative_to("selfinstruct_chains")
    room, folder = ROOT / "tests" / below.parts[0], ROOT / "tests" / below.parent
    files = dict.fromkeys([*sorted(room.rglob("test_*.py")), *sorted((ROOT / "tests/run").glob("test_*.py"))])
    files |= dict.fromkeys(sorted((ROOT / "tests/cli").glob("test_*.py")))
    words = {file: file.read_text(encoding="utf-8").count(path.stem) for file in files}
    mirror = f"test_{path.stem.strip('_')}"
    ranked = sorted(
        (file for file in files if words[file] or file.parent.name != "cli"),
        key=lambda file: (
            not file.stem.startswith(mirror),
            file.parent != folder,
            file.stem in LONGEST,
            -words[file],
        ),
    )
    return [str(file.relative_to(ROOT)) for file in ranked]


def meet(mutant: Mutant, copy: Path, seconds: float) -> Outcome:
    """Have the tests meet a mutant in a copy of the project, which is left as it was."""
    target, started = copy / mutant.path, time.monotonic()
    target.write_text(mutant.text, encoding="utf-8")
    try:
        code = _met(copy, tests_for(mutant.path), seconds)
    finally:
        shutil.copy(ROOT / mutant.path, target)
    by = re.findall("^(?:FAILED|ERROR) (.*)", (copy / _LOG).read_text(errors="replace"), re.MULTILINE)
    return Outcome(mutant, code not in {0, None}, "".join(by[-1:]), time.monotonic() - started)


def _met(copy: Path, files: Sequence[str], seconds: float) -> int | None:
    """Pytest's exit code for the first few files, or else for more of them; None if the time was up.

    Collecting all of them takes longer than most of the first few do to run.
    """
    ends = time.monotonic() + seconds
    for some in filter(None, (files[:4], files[4:16], files[16:])):
        code = _pytest(copy, some, ends - time.monotonic())
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


def _check(copy: Path, paths: Iterable[Path]) -> None:
    """Stop where the tests can't run at all: then each change would seem to be noticed."""
    files = {file for path in paths for file in tests_for(path)}
    if code := _pytest(copy, ["--collect-only", *sorted(files)], 600):
        sys.exit(f"the tests can't be collected as they are: pytest ended with {code}")


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


def run(chosen: Sequence[Mutant], jobs: int, seconds: float) -> list[Outcome]:
    """Have all of them met, some at the same time; a line for each as it is done."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        Path(folder).chmod(0o755)  # some tests run the program as another user
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            copies.put(copied(Path(folder) / str(number)))
        _check(Path(folder) / "0", {mutant.path for mutant in chosen})

        def one(mutant: Mutant) -> Outcome:
            copy = copies.get()
            try:
                outcome = meet(mutant, copy, seconds)
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
    outcomes = run(chosen, given.jobs, given.seconds)
    for outcome in outcomes:
        if not outcome.noticed:
            print(f"\n{shown(outcome.mutant)}")
    print(f"\n{sum(outcome.noticed for outcome in outcomes)} of {len(outcomes)} noticed")


if __name__ == "__main__":
    main()
