"""What of a report is plain HTML, to be read and printed without scripts: numbers, sections, and the first tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.outputs.report.charts import WIDTH
from selfinstruct_chains.outputs.report.markup import element, html, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from selfinstruct_chains.outputs.report.charts import Chart
    from selfinstruct_chains.outputs.report.sections import Figure, Section
    from selfinstruct_chains.tasks import Task

FIRST = 50
"""Tasks that are there without scripts."""
_WIDE, _NARROW = 760, 350  # pixels of a figure that has a section for itself: on a desk, and on a phone
_SHARE = re.compile(r"\d+%")


class About(NamedTuple):
    """What stands above the sections."""

    title: str
    chain: str
    description: str
    unfinished: str
    """Why more may be to come; "" where nothing says so."""
    numbers: Sequence[Figure]
    """Those at the top."""


def header(about: About, sections: Sequence[Section]) -> str:
    """The page's title, what it is about, its main numbers, and its contents."""
    note = element("p", {"class": "note"}, *shown(f"Unfinished run: {about.unfinished}."))
    numbers = [
        element("div", {}, element("dt", {}, one.what), element("dd", {}, *shown(one.value))) for one in about.numbers
    ]
    places = [*((one.id, one.title) for one in sections), ("tasks", "Tasks")]
    links = [element("a", {"href": f"#{place}"}, title) for place, title in places]
    return html(
        element(
            "header",
            {},
            element("h1", {"id": "title"}, *shown(about.title)),
            element("p", {"id": "about", "class": "soft"}, *shown(f"Chain {about.chain}. {about.description}")),
            note if about.unfinished else None,
            element("dl", {"id": "figures"}, *numbers),
            element("nav", {"id": "contents", "aria-label": "Contents"}, *links),
        )
    )


def section(one: Section) -> str:
    """A section with its figures, each beside its table."""
    few = " one" if len(one.charts) == 1 else ""
    figures = [_figure(chart, alone=bool(few)) for chart in one.charts]
    table = _scrolled("scroll", one.title, _table(one.columns, one.rows, "shares")) if one.rows else None
    return html(
        element(
            "section",
            {"id": one.id, "class": "card"},
            element("h2", {}, one.title),
            element("p", {}, *shown(one.text)) if one.text else None,
            table,
            element("div", {"class": f"charts{few}"}, *figures) if figures else None,
        )
    )


def without_scripts(tasks: Sequence[Task], of: int) -> str:
    """The first tasks as a table, for a browser that runs no scripts."""
    says = f"Without scripts the page shows the first {len(tasks):,} of {of:,} tasks; with them, all can be searched."
    names = ("Id", "Instruction", "Inputs and outputs")
    head = element("tr", {}, *(element("th", {"scope": "col"}, name) for name in names))
    table = element("table", {"class": "first"}, element("thead", {}, head), element("tbody", {}, *map(_task, tasks)))
    return html(element("noscript", {}, element("p", {"class": "note"}, says), table))


def _figure(chart: Chart, *, alone: bool) -> Element:
    table = _scrolled("data", f"{chart.title}, as a table", _table(chart.columns, chart.rows))
    return element(
        "figure",
        {"id": f"figure-{chart.name}", "data-name": chart.name},
        element("h3", {}, chart.title),
        element("figcaption", {}, *shown(chart.says)),
        *_plots(chart, alone=alone),
        element("details", {}, element("summary", {}, "As a table"), table),
    )


def _plots(chart: Chart, *, alone: bool) -> Iterator[Element]:
    """The figure; where it has the whole width, also as narrow as a phone, so that its letters stay as large."""
    if not alone:
        yield element("div", {"class": "plot"}, chart.drawn(WIDTH))
        return
    yield element("div", {"class": "plot wide"}, chart.drawn(_WIDE))
    yield element("div", {"class": "plot narrow"}, chart.drawn(_NARROW))


def _scrolled(name: str, title: str, table: Element) -> Element:
    """A box that may be smaller than the table in it, and is scrolled by keys too."""
    return element("div", {"class": name, "tabindex": 0, "role": "region", "aria-label": title}, table)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], name: str = "") -> Element:
    head = element("tr", {}, *(element("th", {"scope": "col"}, *shown(column)) for column in columns))
    body = [element("tr", {}, *(_cell(value, place) for place, value in enumerate(row))) for row in rows]
    kind = {"class": name} if name else {}
    return element("table", kind, element("thead", {}, head), element("tbody", {}, *body))


def _cell(value: Any, place: int) -> Element:
    number = not isinstance(value, str) or (place > 0 and _SHARE.fullmatch(value))
    return element("td", {"class": "number"} if number else {}, *shown(_said(value)))


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    return value if isinstance(value, str) else f"{value:,}"


def _task(task: Task) -> Element:
    cells = [_text(f"{one.input} → {one.output}" if one.input.strip() else one.output) for one in task.instances]
    return element(
        "tr",
        {"id": f"task-{task.id}"},
        element("td", {"class": "id"}, *shown(task.id)),
        element("td", {}, _text(task.instruction)),
        element("td", {}, *cells),
    )


def _text(text: str) -> Element:
    return element("p", {"class": "text", "dir": "auto"}, *shown(text))
