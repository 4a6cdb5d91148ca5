"""The run folder: manifest, lock, journal, and the two files derived from it.

Everything but the manifest and the seeds can be made again from `journal.jsonl`; the derived files are compared with
what is derived anew, line by line, and only grow. Damage is found by checksums (`run/sealed.py`, `run/entry.py`).
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import kept, make_folder, replacing, sync_names, write_atomically
from selfinstruct_chains.run import manifest, progress
from selfinstruct_chains.run.derived import Derived
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic import BaseModel

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.tasks import Task

_PATIENCE = 0.5  # seconds for which another process may hold the lock, to see whether a run is at work


class Folder:
    """An open run: its journal, and where tasks and rejections go. Without a path, all of it is in memory.

    Args:
        path: the folder; made if it is not there.
        config: the chain.
        seeds: the seed tasks.
        own: what the caller's own parts add to what shapes the dataset, by dotted key.

    Raises:
        RunError: another process is at work in it, it belongs to another run, it is damaged, or can't be written.
    """

    def __init__(
        self, path: Path | None, config: ChainConfig, seeds: Sequence[Task], own: Mapping[str, Any] | None = None
    ) -> None:
        self.path = path
        self.notes: list[str] = []
        """What there is to say of it."""
        self.had = 0
        """Finished tasks that were there before."""
        self._derived: dict[str, Derived] = {}
        self._lock: FileLock | None = None
        self._lock_file = 0
        self._manifest: manifest.Manifest = {}
        self.journal = Journal()
        if path is None:
            return
        try:
            with _writing(path):
                self._open(path, config, seeds, own or {})
        except BaseException:
            self.close()
            raise

    def task(self, task: Task) -> None:
        """Put a finished task into tasks.jsonl."""
        self._put("tasks.jsonl", task)

    def reject(self, rejection: BaseModel) -> None:
        """Put a dropped candidate into rejected.jsonl."""
        self._put("rejected.jsonl", rejection)

    def report(self, word: dict[str, Any]) -> None:
        """Leave word of how the run is going in progress.json, for `selfinstruct status`."""
        if self.path and self._lock:
            write_atomically(self.path / progress.NAME, json.dumps(word, ensure_ascii=False, indent=1) + "\n")

    def note_found(self) -> None:
        """Write what the run found out by calls into its manifest too: a line of the journal may be lost.

        Raises:
            RunError: it can't be written.
        """
        if not self.path:
            return
        noted = manifest.with_found(self._manifest, self.journal.found())
        if noted != self._manifest:
            self._manifest = noted
            with _writing(self.path):
                manifest.write(self.path, noted)

    def close(self) -> None:
        """Put everything on the disk, and let the next process in.

        Raises:
            RunError: it could not be put there.
        """
        try:
            with _writing(self.path), ExitStack() as last_first:
                if self._lock:
                    last_first.callback(self._lock.release)
                last_first.callback(self._note_models)
                for derived in self._derived.values():
                    last_first.callback(derived.close)
                last_first.callback(self.journal.close)
        finally:
            self._lock = None

    def _open(self, path: Path, config: ChainConfig, seeds: Sequence[Task], own: Mapping[str, Any]) -> None:
        make_folder(path)
        self._lock = locked(path)
        self._lock_file = _inode(path / ".lock")
        self._manifest = manifest.opened(path, config, seeds, own)
        self._mend_seeds(path / "seeds.jsonl", manifest.seed_lines(seeds))
        self.had = _lines(path / "tasks.jsonl")
        if self.had and not (path / "journal.jsonl").exists():
            raise RunError(f"{path}: journal.jsonl is missing, which all else is made from; restore it from a copy")
        self.journal = Journal(path / "journal.jsonl", manifest.wrote(self._manifest))
        self.journal.before_writing = self._still_ours
        if self.journal.repaired:
            self.notes.append(
                f"journal.jsonl ended in half a line ({self.journal.repaired} bytes), as after a kill; it was cut off, "
                "and its call will be asked again"
            )
        self._bring_back()
        told = {"ended": progress.has_finished(path), "unchecked": self._manifest["format"] == 1}
        for name in ("tasks.jsonl", "rejected.jsonl"):  # one by one: `close` has those that were opened
            self._derived[name] = Derived(path / name, self.notes.append, **told)
        sync_names(path / "journal.jsonl")

    def _bring_back(self) -> None:
        """Write to the journal what the manifest has of what was found, and the journal has not."""
        lost = [(key, value) for key, value in self._manifest.get("found", {}).items() if key not in self.journal]
        for key, value in lost:
            self.journal.write(Entry.found(key, value))
            self.notes.append(f"journal.jsonl had no {key} any more; it was written anew, as {manifest.NAME} has it")

    def _mend_seeds(self, file: Path, lines: bytes) -> None:
        """Write the seeds anew where the file has not the run's; its manifest says that these are."""
        if file.exists() and file.read_bytes() == lines:
            return
        copy = f"; it is kept as {kept(file).name}" if file.exists() else ""
        with replacing(file) as new:
            new.write(lines)
        self.notes.append(f"{file.name} had not the seeds that the run began with, and was written anew{copy}")

    def _still_ours(self) -> None:
        """Refuse to go on where the lock was removed: another process may have taken the folder since.

        Raises:
            RunError: saying what to do.
        """
        if self.path and self._lock and _inode(self.path / ".lock") != self._lock_file:
            raise RunError(
                f"{self.path}: .lock was removed while this run was at work; see that no other process works in this "
                "folder, then start the same command again"
            )

    def _put(self, name: str, value: BaseModel) -> None:
        self._still_ours()
        if self._derived:
            self._derived[name].put(value)

    def _note_models(self) -> None:
        if self.path and self._derived and _inode(self.path / ".lock") == self._lock_file:
            noted = manifest.with_models(self._manifest, self.journal.usage)
            if noted != self._manifest:
                manifest.write(self.path, noted)


@contextmanager
def _writing(path: Path | None) -> Iterator[None]:
    """An OSError in it is a RunError that says which file can't be written."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{error.filename or path}: can't be written: {error.strerror or error}") from None


def locked(path: Path) -> FileLock:
    """The lock of the run folder `path`, taken.

    Raises:
        RunError: another process is at work in it.
        OSError: it can't be written.
    """
    # The kernel's lock, which goes with its process however that ends; the file that stays behind means nothing.
    lock = FileLock(path / ".lock", thread_local=False)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise RunError(
            f"{path}: another process is working in this folder; wait for it, or choose another: -o"
        ) from None
    return lock


def _inode(path: Path) -> int:
    """What tells a file from another one of its name; 0 if it is not there."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _lines(path: Path) -> int:
    """The whole lines of a file, 0 if it is not there."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
