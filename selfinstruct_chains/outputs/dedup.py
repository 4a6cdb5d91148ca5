"""Dropping near-duplicates from a file: the first of each similar group stays, by exact ROUGE-L F-measure.

Input is JSONL or one JSON array of objects, in UTF-8; output is JSONL. A kept item is written as it came. A rejected
one stands, as it came, under "item" in a line of the second file:

    {"line": 17, "score": 0.833333, "nearest": {"line": 3}, "item": {...}}

`nearest` is the most similar of the kept ones, of equal ones the first; lines (in an array: items) count from 1, blank
ones too. What stands in an evaluation file has {"line": 17, "excluded": {"file": ..., "line": ...}, "item": {...}}.
With several fields an item is a copy when each of its fields is too similar to that of one and the same kept item; the
score is that of all its text. The kept texts stay in memory with their index, and an array as a whole.
"""

from __future__ import annotations

import os
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.files.writing import is_stream, replacing_or_stdout
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.outputs.export.evaluation import evaluation_files
from selfinstruct_chains.outputs.export.guard import Guard
from selfinstruct_chains.outputs.items import Item, dumped, items, name, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from selfinstruct_chains.method.tokens import Tokenizer

_PROGRESS_EVERY = 500  # items between two calls of `on_progress`


@dataclass
class Deduplicated:
    """What became of a file's items."""

    kept: int = 0
    rejected: int = 0
    """Too similar to a kept one."""
    differing: int = 0
    """Of the rejected, those with the very text of a kept one, and something else elsewhere."""
    excluded: int = 0
    """Rejected because they stand in an evaluation file."""
    bad: int = 0
    """Left out for what was wrong with them."""
    first_bad: str = ""
    """Where the first of those was, and what was wrong."""
    absent: set[str] = field(default_factory=set, compare=False)
    """Fields that no item had a text in."""


def dedup(  # noqa: PLR0913 - one for each choice a user has
    source: BinaryIO,
    out: Path,
    *,
    rejected: Path | None = None,
    fields: Sequence[str] = ("instruction",),
    threshold: float | str = 0.7,
    tokenizer: Tokenizer = "unicode",
    exclude: Sequence[Path] = (),
    neighbours: bool = False,
    skip_bad: bool = False,
    force: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Deduplicated:
    """Write the novel items of `source` to `out`, the others to `rejected` (see `rejected_beside`), and count them.

    The files appear when all is done; until then, and if anything goes wrong, there is nothing of them. What stands
    there already is replaced only by `force`. `-` is standard output, to which lines go as they come.

    Args:
        source: named by its `name` in messages.
        out: of what is kept.
        rejected: of what is not; None for `rejected_beside(out)`, and for nothing when `out` is no file.
        fields: whose texts are compared.
        threshold: NoveltyIndex's.
        tokenizer: NoveltyIndex's.
        exclude: evaluation files, and folders of them: what stands there is rejected too (see `export.guard`; here
            every field is looked for, and the first by its likeness).
        neighbours: the nearest kept item's text stands in a rejected one's line.
        skip_bad: count and leave out what has no text in the fields.
        force: replace what is there.
        on_progress: gets the number of bytes read, now and then.

    Raises:
        ConfigError: threshold, tokenizer or an output path is wrong.
        DataError: the source or an evaluation file is not what it should be.
    """
    rejected = rejected or rejected_beside(out)
    _check_outputs(source, out, rejected, force=force)
    filter_ = _Filter(NoveltyIndex(threshold, tokenizer), exclude, neighbours=neighbours)
    counts = filter_.counts
    with _replacing(out) as kept, _replacing(rejected) as dropped:
        for item, found in _texts(source, fields, counts, skip_bad=skip_bad):
            rejection = filter_.rejection(item, found)
            counts.kept += not rejection
            counts.rejected += bool(rejection)
            if rejection:
                dropped.write(rejection)
            else:
                kept.write(item.raw + b"\n")
            if (counts.kept + counts.rejected) % _PROGRESS_EVERY == 0:
                on_progress(item.end)
    return counts


def rejected_beside(out: Path) -> Path | None:
    """Where rejected items go when nothing else is said: `OUT.rejected.jsonl` for a file `OUT.jsonl`, else nowhere."""
    return None if is_stream(out) else out.with_name(f"{out.stem}.rejected.jsonl")


class _Filter:
    """The texts kept so far, where they stood, and what became of all items."""

    def __init__(self, index: NoveltyIndex, exclude: Sequence[Path], *, neighbours: bool) -> None:
        self.counts = Deduplicated()
        self._index, self._neighbours = index, neighbours
        self._guard = Guard(evaluation_files(exclude)) if exclude else None
        self._numbers, self._wholes = array("Q"), array("q")
        self._texts: list[tuple[str, ...]] = []

    def rejection(self, item: Item, found: tuple[str, ...]) -> bytes:
        """The line that says what an item is too similar to; empty if it is novel, and then it is remembered."""
        if self._guard and (stands := self._guard.find_texts("", found[0], found)):
            self.counts.excluded += 1
            return _line({"line": item.number, "excluded": {"file": stands.file, "line": stands.line}}, item)
        key = "\n".join(text.strip() for text in found) if len(found) > 1 else found[0]
        similar = self._index.nearest(key, self._alike(found))
        if similar is None:
            self._index.add(key, str(len(self._texts)))
            self._numbers.append(item.number)
            self._wholes.append(hash(item.raw))
            self._texts.append(found)
            return b""
        at = int(similar.id)
        self.counts.differing += self._texts[at] == found and self._wholes[at] != hash(item.raw)
        nearest: dict[str, object] = {"line": self._numbers[at]}
        if self._neighbours:
            nearest["text"] = "\n".join(self._texts[at])
        return _line({"line": item.number, "score": round(similar.score, 6), "nearest": nearest}, item)

    def _alike(self, found: tuple[str, ...]) -> Callable[[str], bool] | None:
        """Whether each of an item's fields is too similar to that of a kept one; None where the key says it all.

        The key holds all fields, and when each of them reaches the threshold, so do they together: no copy is missed.
        """
        if len(found) == 1:
            return None
        return lambda id_: all(map(self._index.too_similar, found, self._texts[int(id_)]))


def _line(what: dict[str, object], item: Item) -> bytes:
    return dumped(what)[:-1] + b', "item": ' + item.raw + b"}\n"


def _texts(
    source: BinaryIO, fields: Sequence[str], counts: Deduplicated, *, skip_bad: bool
) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """Each item and its texts; what has none is counted, or raises DataError."""
    counts.absent |= set(fields)
    for item in items(source):
        try:
            found = texts(item.raw, fields)
        except DataError as error:
            message = f"{name(source)}, {item.unit} {item.number}: {error}"
            if not skip_bad:
                raise DataError(f"{message}; --skip-bad leaves such items out") from error.__cause__
            counts.bad += 1
            counts.first_bad = counts.first_bad or message
            continue
        if counts.absent:
            counts.absent -= {field for field, text in zip(fields, found, strict=True) if text}
        yield item, found


def _check_outputs(source: BinaryIO, out: Path, rejected: Path | None, *, force: bool) -> None:
    if rejected and _place(out) == _place(rejected):
        where = "standard output" if str(out) == "-" else repr(str(out))
        raise ConfigError(f"{where} can't hold both the kept and the rejected: give --rejected another name")
    for path in filter(None, (out, rejected)):
        if is_stream(path):
            continue
        if _place(path) == _place(Path(name(source))):
            raise ConfigError(f"{str(path)!r} is the input: give the output another name")
        if path.is_dir():
            raise ConfigError(f"{str(path)!r} is a folder: give a file")
        if path.exists() and not force:
            raise ConfigError(f"{str(path)!r} exists: give another name, or --force to replace it")


def _place(path: Path) -> str:
    return os.path.realpath(path)  # as Path.resolve, which does not stand a link to itself


@contextmanager
def _replacing(path: Path | None) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when all has gone well, and leaves nothing behind otherwise."""
    try:
        with replacing_or_stdout(path or Path(os.devnull)) as stream:
            yield stream
    except OSError as error:
        raise ConfigError(f"writing {str(path)!r} failed: {error.strerror or error}") from error
