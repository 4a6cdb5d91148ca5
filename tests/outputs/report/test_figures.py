"""Figures as SVG: what is drawn, hostile names, and the files that they are written to."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.novelty import Similar
from selfinstruct_chains.outputs.report import charts, files, sections, static
from selfinstruct_chains.outputs.report.diversity import Near, Phrases
from selfinstruct_chains.outputs.report.facts import gather
from selfinstruct_chains.outputs.report.files import MARK, NAMES, check_figures, figure_file, write_figures
from selfinstruct_chains.outputs.report.pen import DARK, LIGHT, fitted, ticks, width_of
from tests.outputs.looked_at import check_looked_at
from tests.outputs.runs import CONFIG
from tests.outputs.twenty import twenty

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.report.charts import Chart
    from selfinstruct_chains.outputs.report.sections import Section

HOSTILE = "]]></text></svg><script>alert(1)</script>&amp;&#0; \"'\x00\x1b[31m\u202e\ufffe\uffff\ud800 \u200b\x85 Ω 数"
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def parts(tmp_path: Path) -> list[Section]:
    """Each of the report's sections that has figures, of a run of twenty tasks."""
    facts = gather(twenty(tmp_path / "run"))
    near = [Near(Similar("s", 0.1), Similar("t", 0.9))]
    return [
        sections.funnel(facts),
        sections.verbs(Phrases(20, 13, {"write": {"poem": 12}, "make": {"list": 1}}), 20),
        sections.novelty(near, 20, CONFIG),
        sections.lengths(facts),
        sections.growth(facts),
        sections.labels(facts),
        sections.spending(facts, CONFIG),
    ]


@pytest.fixture
def every(parts: list[Section]) -> list[Chart]:
    """Each of the figures."""
    return [chart for section in parts for chart in section.charts]


def test_every_figure_has_a_name_of_its_own(every: list[Chart]) -> None:
    """Those that files are called by."""
    assert sorted(chart.name for chart in every) == sorted(NAMES)


@pytest.mark.parametrize(("theme", "paper"), [(LIGHT, "#ffffff"), (DARK, "#191d23")])
def test_a_figure_is_a_file_that_needs_no_other(every: list[Chart], theme: charts.Theme, paper: str) -> None:
    """Valid XML with its size, its colours and its fonts: no style sheet, variable, script or address in it."""
    for chart in every:
        text = figure_file(chart, theme)
        root = ET.fromstring(text)  # noqa: S314 - our own

        assert root.tag == f"{SPACE}svg"
        assert float(root.get("width", "0")) == charts.WIDTH
        assert "Helvetica" in root.get("font-family", "")
        assert root.find(f"{SPACE}rect").get("fill") == paper
        assert root.find(f"{SPACE}title").text == chart.title
        assert root.find(f"{SPACE}desc").text == chart.says
        assert not re.search(r"class=|style=|var\(|currentcolor|<script|href|url\(", text)
        assert text.count("http") == 1  # the name of SVG


def test_figures_and_sections_look_as_they_did(every: list[Chart], parts: list[Section]) -> None:
    """Each is, to the byte, what somebody has looked at."""
    drawn = {f"{chart.name}.svg": figure_file(chart, LIGHT) for chart in every}

    check_looked_at("figures", drawn | {"sections.html": "\n".join(map(static.section, parts))})


def test_axes_have_labels(every: list[Chart]) -> None:
    """What is counted, and in what unit, stands in each figure but the round one."""
    expected = {
        "funnel": {"instructions"},
        "dropped-instructions": {"dropped"},
        "dropped-instances": {"dropped"},
        "novelty-seeds": {"ROUGE-L F-measure", "tasks"},
        "length-of-outputs": {"words", "outputs"},
        "growth": {"request", "share accepted", "pool, with seeds"},
        "labels": {"instances"},
        "tokens": {"tokens"},
    }
    drawn = {chart.name: {text.text for text in chart.drawn().iter("text")} for chart in every}

    assert {name: labels & drawn[name] for name, labels in expected.items()} == expected


def test_the_share_that_is_drawn_stands_in_the_middle(every: list[Chart]) -> None:
    """Thirteen of twenty instructions have one of the verbs and objects that are drawn."""
    [verbs] = [chart for chart in every if chart.name == "verbs"]

    assert [text.text for text in verbs.drawn(560).iter("text")][-3:] == ["65%", "of instructions", "are drawn"]


@pytest.mark.parametrize(
    "chart",
    [
        charts.bars("x", HOSTILE, HOSTILE, {HOSTILE: 3, "b": 0}, of="label", unit=HOSTILE),
        charts.stacked("x", HOSTILE, HOSTILE, {HOSTILE: {"prompts": 1, "replies": 2}}, of="role", unit="tokens"),
        charts.verbs_chart("x", HOSTILE, HOSTILE, Phrases(2, 2, {HOSTILE: {HOSTILE: 2}})),
    ],
)
def test_hostile_text_is_text_in_a_figure(chart: Chart) -> None:
    """It ends no element and makes none, and each character that XML can't hold, or nobody sees, is an escape."""
    text = figure_file(chart, LIGHT)
    text.encode("utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own

    assert {part.tag.removeprefix(SPACE) for part in root.iter()} <= {
        "svg",
        "g",
        "title",
        "desc",
        "rect",
        "path",
        "text",
    } | {"line"}
    assert root.find(f"{SPACE}title").text == (
        "]]></text></svg><script>alert(1)</script>&amp;&#0; \"'"
        r"\u0000\u001b[31m\u202e\ufffe\uffff\ud800 \u200b\u0085 Ω 数"
    )


@pytest.mark.parametrize("width", [200, 350, 760, 2000])
@pytest.mark.parametrize("name", ["x" * 400, "数" * 400, "\u202e" * 60, "", " "])
def test_a_long_name_is_cut_where_its_room_ends(width: int, name: str) -> None:
    """No text stands outside of the figure."""
    chart = charts.bars("x", "", "", {name: 10**9, "b": 1}, of="label", unit="instances")
    drawn = chart.drawn(width)
    names = [text for text in drawn.iter("text") if text.get("text-anchor") == "end"]

    assert all(float(text.get("x")) - width_of(text.text or "") >= 0 for text in names)
    ends = [float(text.get("x")) + width_of(text.text) for text in drawn.iter("text") if text.text == "1,000,000,000"]
    assert max(ends) <= width


def test_few_and_many_are_drawn() -> None:
    """A run of one task, lengths that are all the same, and counts without a round end."""
    one = charts.lengths_chart("x", "outputs", Counter({0: 1}), charts.BLUE)
    same = charts.lengths_chart("x", "outputs", Counter({7: 50_000}), charts.BLUE)
    wide = charts.lengths_chart("x", "outputs", Counter(dict.fromkeys(range(5, 2005, 5), 3)), charts.BLUE)

    assert one.rows == [[0, 0, 1]]
    assert same.rows == [[7, 7, 50_000]]
    assert (wide.rows[0], wide.rows[-1]) == ([0, 49, 27], [2000, 2000, 3])
    assert sum(row[2] for row in wide.rows) == 1200
    for chart in (one, same, wide):
        figure_file(chart, DARK)


def test_a_whole_ring_is_drawn() -> None:
    """One verb with one object fills its ring, which an arc alone would leave empty."""
    drawn = charts.verbs_chart("x", "", "", Phrases(1, 1, {"write": {"poem": 1}})).drawn()

    assert [path.get("d", "").count("Z") for path in drawn.iter("path")] == [2, 2]


@pytest.mark.parametrize("count", [2, 7, 8, 15, 20])
def test_neighbours_differ_in_colour(count: int) -> None:
    """Also the first verb and the last, which meet."""
    top = {f"verb{number}": {"noun": 1} for number in range(count)}
    drawn = charts.verbs_chart("x", "", "", Phrases(count, count, top)).drawn()
    verbs = [path.get("fill") for path in drawn.iter("path")][1::2]

    assert all(one != other for one, other in zip(verbs, [*verbs[1:], verbs[0]], strict=True))


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (5, [0, 2, 4, 6]), (23, [0, 10, 20, 30]), (99, [0, 50, 100])],
)
def test_ticks_are_round_whole_numbers(most: int, expected: list[int]) -> None:
    """From 0 to the largest count, or just above."""
    assert ticks(most) == expected


@pytest.mark.parametrize("most", [7, 1000, 123_456, 10**9])
def test_ticks_reach_over_all(most: int) -> None:
    """And are not many."""
    assert ticks(most)[-1] >= most > ticks(most)[-2]
    assert len(ticks(most)) <= 6


def test_a_text_is_cut_with_a_mark() -> None:
    """Blanks are one each; what has room is left as it is."""
    assert fitted("a  b\nc", 100) == "a b c"
    assert fitted("a long name of something", 60) == "a long n…"
    assert fitted("name", 3) == ""


def test_files_are_light_and_dark(tmp_path: Path, every: list[Chart]) -> None:
    """Two for each figure, in a folder that is made; they can be replaced by a later report."""
    written = write_figures(every, tmp_path / "new" / "figures")
    check_figures(tmp_path / "new" / "figures", force=False)

    assert sorted(path.name for path in written) == sorted(f"{n}-{t}.svg" for n in NAMES for t in ("light", "dark"))
    assert {path.read_text("utf-8").count(MARK) for path in written} == {1}


def test_somebody_s_own_file_is_not_replaced(tmp_path: Path) -> None:
    """One with the name of a figure stops it before anything is computed; others may stand there."""
    (tmp_path / "architecture-dark.svg").write_text("<svg/>")
    check_figures(tmp_path, force=False)
    (tmp_path / "verbs-dark.svg").write_text("<svg/>")

    with pytest.raises(ConfigError, match=r"verbs-dark.svg: exists, and is no figure of a report"):
        check_figures(tmp_path, force=False)
    check_figures(tmp_path, force=True)
    with pytest.raises(ConfigError, match="a file; give a folder: --figures"):
        check_figures(tmp_path / "verbs-dark.svg", force=True)
    with pytest.raises(ConfigError, match=r"verbs-dark.svg.new: can't be written: Not a directory"):
        write_figures([], tmp_path / "verbs-dark.svg" / "new")


def test_a_folder_with_the_name_of_a_figure_is_none(tmp_path: Path) -> None:
    """It can't be read as a file, and stops it as another's file does."""
    (tmp_path / "funnel-light.svg").mkdir()

    with pytest.raises(ConfigError, match=r"funnel-light.svg: exists, and is no figure of a report"):
        check_figures(tmp_path, force=False)
    check_figures(tmp_path, force=True)
    check_figures(tmp_path / "none", force=False)


def test_names_of_files_are_safe() -> None:
    """Letters and dashes: they are ours, and nothing of a run is in them."""
    assert all(re.fullmatch("[a-z-]+", name) for name in files.NAMES)
