"""Mending a run folder after damage: what is good stays, what is damaged is kept beside it, nothing is guessed.

The journal keeps every line whose checksum is right, also where a line's end was lost. The derived files are made anew
from it, as far as they went before, and the manifest comes from its copy. No model is called.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import kept, replacing
from selfinstruct_chains.run import manifest
from selfinstruct_chains.run.derived import as_line, write_derived
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.folder import locked
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.replay import replayed
from selfinstruct_chains.run.sealed import SUM_LENGTH, line_sum, sums_of
from selfinstruct_chains.tasks import Rejection, Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selfinstruct_chains.run.manifest import Manifest
    from selfinstruct_chains.run.outcomes import Slot

_BEGIN = re.compile(rb'(?=\{"v": )')  # where a line begins, also after one whose end was lost
_KEY = re.compile(rb'"key": "([\w/-]{1,99})"')
_NAMED = 5  # calls that a line names


@dataclass
class Repaired:
    """What was found and done, a line each; nothing at all where nothing was damaged."""

    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What could not be mended, and what to do about it."""


def repair(path: Path) -> Repaired:
    """Mend the run folder `path`.

    Raises:
        RunError: it is no run folder, a process is at work in it, it can't be written, or it was written by a later
            version; its manifest is damaged, and so is the copy.
    """
    found = Repaired()
    if not (path / manifest.NAME).exists() and not (path / manifest.COPY).exists():
        raise RunError(f"{path}: not a run folder: it has no {manifest.NAME}")
    try:
        with locked(path):
            whole = _mend_manifest(path, found)
            if not any(whole.get(key) for key in manifest.MADE):
                _mend_journal(path / "journal.jsonl", found)
            _mend_derived(RunReader(path), found)
    except OSError as error:
        raise RunError(f"{error.filename or path}: can't be written: {error.strerror or error}") from None
    return found


def _mend_manifest(path: Path, found: Repaired) -> Manifest:
    try:
        return manifest.read_manifest(path)
    except RunError as error:
        try:
            copy = manifest.parsed((path / manifest.COPY).read_bytes())
        except (OSError, ValueError, RecursionError):
            raise RunError(f"{str(error).partition(';')[0]}; {manifest.COPY} doesn't help; restore it") from None
    said = f"; the damaged one is {kept(path / manifest.NAME).name}" if (path / manifest.NAME).exists() else ""
    manifest.write(path, copy)
    found.done.append(f"{manifest.NAME}: damaged, and put back from {manifest.COPY}{said}")
    return copy


def _mend_journal(path: Path, found: Repaired) -> None:
    """Write the journal without what is damaged in it, if anything is."""
    damaged = sum(not _good(line) for line in _lines(path))
    if not damaged:
        return
    old = kept(path)
    answered: set[str] = set()
    lost: list[str | None] = []  # the calls of damaged pieces, as far as they can be read
    with replacing(path) as new:
        for piece, entry in (pair for line in _lines(old) for pair in _pieces(line)):
            if entry:
                new.write(piece)
                answered |= {entry.key} if entry.answers else set()
            elif piece.strip():
                key = _KEY.search(piece)
                lost.append(key[1].decode() if key else None)
    again = [key for key in lost if key not in answered]
    kept_as = f"the old one is {old.name}"
    found.done.append(f"{path.name}: {damaged} damaged line{'s' * (damaged > 1)}; {_asked_again(again)}; {kept_as}")


def _asked_again(lost: list[str | None]) -> str:
    if not lost:
        return "nothing was lost"
    named = [key for key in lost if key][:_NAMED]
    more = len(lost) - len(named)
    named += [f"{more} more" if named else f"{more} call{'s' * (more > 1)} that can't be told"] if more else []
    return f"will be asked again: {', '.join(named)}"


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.strip())
    except FileNotFoundError:
        return


def _good(line: bytes) -> bool:
    return line.endswith(b"\n") and _entry(line) is not None


def _entry(line: bytes) -> Entry | None:
    """What stands on a line; None where it is damaged.

    Raises:
        RunError: a later version wrote it.
    """
    try:
        return Entry.of_line(line)
    except manifest.LaterFormat as later:
        raise RunError(f"journal.jsonl: {later}") from None
    except (ValueError, RecursionError):
        return None


def _pieces(line: bytes) -> Iterator[tuple[bytes, Entry | None]]:
    """The good lines in what was read as one, and what is damaged between them; a line's end may be lost or another."""
    if _good(line):
        yield line, _entry(line)
        return
    for piece in _BEGIN.split(line):
        for whole in (piece, piece[:-1] + b"\n", piece + b"\n"):
            if _good(whole):
                yield whole, _entry(whole)
                break
        else:
            yield piece, None


def _mend_derived(run: RunReader, found: Repaired) -> None:
    """Make tasks.jsonl and rejected.jsonl anew from the journal where one is not as it was written."""
    files = {run.path / "tasks.jsonl": Task, run.path / "rejected.jsonl": Rejection}
    readable = [_readable(run.tasks()), _readable(run.rejections())]
    wrong = [file for file, good in zip(files, readable, strict=True) if not good]
    if not wrong:
        return
    if run.origin.made:
        how = "the same regenerate writes it anew" if run.origin.regenerated else "refilter again, into another folder"
        found.left.append(f"{wrong[0].name}: damaged, and there is no journal; {how}")
        return
    try:
        outputs = [output for slot in _settled(run) for output in slot.outcome]
    except RunError as error:
        found.left.append(f"{wrong[0].name}: damaged, and can't be made anew: {error}")
        return
    for file in wrong:
        values = [output for output in outputs if isinstance(output, files[file])]
        values = values[: _length(file, [as_line(value) for value in values])]
        said = f"; the old one is {kept(file).name}" if file.exists() else ""
        write_derived(file, values)
        found.done.append(f"{file.name}: damaged; {len(values)} lines were made anew from the journal{said}")


def _readable(values: Iterator[Task] | Iterator[Rejection]) -> bool:
    try:
        deque(values, maxlen=0)
    except RunError:
        return False
    return True


def _settled(run: RunReader) -> Iterator[Slot]:
    """The candidates that can have gone out: those before the first whose replies are not all there."""
    return takewhile(lambda slot: slot.settled, replayed(run, run.config, list(run.seeds())))


def _length(file: Path, lines: list[bytes]) -> int:
    """How many of `lines`, as the journal gives them, a derived file had: up to the last that it or its checksums know.

    Where neither knows any, as many as there were of either.
    """
    there = {line.strip() for line in _lines(file)}
    sums = sums_of(file).read_bytes() if sums_of(file).exists() else b""
    known = [
        number
        for number, line in enumerate(lines, start=1)
        if line.strip() in there or sums[(number - 1) * SUM_LENGTH :].startswith(line_sum(line))
    ]
    return max(known, default=max(len(sums) // SUM_LENGTH, len(there)))
