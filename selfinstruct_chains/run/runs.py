"""The run folders below a folder: which there are, which is the latest, and how each of them stands."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.manifest import COPY, NAME
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.progress import read_progress
from selfinstruct_chains.run.reader import RunReader, State

if TYPE_CHECKING:
    from selfinstruct_chains.run.progress import Progress

RUNS = Path("runs")
"""Where `generate` makes its folders, as long as it is not told another place."""
_FIRST = "selfinstruct generate -n 20"


class Standing(NamedTuple):
    """How a folder stands; what is not known of it is None."""

    path: Path
    state: State | Literal["unreadable", "no run"]
    why: str = ""
    """Why it was stopped, can't be read, or is no run."""
    finished: int | None = None
    """Its tasks."""
    wanted: int | None = None
    calls: int | None = None
    """Replies."""
    dollars: float | None = None
    unknown_tokens: int = 0
    """Replies whose tokens the provider did not count."""
    updated: float = 0.0
    """When its process last gave a sign of life, in seconds since 1970."""
    made: str = ""
    """From what other run it was made, in words."""


def run_folders(below: Path = RUNS) -> list[Path]:
    """The run folders in the folder `below`, the latest first; none where it is not there, or can't be read."""
    return [path for path in _folders(below) if _is_run(path)]


def latest(below: Path = RUNS) -> Path:
    """The run folder in `below` whose process gave the last sign of life.

    Raises:
        RunError: there is none.
    """
    found = run_folders(below)
    if not found:
        raise RunError(f"no run is named, and there is none in {below}: give its folder, or make one: {_FIRST}")
    return found[0]


def standings(below: Path) -> list[Standing]:
    """How each folder in `below` stands, the latest first; or how `below` does, if it is a run itself.

    Raises:
        RunError: it is no folder, or can't be read.
    """
    try:
        paths = [below] if _is_run(below) else _children(below)
    except OSError as error:
        raise RunError(f"{below}: can't be read: {error.strerror or error}; give the folder that runs are in") from None
    return sorted(map(standing, paths), key=lambda one: -one.updated)


def standing(path: Path) -> Standing:
    """How the folder `path` stands: by its checksums and what its process said last, as counting takes longer."""
    if not _is_run(path):
        return Standing(path, "no run", f"it has no {NAME}", updated=_last_sign(path))
    try:
        return _standing(RunReader(path))
    except RunError as error:
        said = str(error).removeprefix(f"{path}: ").removeprefix(f"{path}/")
        return Standing(path, "unreadable", said, updated=_last_sign(path))


def _standing(run: RunReader) -> Standing:
    if run.origin.chain.keys() == {"purpose"}:
        what = f"the replies of `{run.origin.chain['purpose']}`"
        return Standing(run.path, "no run", what, updated=_last_sign(run.path))
    _ = run.config  # which this version may not know
    finished, progress, made = run.check(), run.progress(), run.origin.made
    state: State = "finished" if made else run.state()
    found = Standing(run.path, state, finished=finished, wanted=finished, updated=_last_sign(run.path), made=made)
    if made:
        return found
    if progress is None or progress.calls is None or state == "killed":
        return _counted(found, progress)  # the last word came up to two seconds before its end
    return found._replace(
        why=progress.why,
        wanted=progress.wanted,
        calls=progress.calls,
        dollars=progress.dollars,
        unknown_tokens=progress.unknown_tokens,
    )


def _counted(found: Standing, progress: Progress | None) -> Standing:
    """With what its journal holds."""
    monitor = look(found.path).monitor
    wanted = progress.wanted if progress else None
    total = monitor.total
    return found._replace(wanted=wanted, calls=total.calls, dollars=monitor.cost, unknown_tokens=total.unknown)


def _is_run(path: Path) -> bool:
    return any((path / name).is_file() for name in (NAME, COPY))


def _folders(below: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(_children(below), key=_last_sign, reverse=True)
    return []


def _children(below: Path) -> list[Path]:
    """The folders in a folder, but for hidden ones: those are being written."""
    return sorted(path for path in below.iterdir() if not path.name.startswith(".") and path.is_dir())


def _last_sign(path: Path) -> float:
    """When somebody was last at work there, in seconds since 1970: as progress.json says, else as the files do."""
    with suppress(RunError):
        if (progress := read_progress(path)) and progress.updated:
            return progress.updated
    for file in (path / "journal.jsonl", path / NAME, path):
        with suppress(OSError):
            return file.stat().st_mtime
    return 0.0
