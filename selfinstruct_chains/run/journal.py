"""The append-only log of a run: every reply, flushed before anything is derived from it. The source of truth.

What stands on its lines is in `run/entry.py`.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import cut_torn_line
from selfinstruct_chains.run.entry import FOUND, Entry
from selfinstruct_chains.run.manifest import LaterFormat
from selfinstruct_chains.run.sealed import damaged, is_sealed
from selfinstruct_chains.run.syncing import Syncing
from selfinstruct_chains.tasks import id_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selfinstruct_chains.config import Purpose
    from selfinstruct_chains.run.usage import Usage

__all__ = ["Entry", "Journal", "Place", "call_key", "call_seed", "compare", "scan", "text_hash"]

Place = tuple[int, int]
"""Where a line stands in its file: offset and length, in bytes."""


class Journal:
    """The replies of a run by their key: in a file, or in memory when there is no folder.

    Args:
        path: the file; made if it is not there.
        version: of this program, that which began the folder; for messages.

    Raises:
        RunError: the file is damaged before its last line, or of a later version.
        OSError: it can't be opened.
    """

    def __init__(self, path: Path | None = None, version: str = "") -> None:
        self._path = path
        self._version = version
        self._memory: list[bytes] = []
        self._places: dict[str, Place] = {}
        self._models: dict[str, str] = {}
        self._doubtful: dict[str, _Doubt] = {}  # unclear refusals that may be everybody's, by key
        self.usage: dict[tuple[Purpose, str], Usage] = {}
        """What the calls have cost, by role and model as reported ("" for attempts that got no reply)."""
        self.found_by = 0
        """Calls that settled what the chain file leaves to be found."""
        self.repaired = 0
        """Bytes of a torn last line that were cut off."""
        self.before_writing: Callable[[], None] = lambda: None
        """Called before a line is written, which what it raises prevents."""
        self._end = 0
        if path:
            for place, entry in scan(path):
                self._index(entry, place)
            self.repaired = cut_torn_line(path)
            self._file = path.open("ab", buffering=0)
            self._end = self._file.tell()
            self._reader = path.open("rb", buffering=0)
            self._syncing = Syncing(self._file.fileno())
            self._take_back()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def get(self, key: str) -> Entry | None:
        """The entry that answers a call, if it is there.

        Raises:
            RunError: its line was damaged after the journal was opened.
        """
        place = self._places.get(key)
        if place is None:
            return None
        offset, length = place
        if not self._path:
            return Entry.of_line(self._memory[offset])
        self._reader.seek(offset)
        try:
            return Entry.of_line(self._reader.read(length))
        except (ValueError, RecursionError):
            self._reader.seek(0)
            raise damaged(self._path, 1 + self._reader.read(offset).count(b"\n")) from None

    def answer(self, key: str, sha: str) -> Entry | None:
        """The entry that answers a call, if it is there, and was written for the prompt whose hash is `sha`.

        Raises:
            RunError: it was written for another prompt, or its line was damaged.
        """
        entry = self.get(key)
        if entry:
            entry.check_prompt(sha, self._version)
        return entry

    def knows(self, item: str) -> bool:
        """Whether a first call about the item `item` was answered, for whatever role."""
        return any(call_key(role, item) in self._places for role in ROLES)

    def model(self, key: str) -> str | None:
        """The model that answered an instruction request, as reported."""
        return self._models.get(key)

    def count(self, up_to: str) -> int:
        """How many answers are about items up to the id `up_to`, in the order of ids."""
        last, about_items = id_order(up_to), (key for key in self._places if not key.startswith(FOUND))
        return sum(id_order(key.split("/")[1]) <= last for key in about_items)

    def found(self) -> dict[str, Any]:
        """What the program found out by calls, by key."""
        entries = {key: self.get(key) for key in self._places if key.startswith(FOUND)}
        return {key: entry.value for key, entry in entries.items() if entry and entry.kind == "found"}

    def write(self, entry: Entry) -> None:
        """Append a line; it is with the operating system when this returns.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        self.before_writing()
        line = entry.line()
        if not self._path:
            self._index(entry, (len(self._memory), len(line)))
            self._memory.append(line)
            return
        try:
            if self._file.write(line) != len(line):
                self._file.truncate(self._end)
                raise OSError("the disk is full")  # noqa: TRY301 - like all that can go wrong here
            self._syncing.written()
        except OSError as error:
            raise _unwritable(self._path, error) from None
        self._index(entry, (self._end, len(line)))
        self._end += len(line)

    def confirm(self, role: str | None = None, before: float = float("inf")) -> None:
        """Let unclear refusals stand: a call that was made after them was answered, or the run has what it asked for.

        Args:
            role: whose; None: all.
            before: by `time.perf_counter`; later ones stay in doubt.

        Raises:
            RunError: as `write`.
        """
        for entry, at in list(self._doubtful.values()):
            if at < before and role in {None, entry.key.partition("/")[0]}:
                self.write(entry._replace(unclear=None))

    def close(self) -> None:
        """Put everything on the disk, and let go of the file.

        Raises:
            RunError: it could not be put there.
        """
        if not self._path or self._file.closed:
            return
        try:
            self._syncing.close()
        except OSError as error:
            raise _unwritable(self._path, error) from None
        finally:
            self._file.close()
            self._reader.close()

    def _index(self, entry: Entry, place: Place) -> None:
        entry.spend(self.usage)
        self.found_by += entry.is_call and entry.key.startswith(FOUND)
        self._weigh(entry)
        if entry.answers:
            self._places.setdefault(entry.key, place)
        if entry.kind == "reply" and entry.model and entry.key.startswith("instructions/"):
            self._models[entry.key] = sys.intern(entry.model)

    def _weigh(self, entry: Entry) -> None:
        """Keep an unclear refusal in doubt until it is confirmed; a fault after it takes it back."""
        if entry.unclear:
            self._doubtful[entry.key] = _Doubt(entry, time.perf_counter())
        elif self._doubtful.pop(entry.key, None) and not entry.answers:
            del self._places[entry.key]

    def _take_back(self) -> None:
        """Have the calls asked again whose refusal may have been everybody's, as when a key had expired."""
        for entry, _ in list(self._doubtful.values()):
            self.write(Entry.fault(entry.key, entry.prompt_sha256, "refused for no known reason; asked again"))


class _Doubt(NamedTuple):
    entry: Entry
    at: float


def scan(path: Path) -> Iterator[tuple[Place, Entry]]:
    """The entries of a journal with their places, as they came; half a last line and blank ones are left out.

    Raises:
        RunError: a line is damaged, or of a later version; or the file can't be read.
    """
    offset = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line.isspace():
            yield (offset, len(line)), _entry(path, number, line)
        offset += len(line)


def compare(path: Path) -> None:
    """Compare each line with its checksum, without a look at what it says.

    Raises:
        RunError: a line is damaged, or has no checksum and is of a later version; or the file can't be read.
    """
    for number, line in enumerate(_lines(path), start=1):
        try:
            sealed = is_sealed(line)
        except ValueError:
            raise damaged(path, number) from None
        if not sealed and not line.isspace():
            _entry(path, number, line)


def call_key(role: Purpose, item: str, attempt: int = 1) -> str:
    """The name of a call in the journal."""
    return f"{role}/{item}/{attempt}"


def call_seed(run_seed: int, key: str) -> int:
    """A call's own sampling seed, 31 bits: the same in every run with the same seed."""
    return int.from_bytes(hashlib.sha256(f"{run_seed}:{key}".encode()).digest()[:4]) & 0x7FFFFFFF


def text_hash(text: str) -> str:
    """SHA-256, in hex, of a prompt as one string."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _entry(path: Path, number: int, line: bytes) -> Entry:
    try:
        return Entry.of_line(line)
    except LaterFormat as later:
        raise RunError(f"{path}, line {number}: {later}") from None
    except (ValueError, RecursionError):
        raise damaged(path, number) from None


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a file; none if it is not there."""
    try:
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{path}: can't be read: {error.strerror or error}") from None


def _unwritable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path}: can't be written: {error.strerror or error}; what was written before is kept")
