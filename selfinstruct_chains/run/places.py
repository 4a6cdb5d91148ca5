"""Where run folders are, and which is the latest. Nothing heavy is imported here: a shell asks at each Tab."""

from __future__ import annotations

import json
from contextlib import suppress
from math import inf
from pathlib import Path

from selfinstruct_chains.errors import RunError

RUNS = Path("runs")
"""Where `generate` makes its folders, as long as it is not told another place."""
MANIFEST, COPY, PROGRESS = "manifest.json", "manifest.copy.json", "progress.json"
"""What makes a folder a run's, and what its process says last."""
_FIRST = "selfinstruct generate -n 20"


def is_run(path: Path) -> bool:
    """Whether a folder is a run's, by its files' names."""
    return any((path / name).is_file() for name in (MANIFEST, COPY))


def run_folders(below: Path = RUNS) -> list[Path]:
    """The run folders in the folder `below`, the latest first; none where it is not there, or can't be read."""
    with suppress(OSError):
        return sorted(filter(is_run, folders(below)), key=last_sign, reverse=True)
    return []


def latest(below: Path = RUNS) -> Path:
    """The run folder in `below` whose process gave the last sign of life.

    Raises:
        RunError: there is none.
    """
    found = run_folders(below)
    if not found:
        raise RunError(f"no run is named, and there is none in {below}: give its folder, or make one: {_FIRST}")
    return found[0]


def folders(below: Path) -> list[Path]:
    """The folders in a folder, but for hidden ones, which are being written.

    Raises:
        OSError: it is none, or can't be read.
    """
    return sorted(path for path in below.iterdir() if not path.name.startswith(".") and path.is_dir())


def last_sign(path: Path) -> float:
    """When somebody was last at work there, in seconds since 1970: as progress.json says, else as the files do."""
    with suppress(OSError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        if 0 < (said := float(json.loads((path / PROGRESS).read_bytes())["updated"])) < inf:
            return said
    for file in (path / "journal.jsonl", path / MANIFEST, path):
        with suppress(OSError):
            return file.stat().st_mtime
    return 0.0
