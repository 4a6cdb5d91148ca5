"""A comparison as 80 columns of plain text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable
from selfinstruct_chains.outputs.compare.tables import tables
from selfinstruct_chains.outputs.compare.told import HOW, in_short, verdict
from selfinstruct_chains.training.evaluation.table import estimate_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.outputs.compare.between import Overlap
    from selfinstruct_chains.outputs.compare.comparison import Comparison
    from selfinstruct_chains.outputs.compare.side import Side
    from selfinstruct_chains.outputs.compare.tables import Row, Table

_WIDTH = 79
_FIRST = 27  # columns of a row's name
_CELL = 13
_FIT = (_WIDTH - _FIRST) // _CELL  # cells beside one another
_PAIRS = 3  # of the nearest instructions that are shown


def comparison_text(found: Comparison) -> str:
    """The runs, what has to be known of them, what differs, the figures side by side, and what it comes to."""
    blocks = ["\n".join(map(_run, found.sides))]
    if found.notes:
        blocks.append("\n".join(map(_note, found.notes)))
    for table in tables(found):
        blocks.append("\n".join(_table(table, found.sides)))
        if table.id == "settings" and found.prompts:
            blocks[-1] += "\n  -o FILE.html shows what differs in the prompts."
    blocks += ["\n".join(_nearest(one)) for one in _shown(found)]
    if any(found.differences.values()):
        blocks.append("\n".join(_differences(found)))
    blocks += [textwrap.fill(line, _WIDTH) for line in in_short(found)]
    return "\n\n".join(blocks)


def _run(side: Side) -> str:
    model = side.config.instructions.model
    about = printable(f"{side.finished:,} tasks of {side.config.name}; {model.provider}, {model.name}")
    return f"{side.letter}  {printable(str(side.path))}\n   {_cut(about, _WIDTH - 3)}"


def _note(text: str) -> str:
    return textwrap.fill(printable(text), _WIDTH, initial_indent="- ", subsequent_indent="  ")


def _table(table: Table, sides: Sequence[Side]) -> Iterator[str]:
    """In blocks of as many runs as fit; the paper's column stands in the last."""
    papers = any(row.paper for row in table.rows)
    for start in range(0, len(sides), _FIT):
        block = slice(start, start + _FIT)
        heads = [side.letter for side in sides[block]]
        last = papers and len(heads) < _FIT
        yield _line(table.title if len(table.title) <= _FIRST else "", [*heads, *(["the paper"] * last)], table.title)
        for row in table.rows:
            yield from _row(row, block, paper=last)
    if papers and not len(sides) % _FIT:
        yield _line("", ["the paper"])
        yield from (_line(row.name, [row.paper]) for row in table.rows if row.paper)
    if table.text:
        yield textwrap.fill(table.text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _row(row: Row, block: slice, *, paper: bool) -> Iterator[str]:
    """A line; a long name stands on one of its own, and where a cell is too long for its column, so does each."""
    cells = [printable(cell) for cell in row.cells[block]]
    name = printable(row.name)
    fits = all(len(cell) < _CELL for cell in cells)
    if len(name) >= _FIRST or not fits:
        yield _cut(name, _WIDTH)
        name = ""
    if fits:
        yield _line(name, [*cells, *([row.paper] * paper)])
        return
    for cell in dict.fromkeys(cells):
        letters = [chr(ord("A") + place) for place, other in enumerate(cells, start=block.start) if other == cell]
        start = f"    {' '.join(letters)}  "
        yield textwrap.fill(cell or "-", _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _line(name: str, cells: Sequence[str], above: str = "") -> str:
    line = f"{name:<{_FIRST}}" + "".join(f"{cell:>{_CELL}}" for cell in cells)
    return f"{above}\n{line.rstrip()}" if above and not name else line.rstrip()


def _shown(found: Comparison) -> Iterator[Overlap]:
    """Each two runs, or where there are many those with the first."""
    first = found.sides[0].letter
    return (one for one in found.overlaps if one.nearest and (one.one == first or len(found.sides) <= _FIT))


def _nearest(found: Overlap) -> Iterator[str]:
    yield f"Nearest instructions of {found.one} and {found.other}"
    for pair in found.nearest[:_PAIRS]:
        yield f"  ROUGE-L {pair.score:.2f}"
        for letter, said in ((found.one, pair.one), (found.other, pair.other)):
            yield _cut(printable(f"    {letter} {said.id}  {said.text}"), _WIDTH)


def _differences(found: Comparison) -> Iterator[str]:
    for letter, differences in found.differences.items():
        yield f"{letter} minus {found.sides[0].letter}, in percentage points [95%]"
        for one in differences:
            estimate = estimate_text(one.estimate, 1, sign="+")
            yield f"  {_cut(printable(one.share.name), 31):<31}{estimate:<24}{verdict(one)}"
    yield textwrap.fill(HOW.replace("“", '"').replace("”", '"'), _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
