"""The figures of a report, as Plotly draws them, each with what it says in words and as a table."""

from __future__ import annotations

import unicodedata
from html import escape
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.files.extras import needed

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping, Sequence

    from selfinstruct_chains.outputs.report.diversity import Phrases
    from selfinstruct_chains.run.acceptance import Window

# Okabe and Ito's colours, told apart by all kinds of sight, in shades that stand out on white and on near-black.
BLUE, ORANGE, GREEN, RED, PURPLE = "#2f7fc1", "#d98a00", "#0a9a72", "#d55e00", "#b86a98"
_LIGHT = ("#7db8e8", "#f2b84b", "#63c7a4", "#dba6c4", "#f0925c", "#a5d8f3", "#e6d96a")
"""The same, light enough for dark letters on them."""
_BINS = 50  # of ROUGE-L, from 0 to 1
_MOST_BARS = 40
_FEW = 5  # of what is counted, so that Plotly would write halves


class Chart(NamedTuple):
    """One figure."""

    title: str
    says: str
    """What it shows, in a sentence or two; also its text for those who don't see it."""
    figure: Mapping[str, Any]
    """`data` and `layout`, as Plotly's JSON."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    """The same as a table."""


def bars(title: str, says: str, counts: Mapping[str, int], *, name: str, color: str = BLUE) -> Chart:
    """Horizontal bars, the first on top, with their numbers."""
    go = needed("plotly.graph_objects", "report")
    trace = go.Bar(
        x=list(counts.values()),
        y=list(map(escaped, counts)),
        orientation="h",
        marker_color=color,
        text=[f"{count:,}" for count in counts.values()],
        textposition="auto",
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )
    layout = {
        "xaxis": {"visible": False},  # the numbers are on the bars
        "yaxis": {"autorange": "reversed", "type": "category"},
        "height": 50 + 32 * max(len(counts), 2),
    }
    return Chart(title, says, _figure([trace], layout), [name, "count"], list(counts.items()))


def stacked(title: str, says: str, rows: Mapping[str, Mapping[str, int]], *, name: str) -> Chart:
    """Horizontal bars of several parts: {bar: {part: size}}."""
    go = needed("plotly.graph_objects", "report")
    parts = list(dict.fromkeys(part for sizes in rows.values() for part in sizes))
    traces = [
        go.Bar(
            name=part,
            x=[sizes.get(part, 0) for sizes in rows.values()],
            y=list(rows),
            orientation="h",
            marker_color=color,
            hovertemplate=f"%{{y}}, {part}: %{{x:,}}<extra></extra>",
        )
        for part, color in zip(parts, (BLUE, ORANGE, GREEN, PURPLE), strict=False)
    ]
    layout = {
        "barmode": "stack",
        "yaxis": {"autorange": "reversed"},
        "legend": {"traceorder": "normal"},
        "height": 130 + 34 * max(len(rows), 2),
    }
    table = [[row, *(sizes.get(part, 0) for part in parts)] for row, sizes in rows.items()]
    return Chart(title, says, _figure(traces, layout | {"showlegend": True}), [name, *parts], table)


def similarity(title: str, says: str, scores: Iterable[float], *, threshold: float, color: str = BLUE) -> Chart:
    """A histogram of ROUGE-L, with a line where instructions count as too similar."""
    go = needed("plotly.graph_objects", "report")
    counts = [0] * _BINS
    for score in scores:
        counts[min(int(score * _BINS + 1e-9), _BINS - 1)] += 1
    starts = [number / _BINS for number in range(_BINS)]
    trace = go.Bar(
        x=[start + 0.5 / _BINS for start in starts],
        y=counts,
        width=1 / _BINS,
        marker_color=color,
        customdata=[f"{start:.2f} to {start + 1 / _BINS:.2f}" for start in starts],
        hovertemplate="%{customdata}: %{y:,}<extra></extra>",
    )
    line = {"type": "line", "x0": threshold, "x1": threshold, "y0": 0, "y1": 1, "yref": "paper"}
    layout = {
        "xaxis": {"range": [0, 1], "title": {"text": "ROUGE-L"}},
        "yaxis": {"title": {"text": "tasks"}, **_whole(counts)},
        "shapes": [line | {"line": {"color": RED, "width": 2, "dash": "dot"}}],
        "annotations": [
            {"x": threshold, "y": 1, "yref": "paper", "text": f"{threshold:g}", "showarrow": False, "xanchor": "left"}
        ],
    }
    rows = [[start, round(start + 1 / _BINS, 2), count] for start, count in zip(starts, counts, strict=True) if count]
    return Chart(title, says, _figure([trace], layout), ["from", "to (exclusive)", "tasks"], rows)


def lengths_chart(title: str, what: str, words: Counter[int], color: str) -> Chart:
    """A histogram of words; what lies beyond the 99th percentile is one last bar."""
    go = needed("plotly.graph_objects", "report")
    total = words.total()
    top = percentile(words, 0.99)
    width = next(width for width in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if top / width < _MOST_BARS)
    bins = [[start, start + width - 1, 0] for start in range(0, top + 1, width)]
    for length, count in words.items():
        bins[min(length // width, len(bins) - 1)][2] += count
    names = [f"{first}" if width == 1 else f"{first} to {last}" for first, last, _ in bins]
    if words and max(words) > bins[-1][1]:
        names[-1] = f"{bins[-1][0]} to {max(words)}"
    trace = go.Bar(
        x=[first + width / 2 - 0.5 for first, _, _ in bins],
        y=[count for *_, count in bins],
        width=width,
        marker_color=color,
        customdata=names,
        hovertemplate="%{customdata} words: %{y:,}<extra></extra>",
    )
    mean = sum(length * count for length, count in words.items()) / (total or 1)
    says = (
        f"{total:,} {what}: {mean:.1f} words on average, half of them at most {percentile(words, 0.5)}, "
        f"the longest {max(words, default=0):,}."
    )
    layout = {"xaxis": {"title": {"text": "words"}}, "yaxis": _whole([count for *_, count in bins]), "height": 240}
    rows = [[name, count] for name, (*_, count) in zip(names, bins, strict=True) if count]
    return Chart(title, says, _figure([trace], layout), ["words", what], rows)


def growth_chart(title: str, says: str, windows: Sequence[Window], pool_sizes: Sequence[int]) -> Chart:
    """The share of accepted instructions, and the pool's size after each window, over the requests."""
    go = needed("plotly.graph_objects", "report")
    x = [window.last for window in windows]
    rate = go.Scatter(
        x=x,
        y=[window.rate or 0 for window in windows],
        name="share accepted (left)",
        mode="lines+markers" if len(x) < 30 else "lines",  # noqa: PLR2004
        line={"color": ORANGE, "width": 2, "dash": "dot"},
        hovertemplate="up to request %{x}: %{y:.0%} accepted<extra></extra>",
    )
    pool = go.Scatter(
        x=x,
        y=list(pool_sizes),
        name="pool, with seeds (right)",
        yaxis="y2",
        line={"color": BLUE, "width": 3},
        hovertemplate="after request %{x}: %{y:,} in the pool<extra></extra>",
    )
    layout = {
        "xaxis": {"title": {"text": "request"}},
        "yaxis": {"range": [0, 1.02], "tickformat": ".0%"},
        "yaxis2": {"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False, "tickmode": "auto"},
        "showlegend": True,
        "height": 340,
    }
    rows = [[*window, size] for window, size in zip(windows, pool_sizes, strict=True)]
    columns = ["first request", "last request", "instructions", "accepted", "pool"]
    return Chart(title, says, _figure([rate, pool], layout), columns, rows)


def sunburst(title: str, says: str, phrases: Phrases) -> Chart:
    """Verbs in the middle, their nouns around them."""
    go = needed("plotly.graph_objects", "report")
    rows = [(verb, noun, count) for verb, nouns in phrases.top.items() for noun, count in nouns.items()]
    verbs = {verb: sum(nouns.values()) for verb, nouns in phrases.top.items()}
    colors = dict(zip(verbs, cycle(_LIGHT), strict=False))
    trace = go.Sunburst(
        ids=[*map(escaped, verbs), *(escaped(f"{verb} {noun}") for verb, noun, _ in rows)],
        labels=[*map(escaped, verbs), *(escaped(noun) for _, noun, _ in rows)],
        parents=["" for _ in verbs] + [escaped(verb) for verb, _, _ in rows],
        values=[*verbs.values(), *(count for *_, count in rows)],
        branchvalues="total",
        insidetextorientation="radial",
        insidetextfont={"color": "#16191d"},
        hovertemplate="%{id}: %{value:,}<extra></extra>",
        leaf={"opacity": 1},
        marker={
            "colors": [*colors.values(), *(_paler(colors[verb]) for verb, _, _ in rows)],
            "line": {"color": "#ffffff", "width": 1},
        },
    )
    layout = {"height": 560, "margin": {"l": 0, "r": 0, "t": 8, "b": 8}}
    return Chart(title, says, _figure([trace], layout), ["verb", "noun", "tasks"], rows)


def _paler(color: str) -> str:
    """A colour half-way to white."""
    return "#" + "".join(f"{(int(color[at : at + 2], 16) + 255) // 2:02x}" for at in (1, 3, 5))


def escaped(text: str) -> str:
    """A model's text for Plotly, which would obey tags in it, with what can't be seen made visible."""
    seen = (f"[U+{ord(one):04X}]" if unicodedata.category(one) in {"Cc", "Cf", "Cs"} else one for one in text)
    return escape("".join(seen), quote=False)


def percentile(counts: Counter[int], share: float) -> int:
    """The least value that at least this share of all do not exceed; 0 when there are none."""
    wanted, seen = share * counts.total(), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return 0


def _whole(counts: Sequence[int]) -> dict[str, Any]:
    """An axis of counts, without halves between few of them."""
    return {"dtick": 1} if max(counts, default=0) <= _FEW else {}


def _figure(traces: list[Any], layout: dict[str, Any]) -> Mapping[str, Any]:
    go = needed("plotly.graph_objects", "report")
    base = {
        "template": None,
        "showlegend": False,
        "height": 300,
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "legend": {"orientation": "h", "y": -0.25},
        "bargap": 0.15,
        "xaxis": {"automargin": True, "fixedrange": True},
        "yaxis": {"automargin": True, "fixedrange": True},
    }
    figure = go.Figure(traces, base)
    figure.update_layout(layout)
    found: Mapping[str, Any] = figure.to_plotly_json()
    return found
