"""What of a report's page is plain HTML."""

from __future__ import annotations

import re

import pytest

from selfinstruct_chains import Instance, Task
from selfinstruct_chains.outputs.report import static
from selfinstruct_chains.outputs.report.charts import Chart
from selfinstruct_chains.outputs.report.pen import svg
from selfinstruct_chains.outputs.report.sections import Figure, Section

FIGURE = Chart(
    "x", "Title", "It says.", lambda width, theme: svg(width, 10, theme), ["a"], [[None], [0.256], [12_345], ["3%"]]
)
"""An empty one, with a table of all kinds of values."""


def test_the_top_of_the_page() -> None:
    """Title, chain, why more may come, numbers and contents."""
    about = static.About("my <run>", "openai", "Made by it.", "stopped", [Figure("20", "finished tasks")])

    assert static.header(about, [Section("funnel", "From requests to tasks", "")]) == (
        '<header><h1 id="title">my &lt;run&gt;</h1><p id="about" class="soft">Chain openai. Made by it.</p>'
        '<p class="note">Unfinished run: stopped.</p>'
        '<dl id="figures"><div><dt>finished tasks</dt><dd>20</dd></div></dl>'
        '<nav id="contents" aria-label="Contents"><a href="#funnel">From requests to tasks</a>'
        '<a href="#tasks">Tasks</a></nav></header>'
    )
    assert "note" not in static.header(about._replace(unfinished=""), [])


def test_a_section_without_figures_may_be_a_table() -> None:
    """Shares are numbers, but in the first column; words are none."""
    rows = [["50%", "50%"], ["Valid", "7 of 8"]]

    assert static.section(Section("review", "Review", "Shares.", columns=["", "a person"], rows=rows)) == (
        '<section id="review" class="card"><h2>Review</h2><p>Shares.</p>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Review"><table class="shares"><thead><tr>'
        '<th scope="col"></th><th scope="col">a person</th></tr></thead><tbody>'
        '<tr><td>50%</td><td class="number">50%</td></tr><tr><td>Valid</td><td>7 of 8</td></tr>'
        "</tbody></table></div></section>"
    )
    assert static.section(Section("x", "Empty", "")) == '<section id="x" class="card"><h2>Empty</h2></section>'


def test_a_figure_stands_beside_its_table() -> None:
    """Without a value there is a dash; numbers have two digits after their point, or commas."""
    html = static.section(Section("x", "Section", "", [FIGURE, FIGURE]))

    assert html.endswith(
        "<details><summary>As a table</summary>"
        '<div class="data" tabindex="0" role="region" aria-label="Title, as a table"><table><thead><tr>'
        '<th scope="col">a</th></tr></thead><tbody><tr><td class="number">-</td></tr>'
        '<tr><td class="number">0.26</td></tr><tr><td class="number">12,345</td></tr><tr><td>3%</td></tr>'
        "</tbody></table></div></details></figure></div></section>"
    )


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, ["charts one", "plot wide", "760", "plot narrow", "350"]), (2, ["charts", *["plot", "380"] * 2])],
)
def test_a_lone_figure_is_there_for_a_desk_and_for_a_phone(count: int, expected: list[str]) -> None:
    """Where there are two, each has the width of a column."""
    html = static.section(Section("x", "", "", [FIGURE] * count))
    found = re.findall(r'class="(charts[^"]*|plot[^"]*)"|<svg [^>]*?width="(\d+)"', html)

    assert ["".join(one) for one in found] == expected


def test_the_first_tasks_are_a_table() -> None:
    """Without scripts; an input stands before its output, and a blank one is left out."""
    instances = (Instance(input="a", output="b"), Instance(input=" ", output="c\x00"))
    one = Task(id="000000-00", instruction="Do <it>.", instances=instances, is_classification=False)

    assert static.without_scripts([one], 1_000) == (
        '<noscript><p class="note">Without scripts the page shows the first 1 of 1,000 tasks; '
        "with them, all can be searched.</p>"
        '<table class="first"><thead><tr><th scope="col">Id</th><th scope="col">Instruction</th>'
        '<th scope="col">Inputs and outputs</th></tr></thead><tbody><tr id="task-000000-00">'
        '<td class="id">000000-00</td><td><p class="text" dir="auto">Do &lt;it&gt;.</p></td>'
        '<td><p class="text" dir="auto">a → b</p><p class="text" dir="auto">c<span class="odd">U+0000</span></p></td>'
        "</tr></tbody></table></noscript>"
    )
