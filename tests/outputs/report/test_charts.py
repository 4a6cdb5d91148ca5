"""The figures of a report as tables and in words."""

from __future__ import annotations

from collections import Counter

import pytest

from selfinstruct_chains.outputs.report import charts
from selfinstruct_chains.outputs.report.diversity import Phrases


@pytest.mark.parametrize(
    ("longest", "width"),
    [
        *[(39, 1), (40, 2), (79, 2), (80, 5), (199, 5), (200, 10), (399, 10), (400, 20), (799, 20), (800, 50)],
        *[(1999, 50), (2000, 100), (3999, 100), (4000, 200), (7999, 200), (8000, 500), (19_999, 500)],
        (20_000, 1_000_000_000),
    ],
)
def test_lengths_fall_into_at_most_forty_bars(longest: int, width: int) -> None:
    """Of the least round width that is enough."""
    rows = charts.lengths_chart("x", "outputs", Counter({0: 1, longest: 2}), charts.BLUE).rows

    assert rows[0][:2] == [0, width - 1]
    assert rows[-1] == [longest // width * width, longest // width * width + width - 1, 3 if longest < width else 2]


def test_lengths_begin_at_a_round_number() -> None:
    """And bars without anything are left out of the table."""
    chart = charts.lengths_chart("x", "outputs", Counter({13: 1, 58: 3, 90: 2}), charts.BLUE)

    assert chart.rows == [[12, 13, 1], [58, 59, 3], [90, 91, 2]]
    assert chart.columns == ["from (words)", "to (words)", "outputs"]
    assert chart.title == "Outputs"
    assert chart.says == "6 outputs: 61.2 words on average, half of them at most 58, the longest 90."


def test_no_lengths_are_said_to_be_none() -> None:
    """Where nothing was counted, nothing is drawn."""
    chart = charts.lengths_chart("x", "outputs", Counter(), charts.BLUE)

    assert (chart.says, chart.rows) == (
        "0 outputs: 0.0 words on average, half of them at most 0, the longest 0.",
        [],
    )


def test_parts_of_bars_are_columns() -> None:
    """In the order of the first bar's."""
    chart = charts.stacked("x", "", "", {"a": {"in": 1, "out": 2}, "b": {"in": 0, "out": 7}}, of="role", unit="tokens")

    assert chart.values() == [{"role": "a", "in": 1, "out": 2}, {"role": "b", "in": 0, "out": 7}]


def test_verbs_are_rows_with_their_nouns() -> None:
    """A verb has a row for each of its nouns."""
    chart = charts.verbs_chart("x", "", "", Phrases(8, 6, {"write": {"poem": 3, "song": 1}, "draw": {"cat": 2}}))

    assert chart.rows == [("write", "poem", 3), ("write", "song", 1), ("draw", "cat", 2)]
    assert [text.text for text in chart.drawn().iter("text")][-3] == "75%"


def test_a_figure_says_what_it_is() -> None:
    """Before all that is drawn, and as the label of the whole; what can't be seen in it is an escape."""
    drawn = charts.bars("x", "A title", "It says\x00.", {"a": 1}, of="label", unit="tasks").drawn(200)

    assert [part.tag for part in drawn][:3] == ["title", "desc", "rect"]
    assert [part.text for part in drawn][:2] == ["A title", r"It says\u0000."]
    assert (drawn.get("role"), drawn.get("aria-label")) == ("img", r"A title. It says\u0000.")
    assert (drawn.get("width"), drawn.get("height"), drawn.get("viewBox")) == ("200", "58", "0 0 200 58")
