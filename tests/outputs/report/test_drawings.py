"""Figures that a run of twenty tasks does not have: long tails, many points, a whole ring, names without room."""

from __future__ import annotations

from collections import Counter

import pytest

from selfinstruct_chains.outputs.report import charts, drawing
from selfinstruct_chains.outputs.report.diversity import Phrases
from selfinstruct_chains.outputs.report.drawing import Curve
from selfinstruct_chains.outputs.report.files import figure_file
from selfinstruct_chains.outputs.report.pen import DARK, LIGHT
from selfinstruct_chains.run.acceptance import Window
from tests.outputs.looked_at import check_looked_at

LONG = "aa" + "i" * 400
"""Its first 39 letters are 160.2 pixels wide: with the mark of a cut they just have the room of a name beside bars."""
TIGHT = "aaaaaiiiiiizzzzzz"
"""Its first eleven letters just have the room of a noun in a figure of verbs, with the mark of a cut."""
VERBS = {
    "write": {TIGHT: 40, "poem": 30, "story": 1},
    "aaaaaaaizzzzzz": {"list": 20},
    "find": {"error": 15, "word": 5},
    "explain": {"idea": 12},
    "give": {"example": 11, "name": 7, "reason": 1, "list": 1},
    "sort": {"number": 9},
    "name": {"river": 8},
    "plan": {"trip": 6},
}


def growth(points: int, pool: int) -> charts.Chart:
    """Of so many windows of two requests each, and a pool that grows to `pool`."""
    windows = [Window(2 * one, 2 * one + 1, 16, one % 17) for one in range(points)]
    return charts.growth_chart("x", "Growth", "Some.", windows, [pool * (one + 1) // points for one in range(points)])


def test_what_a_small_run_has_not_looks_as_it_did() -> None:
    """Each is, to the byte, what somebody has looked at."""
    tail = Counter({5: 10_000, 6: 1, 7: 300, 12: 500, 400: 100})
    one = [Window(0, 0, 8, 4)]
    parts, few = {"prompts": 20, "replies": 15}, {"prompts": 3, "replies": 0}
    made = {
        "bars-long-names": (charts.bars("x", "Bars", "Two.", {LONG: 12_345, "b": 7}, of="label", unit="tasks"), LIGHT),
        "bars-of-nothing": (charts.bars("x", "Bars", "None.", {"a": 0, "b": 0}, of="label", unit="tasks"), DARK),
        "stacked": (
            charts.stacked("x", "Parts", "Two.", {LONG[:60]: parts, "b": few}, of="role", unit="tokens"),
            DARK,
        ),
        "lengths-with-a-tail": (charts.lengths_chart("x", "outputs", tail, charts.BLUE), LIGHT),
        "lengths-of-nothing": (charts.lengths_chart("x", "outputs", Counter({0: 1}), charts.BLUE), DARK),
        "lengths-of-many": (charts.lengths_chart("x", "outputs", Counter(range(10, 56)), charts.BLUE), LIGHT),
        "similarity": (
            charts.similarity("x", "Near", "Five.", [0.0, 0.3, 0.31, 0.71, 1.0], threshold=0.65, color=charts.GREEN),
            DARK,
        ),
        "growth-of-one-request": (charts.growth_chart("x", "Growth", "Some.", one, [12]), DARK),
        "growth-of-many": (growth(33, 2800), LIGHT),
        "verbs-one": (charts.verbs_chart("x", "Verbs", "One.", Phrases(1, 1, {"write": {"poem": 1}})), LIGHT),
        "verbs-two-halves": (
            charts.verbs_chart("x", "Verbs", "One.", Phrases(9, 4, {"write": {"poem": 2, "story": 2}})),
            DARK,
        ),
        "verbs-eight": (charts.verbs_chart("x", "Verbs", "Eight.", Phrases(200, 180, VERBS)), DARK),
    }

    check_looked_at("drawings", {f"{name}.svg": figure_file(chart, theme) for name, (chart, theme) in made.items()})


@pytest.mark.parametrize(
    ("width", "most", "marks"),
    [(380, 35, ["0", "20", "40"]), (499, 65, ["0", "50", "100"]), (500, 65, ["0", "20", "40", "60", "80"])],
)
def test_a_narrow_axis_has_fewer_numbers(width: float, most: int, marks: list[str]) -> None:
    """About three below 500 pixels, else about six."""
    chart = charts.stacked("x", "", "", {"a": {"prompts": most}}, of="role", unit="tokens")
    texts = [text.text for text in chart.drawn(width).iter("text")]

    assert texts[1:-2] == marks  # the legend before, the axis's name and the bar's after


@pytest.mark.parametrize(("points", "opacity"), [(30, None), (31, "0")])
def test_many_points_are_there_to_be_pointed_at_alone(points: int, opacity: str | None) -> None:
    """Up to thirty are drawn as dots; more of them would hide the line."""
    dots = list(growth(points, 100).drawn().iter("circle"))

    assert {dot.get("fill-opacity") for dot in dots} == {opacity}
    assert [dot.findtext("title") for dot in dots[::points]] == ["requests 0 to 1: 0%", "after request 1: 3"]


def test_what_does_not_fit_together_is_no_figure() -> None:
    """A pool, a value, a word or a column too few is a mistake of ours, and told."""
    windows = [Window(0, 0, 8, 4), Window(1, 1, 8, 2)]
    whole = Curve("a", "#000000", [1, 2], ["x", "y"])

    with pytest.raises(ValueError, match="zip"):
        charts.growth_chart("x", "", "", windows, [5])
    with pytest.raises(ValueError, match="zip"):
        drawing.growth(380, LIGHT, [0, 1], whole, whole._replace(values=[1], says=["x"]))
    with pytest.raises(ValueError, match="zip"):
        drawing.growth(380, LIGHT, [0, 1], whole, whole._replace(says=["x"]))
    with pytest.raises(ValueError, match="zip"):
        charts.bars("x", "", "", {"a": 1}, of="label", unit="tasks")._replace(columns=["label"]).values()
