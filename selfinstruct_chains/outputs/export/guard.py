"""The contamination guard: is a task of this run in an evaluation file?

An evaluation file may have any fields: each text in it, however deep, is compared. A task is in the file when its
instruction has ROUGE-L >= 0.7 with a text (the measure and threshold of the method's own filter), or when one of its
inputs shares 13 words in a row with one (the overlap that GPT-3's authors looked for). Inputs below 13 words are not
compared: "Paris" proves nothing.
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.lines import read_lines
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.tokens import unicode_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.tasks import Task

THRESHOLD = 0.7
"""ROUGE-L F-measure from which an instruction stands in an evaluation file."""
GRAM = 13
"""Words in a row that an input must share with a text."""
_READ = "use .json, .jsonl or .txt (a text on each line)"
_MASK = 2**64 - 1


class Contamination(NamedTuple):
    """Where a task was found."""

    id: str
    """The task's."""
    instruction: str
    what: str
    """"instruction" or "input"."""
    file: str
    line: int
    """In an array: the item's place, from 1."""
    text: str
    """The evaluation file's."""
    score: float | None = None
    """For an instruction: ROUGE-L F-measure, 0 to 1."""


class _Text(NamedTuple):
    file: str
    line: int
    text: str


class Guard:
    """Evaluation files, ready to be asked. They stay in memory with their index.

    Args:
        files: .json, .jsonl or .txt.

    Raises:
        DataError: naming the file and line that can't be read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._texts: list[_Text] = []
        self._index = NoveltyIndex(THRESHOLD)
        grams, owners = array("Q"), array("L")
        for path in files:
            for line, text in _texts(path):
                number = len(self._texts)
                self._texts.append(_Text(str(path), line, text))
                self._index.add(text, str(number))
                found = _grams(text)
                grams.extend(found)
                owners.extend([number] * len(found))
        order = np.argsort(np.frombuffer(grams, np.uint64) if grams else np.empty(0, np.uint64), kind="stable")
        self._grams = np.array(grams, np.uint64)[order]
        self._owners = np.array(owners, np.uint64)[order]

    def find(self, task: Task) -> Contamination | None:
        """Where the task stands in the files; None if it does not."""
        return self.find_texts(task.id, task.instruction, (instance.input for instance in task.instances))

    def find_texts(self, id_: str, instruction: str, inputs: Iterable[str]) -> Contamination | None:
        """Where an instruction or one of these inputs stands in the files; None if it does not."""
        similar = self._index.nearest(instruction)
        if similar:
            text = self._texts[int(similar.id)]
            return Contamination(id_, instruction, "instruction", *text, score=round(similar.score, 6))
        for text_ in inputs:
            if (owner := self._owner(text_)) is not None:
                return Contamination(id_, instruction, "input", *self._texts[owner])
        return None

    def _owner(self, text: str) -> int | None:
        """The number of a text that shares a gram with this one."""
        grams = np.array(_grams(text), np.uint64)
        if not (len(grams) and len(self._grams)):
            return None
        places = np.minimum(np.searchsorted(self._grams, grams), len(self._grams) - 1)
        same = np.flatnonzero(self._grams[places] == grams)
        return int(self._owners[places[same[0]]]) if len(same) else None


def _grams(text: str) -> list[int]:
    """A 64-bit hash of each 13 words in a row."""
    words = unicode_words(text)
    return [hash(tuple(words[start : start + GRAM])) & _MASK for start in range(len(words) - GRAM + 1)]


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    match path.suffix.lower():
        case ".txt":
            yield from read_lines(path)
        case ".jsonl" | ".ndjson":
            for number, line in read_lines(path):
                yield from ((number, text) for text in _strings(_loaded(line, f"{path}, line {number}")))
        case ".json":
            lines = dict(read_lines(path))
            whole = _loaded(
                "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1)), str(path)
            )
            for number, item in enumerate(whole if isinstance(whole, list) else [whole], start=1):
                yield from ((number, text) for text in _strings(item))
        case suffix:
            raise DataError(f"{path}: {suffix or 'no suffix'}: not known as an evaluation file; {_READ}")


def _loaded(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        found = str(error) if isinstance(error, json.JSONDecodeError) else "too deep"
        raise DataError(f"{where}: not JSON ({found}); {_READ}") from None


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value that is not blank, keys apart."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
