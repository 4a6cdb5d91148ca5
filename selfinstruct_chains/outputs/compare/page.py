"""A comparison as one HTML file (`outputs.pages`)."""

from __future__ import annotations

from math import isnan
from string import Template
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import replacing_or_stdout
from selfinstruct_chains.outputs.compare.tables import interval, tables
from selfinstruct_chains.outputs.compare.told import HOW, in_short, verdict
from selfinstruct_chains.outputs.pages import assets, data, may_replace, policy
from selfinstruct_chains.training.evaluation.table import estimate_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.between import Overlap
    from selfinstruct_chains.outputs.compare.comparison import Comparison
    from selfinstruct_chains.outputs.compare.shares import Share
    from selfinstruct_chains.outputs.compare.side import Side
    from selfinstruct_chains.outputs.compare.tables import Table
    from selfinstruct_chains.training.evaluation.intervals import Estimate

MARK = "<!-- selfinstruct comparison -->"
"""What stands at the start of every comparison, after its doctype."""
_SCRIPTS = ("text.js", "sections.js", "compare.js")
_STYLES = ("theme.css", "page.css", "sections.css", "compare.css")
_DRAWN = ("accepted", "classification", "person.all", "judge.all")
_LONGEST = 40  # characters of a run's name over a column


def check(out: Path, *, force: bool) -> None:
    """Find out whether a comparison may be written there, before the long part.

    Raises:
        ConfigError: it can't, or another file is there.
    """
    may_replace(out, MARK, "comparison", force=force)


def write(found: Comparison, out: Path) -> None:
    """Write the page; `-` is standard output. What stands there is replaced: see `check`.

    Raises:
        ConfigError: it can't be written.
    """
    try:
        with replacing_or_stdout(out) as file:
            file.write(page(found).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ConfigError(f"{out}: can't be written: {error.strerror or error}") from None


def page(found: Comparison) -> str:
    """The whole file."""
    columns = ["", *(f"{side.letter} {_short(side.name)}" for side in found.sides)]
    sections = [_differences(found), *_shares(found), *(_section(table, columns) for table in tables(found))]
    content = {
        "runs": [_run(side) for side in found.sides],
        "notes": list(found.notes),
        "in_short": in_short(found),
        "sections": [section for section in sections if section["rows"] or section["plots"]],
        "prompts": [change._asdict() for change in found.prompts],
        "overlaps": [_overlap(one) for one in found.overlaps if one.nearest],
    }
    script = assets(_SCRIPTS)
    return Template(assets(["compare.html"])).substitute(
        mark=MARK, policy=policy([script]), style=assets(_STYLES), content=data(content), script=script
    )


def _run(side: Side) -> dict[str, str]:
    model = side.config.instructions.model
    about = f"{side.finished:,} tasks of the chain {side.config.name}; {model.provider}, {model.name}"
    return {"letter": side.letter, "name": side.name, "path": str(side.path), "about": about}


def _section(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    papers = any(row.paper for row in table.rows)
    rows = [{"cells": [row.name, *row.cells, *([row.paper] * papers)], "control": False} for row in table.rows]
    return _parts(table.id, table.title, table.text) | {
        "columns": [*columns, *(["the paper"] * papers)],
        "rows": rows,
    }


def _parts(id_: str, title: str, text: str) -> dict[str, Any]:
    return {"id": id_, "title": title, "text": text, "plots": [], "columns": [], "rows": []}


def _differences(found: Comparison) -> dict[str, Any]:
    """A plot for each other run."""
    plots = []
    for letter, differences in found.differences.items():
        dots = [
            _dot(one.share.name.strip(), one.estimate, f"{estimate_text(one.estimate, 1, sign='+')} {verdict(one)}")
            | {"clear": one.is_clear}
            for one in differences
        ]
        if dots:
            plots.append(_plot(f"{letter} minus {found.sides[0].letter}", dots))
    return _parts("differences", "Differences", HOW) | {"plots": plots}


def _shares(found: Comparison) -> Iterator[dict[str, Any]]:
    """The shares that are drawn, a dot for each run."""
    plots = [
        _plot(share.name.strip(), dots)
        for share in found.shares
        if share.key in _DRAWN and (dots := list(_dots(share, found.sides)))
    ]
    yield _parts("shares", "Shares, in percent", "With 95% intervals; the paper's has none.") | {"plots": plots}


def _dots(share: Share, sides: Sequence[Side]) -> Iterator[dict[str, Any]]:
    for place, side in enumerate(sides):
        estimate = share.estimate(place)
        if not isnan(estimate.mean):
            yield _dot(f"{side.letter} {_short(side.name)}", estimate, interval(estimate))
    if share.paper is not None:
        mean = 100 * share.paper
        yield {"name": "(the paper)", "mean": mean, "ends": None, "text": f"{mean:.0f}", "control": True}


def _plot(title: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rows on one scale, which holds zero."""
    ends = [0.0, *(value for row in rows for value in (row["mean"], *(row["ends"] or ())))]
    room = 0.03 * ((max(ends) - min(ends)) or 1)
    return {"title": title, "low": min(ends) - room, "high": max(ends) + room, "rows": rows}


def _dot(name: str, estimate: Estimate, text: str) -> dict[str, Any]:
    return {"name": name, "mean": estimate.mean, "ends": [estimate.low, estimate.high], "text": text}


def _overlap(found: Overlap) -> dict[str, Any]:
    pairs = [{"score": pair.score, "texts": [list(pair.one), list(pair.other)]} for pair in found.nearest]
    return {"one": found.one, "other": found.other, "pairs": pairs}


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "\u2026"
