"""A run folder, opened to read: the manifest, and tasks, rejections and journal as streams. Nothing in it is changed.

A run that is going on can be read: what stands there when a stream gets to it counts, and half a last line does not.
"""

from __future__ import annotations

import hashlib
import io
import json
import socket
import time
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Literal, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.config import ChainConfig
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.journal import compare, scan
from selfinstruct_chains.run.manifest import NAME
from selfinstruct_chains.run.origin import read_origin
from selfinstruct_chains.run.progress import Progress, has_finished, read_progress
from selfinstruct_chains.run.sealed import Differs, checked_lines, damaged, sums_of
from selfinstruct_chains.tasks import Rejection, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selfinstruct_chains.run.journal import Entry

V = TypeVar("V")

State = Literal["running", "finished", "stopped", "killed", "unknown"]
"""What became of the last start of a run; "unknown" when it left no word."""

_SILENT = 30.0  # seconds without a sign of life after which a process elsewhere is taken for dead; one comes every two


class RunReader:
    """A run folder to read from. Its streams can be taken as often as wanted; each reads one line at a time.

    Args:
        path: the folder that `selfinstruct generate` wrote.

    Raises:
        RunError: there is no such folder, it is no run, or was written by another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = read_origin(path)

    @cached_property
    def config(self) -> ChainConfig:
        """The chain that the run was made with.

        Raises:
            RunError: another version of the program wrote it.
        """
        try:
            return ChainConfig.model_validate_json(json.dumps(self.origin.chain))
        except ValidationError:
            wrote = self.origin.versions.get("selfinstruct-chains", "another version")
            raise RunError(f"{self.path / NAME}: this version can't read its chain; use {wrote}") from None

    def unfinished(self) -> str:
        """Why the run may not be all there is to come, in words; "" when nothing in the folder says so."""
        progress, state = self.progress(), self.state()
        if state == "running":
            return "a process is at work in it; what it had when this began is used"
        if progress is None or state not in {"killed", "stopped"}:
            return ""
        why = f": {progress.why}" if progress.why else ""
        ended = "was killed" if state == "killed" else "stopped"
        return f"it {ended} at {progress.finished} of {progress.wanted} tasks{why}"

    def state(self) -> State:
        """What became of the last start."""
        progress = self.progress()
        if progress and progress.state != "running":
            return progress.state
        if self._at_work(progress):
            return "running"
        return "killed" if progress else "unknown"

    def progress(self) -> Progress | None:
        """What the last start said of itself; None from a version that left no word."""
        return read_progress(self.path)

    def tasks(self) -> Iterator[Task]:
        """The finished tasks, in the order of their ids.

        Raises:
            RunError: a line is damaged; the message names it and the command that mends it. So with all streams.
        """
        return (task for _, task in self.placed(seeds=False))

    def seeds(self) -> Iterator[Task]:
        """The seed tasks that the run began with, in their file's order."""
        return (task for _, task in self.placed(seeds=True))

    def placed(self, *, seeds: bool) -> Iterator[tuple[int, Task]]:
        """The seed tasks, or the finished ones, each with its place in bytes for `TaskFile.at`."""
        lines = self._seed_lines() if seeds else self._derived_lines("tasks.jsonl")
        return _values(lines, Task.model_validate_json, self._file(seeds=seeds))

    def size(self, *, seeds: bool) -> int:
        """Bytes of the file of seed tasks, or of finished ones; 0 where there is none."""
        try:
            return self._file(seeds=seeds).stat().st_size
        except OSError:
            return 0

    def rejections(self) -> Iterator[Rejection]:
        """The dropped candidates, in the order in which the loop dropped them."""
        lines = self._derived_lines("rejected.jsonl")
        return (value for _, value in _values(lines, Rejection.model_validate_json, self.path / "rejected.jsonl"))

    def entries(self) -> Iterator[Entry]:
        """Every line of the journal, as it came: replies, also those beyond the last task, and failed attempts."""
        path = self.path / "journal.jsonl"
        try:
            for _, entry in scan(path):
                yield entry
        except OSError as error:
            raise _unreadable(path, error) from None

    def check(self) -> int:
        """Compare every line with its checksum, which is quicker than to read what it says: how many tasks there are.

        Raises:
            RunError: as `tasks`.
        """
        _, tasks, _ = (
            sum(1 for _ in lines)
            for lines in (self._seed_lines(), self._derived_lines("tasks.jsonl"), self._derived_lines("rejected.jsonl"))
        )
        compare(self.path / "journal.jsonl")
        return tasks

    def open_tasks(self, *, seeds: bool) -> TaskFile:
        """The seed tasks, or the finished ones, to read in any order; to be closed."""
        return TaskFile(self._file(seeds=seeds))

    def _file(self, *, seeds: bool) -> Path:
        return self.path / ("seeds.jsonl" if seeds else "tasks.jsonl")

    def _derived_lines(self, name: str) -> Iterator[bytes]:
        """The lines of tasks.jsonl or rejected.jsonl, as they were written; half a last line is left out."""
        path, ended = self.path / name, has_finished(self.path)
        with _opened(path) as file, _opened(sums_of(path)) as sums:
            if self.origin.format == 1 and not sums_of(path).exists():
                yield from _whole(file)
                return
            try:
                yield from checked_lines(file, sums, ended=ended)
            except Differs as differs:
                raise damaged(path, differs.number) from None

    def _seed_lines(self) -> Iterator[bytes]:
        path = self._file(seeds=True)
        with _opened(path) as file:
            if path.exists() and hashlib.sha256(file.read()).hexdigest() != self.origin.shaping.get("seeds"):
                raise RunError(
                    f"{path}: not the seeds that the run began with; restore it from a copy, or go on with the run, "
                    "which writes it anew"
                )
            file.seek(0)
            yield from _whole(file)

    def _at_work(self, progress: Progress | None) -> bool:
        """Whether a process is at work: its lock tells, and from another machine its last sign of life."""
        alive = progress is not None and time.time() - progress.updated < _SILENT
        if progress and progress.host not in {"", socket.gethostname()}:
            return alive
        lock = self.path / ".lock"
        if not lock.exists():
            return False
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that this process may not write to
            return alive


class TaskFile:
    """A file of tasks, read at the places that `RunReader.placed` gave."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def at(self, offset: int) -> Task:
        """The task whose line begins at byte `offset`."""
        self._file.seek(offset)
        return _parsed(self._file.readline(), Task.model_validate_json, self._path)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:  # a run that was stopped before it wrote any
        return io.BytesIO()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path}: can't be read: {error.strerror or error}")


def _whole(file: BinaryIO) -> Iterator[bytes]:
    return (line for line in file if line.endswith(b"\n"))


def _values(lines: Iterator[bytes], parse: Callable[[bytes], V], path: Path) -> Iterator[tuple[int, V]]:
    """What stands on each line, blank ones apart, and where the line begins, in bytes."""
    offset = 0
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield offset, _parsed(line, parse, path, number)
        offset += len(line)


def _parsed(line: bytes, parse: Callable[[bytes], V], path: Path, number: int | None = None) -> V:
    try:
        return parse(line)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    try:  # half a surrogate pair, by hand perhaps: UTF-8 has none, and nor does any format that it could go to
        text = json.dumps(json.loads(line), ensure_ascii=False)
        return parse(whole_characters(text).encode())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise damaged(path, number) from None
