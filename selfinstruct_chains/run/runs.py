"""How the run folders in a folder stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.places import MANIFEST, folders, is_run, last_sign
from selfinstruct_chains.run.reader import RunReader, State

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.progress import Progress


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


def standings(below: Path) -> list[Standing]:
    """How each run in `below` stands, also one without a manifest, the latest first; or `below`, if it is a run itself.

    Raises:
        RunError: it is no folder, or can't be read.
    """
    try:
        paths = [below] if is_run(below) else [path for path in folders(below) if is_run(path) or _was_run(path)]
    except OSError as error:
        raise RunError(f"{below}: can't be read: {error.strerror or error}; give the folder that runs are in") from None
    return sorted(map(standing, paths), key=lambda one: -one.updated)


def _was_run(path: Path) -> bool:
    return any((path / name).is_file() for name in ("journal.jsonl", "tasks.jsonl"))


def standing(path: Path) -> Standing:
    """How the folder `path` stands: by its checksums and what its process said last, as counting takes longer."""
    if not is_run(path):
        return Standing(path, "no run", f"it has no {MANIFEST}", updated=last_sign(path))
    try:
        return _standing(RunReader(path))
    except RunError as error:
        said = str(error).removeprefix(f"{path}: ").removeprefix(f"{path}/")
        return Standing(path, "unreadable", said, updated=last_sign(path))


def _standing(run: RunReader) -> Standing:
    if run.origin.chain.keys() == {"purpose"}:
        what = f"the replies of `{run.origin.chain['purpose']}`"
        return Standing(run.path, "no run", what, updated=last_sign(run.path))
    _ = run.config  # which this version may not know
    finished, progress, made = run.check(), run.progress(), run.origin.made
    state: State = "finished" if made else run.state()
    found = Standing(run.path, state, finished=finished, wanted=finished, updated=last_sign(run.path), made=made)
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
