"""Replies as a Markdown table with a column for inputs and one for outputs."""

from __future__ import annotations

import re
from itertools import takewhile, zip_longest
from typing import Literal

from selfinstruct_chains.method.labels.lines import lines
from selfinstruct_chains.method.labels.names import LONGEST_NAME, NAMES, Names, read_name
from selfinstruct_chains.method.labels.part import Part, body, is_chat

_CELL = re.compile(r"(?:[^|\\]|\\.)*")
_SEPARATOR = frozenset("|-: \t")
_COUNTS = frozenset({"", "#", "no", "no.", "nr", "nr.", "n", "id", "example", "instance"})


def table_parts(text: str, names: Names = NAMES) -> list[Part]:
    """An input and an output for each row of a table that has these columns and a count at most; none otherwise."""
    rows = [(start, line.strip()) for start, line in lines(text) if line.strip()]
    head = next((index for index, (_, line) in enumerate(rows) if line.startswith("|")), len(rows))
    if head + 2 >= len(rows) or not set(rows[head + 1][1]) <= _SEPARATOR:
        return []
    lead = body(text[: rows[head][0]])
    kinds = _columns(_cells(rows[head][1]), names)
    if not kinds or (lead and not is_chat(lead)):
        return []
    parts = []
    for start, line in rows[head + 2 :]:
        if not line.startswith("|"):
            break
        cells = _cells(line)
        parts += [Part(kind, cells[index], start) for kind, index in kinds if index < len(cells)]
    return parts


def table_column(rows: list[str]) -> list[str]:
    """The cells below "Task" or a name like it, else those of the column with the longest texts; none of no table."""
    head = next((index for index, line in enumerate(rows) if line.lstrip().startswith("|")), len(rows))
    if head + 2 >= len(rows) or not set(rows[head + 1].strip()) <= _SEPARATOR:
        return []
    body = takewhile(lambda line: line.lstrip().startswith("|"), rows[head + 2 :])
    names, cells = _cells(rows[head].strip()), [_cells(line.strip()) for line in body]
    columns = list(zip_longest(*cells, fillvalue=""))[: len(names)]
    labels = [read_name(name[:LONGEST_NAME]).label for name in names]
    named = [column for label, column in zip(labels, columns, strict=False) if label and label.kind == "task"]
    return list(named[0] if named else max(columns, key=lambda column: len("".join(column)), default=()))


def _cells(line: str) -> list[str]:
    row = line.removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _split(row)]


def _split(row: str) -> list[str]:
    cells, end = [], 0
    while end <= len(row):
        match = _CELL.match(row, end)
        stop = match.end() if match else end
        stop = stop if stop == len(row) or row[stop] == "|" else len(row)
        cells.append(row[end:stop])
        end = stop + 1
    return cells


def _columns(head: list[str], names: Names) -> list[tuple[Literal["input", "output"], int]]:
    """Where inputs and outputs stand, in this order; nothing if other columns stand beside them."""
    found: list[tuple[Literal["input", "output"], int]] = []
    for index, cell in enumerate(head):
        name = read_name(cell[:80], names)
        kind = name.label.kind if name.label else None
        if kind in {"input", "output"}:
            found.append(("input" if kind == "input" else "output", index))
        elif name.text not in _COUNTS and kind != "example":
            return []
    return sorted(found) if [kind for kind, _ in sorted(found)] == ["input", "output"] else []
