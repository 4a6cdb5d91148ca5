"""Which tests run which lines, and how long each takes: found out by one run of the quick tests.

A plugin of pytest too (`-p covering`), which writes down the seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = defaultdict[str, float](float)
_FAILED: set[str] = set()
_TO = "COVERING_SECONDS"
_SOME_FAILED = 1  # pytest's code


class Covering:
    """What is known of the tests that ran.

    Args:
        folder: where it is kept; what is there already is taken as it is.
    """

    def __init__(self, folder: Path) -> None:
        from coverage import CoverageData

        if not (folder / "coverage").exists():
            _run(folder)
        self._seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        data = CoverageData(str(folder / "coverage"))
        data.read()
        self._lines = {file: data.contexts_by_lineno(file) for file in data.measured_files()}

    def tests(self, path: Path, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines, quickest first; where only an import does, those of the module."""
        by_line = self._lines.get(str(ROOT / path), {})
        at = {name for line in lines for name in by_line.get(line, ())}
        found = self._known(at) or self._known(name for names in by_line.values() for name in names)
        return sorted(found, key=lambda test: (self._seconds[test], test))

    def _known(self, contexts: Iterable[str]) -> set[str]:
        return {test for name in contexts if (test := name.rpartition("|")[0]) in self._seconds}


def _run(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--cov=selfinstruct_chains", "--cov-context=test", "--cov-report=", "-p", "covering", "-q"]
    variables = {"COVERAGE_FILE": str(folder / "coverage"), _TO: str(folder / "seconds.json")}
    variables["PYTHONPATH"] = str(Path(__file__).parent)
    done = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", *options], cwd=ROOT, env=os.environ | variables, check=False
    )
    if done.returncode not in {0, _SOME_FAILED}:
        (folder / "coverage").unlink(missing_ok=True)
        sys.exit(f"no test could be run: pytest ended with {done.returncode}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """How long a test took, its fixtures with it."""
    _SECONDS[report.nodeid] += report.duration
    if report.failed:
        _FAILED.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """All of it, where all is known: not in a worker. What fails notices nothing; some do by being traced."""
    if not hasattr(session.config, "workerinput") and _TO in os.environ:
        known = {test: seconds for test, seconds in _SECONDS.items() if test not in _FAILED}
        Path(os.environ[_TO]).write_text(json.dumps(known))
