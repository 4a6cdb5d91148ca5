"""The figures of a report: each with what it says in words, as a drawing, and as a table."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.report import drawing
from selfinstruct_chains.outputs.report.drawing import Bin, Curve
from selfinstruct_chains.outputs.report.facts import percentile
from selfinstruct_chains.outputs.report.markup import element, plain
from selfinstruct_chains.outputs.report.pen import LIGHT
from selfinstruct_chains.outputs.report.sunburst import sunburst

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from selfinstruct_chains.outputs.report.diversity import Phrases
    from selfinstruct_chains.outputs.report.pen import Theme
    from selfinstruct_chains.run.acceptance import Window

    Value = str | int | float | None

# Okabe and Ito's colours, told apart by all kinds of sight, in shades that stand out on white and on near-black.
BLUE, ORANGE, GREEN, PURPLE = "#2f7fc1", "#d98a00", "#0a9a72", "#b86a98"
WIDTH = 380
"""Of a figure, in pixels, unless asked otherwise: a column of a paper, or of a page."""
_BINS = 50  # of ROUGE-L, from 0 to 1
_MOST_BARS = 40


class Chart(NamedTuple):
    """One figure."""

    name: str
    """What its file is called; no other figure of the report has it."""
    title: str
    says: str
    """What it shows, in a sentence or two; also its text for those who don't see it."""
    draw: Callable[[float, Theme], Element]
    """The figure as SVG, so many pixels wide, in a theme."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    """The same as a table."""

    def drawn(self, width: float = WIDTH, theme: Theme = LIGHT) -> Element:
        """The figure as SVG, with its title and what it says for those who don't see it."""
        made = self.draw(width, theme)
        made.set("role", "img")
        made.set("aria-label", plain(f"{self.title}. {self.says}"))
        made.insert(0, element("title", {}, self.title))
        made.insert(1, element("desc", {}, self.says))
        return made

    def values(self) -> list[dict[str, Value]]:
        """The table as a dict for each row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def bars(  # noqa: PLR0913 - all that it shows
    name: str, title: str, says: str, counts: Mapping[str, int], *, of: str, unit: str, color: str = BLUE
) -> Chart:
    """Horizontal bars, the first on top, with their numbers: `of` what they are, and the `unit` they count."""
    draw = partial(drawing.bars, counts=counts, color=color, unit=unit)
    return Chart(name, title, says, draw, [of, unit], list(counts.items()))


def stacked(  # noqa: PLR0913 - all that it shows
    name: str, title: str, says: str, rows: Mapping[str, Mapping[str, int]], *, of: str, unit: str
) -> Chart:
    """Horizontal bars of several parts: {bar: {part: size}}, each with all parts."""
    parts = list(dict.fromkeys(part for sizes in rows.values() for part in sizes))
    colors = dict(zip(parts, (BLUE, ORANGE, GREEN, PURPLE), strict=False))
    draw = partial(drawing.stacked, rows=rows, colors=colors, unit=unit)
    table: list[list[Value]] = [[row, *(sizes[part] for part in parts)] for row, sizes in rows.items()]
    return Chart(name, title, says, draw, [of, *parts], table)


def similarity(  # noqa: PLR0913 - all that it shows
    name: str, title: str, says: str, scores: Iterable[float], *, threshold: float, color: str = BLUE
) -> Chart:
    """A histogram of ROUGE-L, with a line where instructions count as too similar."""
    counts = [0] * _BINS
    for score in scores:
        counts[min(int(score * _BINS + 1e-9), _BINS - 1)] += 1
    edges = [number / _BINS for number in range(_BINS + 1)]
    bins = [
        Bin(low, high, f"{low:.2f} to {high:.2f}", count)
        for (low, high), count in zip(pairwise(edges), counts, strict=True)
    ]
    axes = ("ROUGE-L F-measure", "tasks")
    draw = partial(drawing.histogram, bins=bins, color=color, names=axes, limit=threshold)
    rows = [[one.low, one.high, one.size] for one in bins if one.size]
    return Chart(name, title, says, draw, ["from", "to (exclusive)", "tasks"], rows)


def lengths_chart(name: str, what: str, words: Counter[int], color: str) -> Chart:
    """A histogram of words; what lies beyond the 99th percentile is one bar of its own, marked as such."""
    bins = _length_bins(words)
    total = words.total()
    mean = sum(length * count for length, count in words.items()) / (total or 1)
    says = (
        f"{total:,} {what}: {mean:.1f} words on average, half of them at most {percentile(words, 0.5)}, "
        f"the longest {max(words, default=0):,}."
    )
    if bins[-1].overflow:
        says += f" The pale bar holds the {bins[-1].size:,} of {bins[-1].low:,.0f} words or more."
    draw = partial(drawing.histogram, bins=bins, color=color, names=("words", what))
    rows = [[int(one.low), int(one.high) - 1, one.size] for one in bins if one.size]
    return Chart(name, what[0].upper() + what[1:], says, draw, ["from (words)", "to (words)", what], rows)


def growth_chart(name: str, title: str, says: str, windows: Sequence[Window], pool_sizes: Sequence[int]) -> Chart:
    """The share of accepted instructions, and the pool's size after each window, over the requests."""
    steps = list(zip(windows, pool_sizes, strict=True))
    rates = [window.rate or 0.0 for window in windows]
    told = [f"requests {one.first} to {one.last}: {one.rate or 0:.0%}" for one in windows]
    grown = [f"after request {one.last}: {size:,}" for one, size in steps]
    share, pool = Curve("share accepted", ORANGE, rates, told), Curve("pool, with seeds", BLUE, pool_sizes, grown)
    requests = [window.last for window in windows]
    draw = partial(drawing.growth, requests=requests, share=share, pool=pool)
    rows = [[*one, one.rate, size] for one, size in steps]
    columns = ["first request", "last request", "instructions", "accepted", "share accepted", "pool"]
    return Chart(name, title, says, draw, columns, rows)


def verbs_chart(name: str, title: str, says: str, found: Phrases) -> Chart:
    """Verbs in a ring, their nouns around them, and in the middle the share of instructions that is drawn."""
    rows = [(verb, noun, count) for verb, nouns in found.top.items() for noun, count in nouns.items()]
    draw = partial(sunburst, top=found.top, share=f"{found.drawn / found.parsed:.0%}")
    return Chart(name, title, says, draw, ["verb", "noun", "tasks"], rows)


def _length_bins(words: Counter[int]) -> list[Bin]:
    """Bins of round widths up to the 99th percentile, and one for the rest where there is any."""
    first, top = min(words, default=0), percentile(words, 0.99)
    width = next(width for width in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if (top - first) / width < _MOST_BARS)
    lows = range(first // width * width, top + 1, width)
    counts = dict.fromkeys(lows, 0)
    rest = 0
    for length, count in words.items():
        low = length // width * width
        if low in counts:
            counts[low] += count
        else:
            rest += count
    bins = [Bin(low, low + width, _words(low, low + width - 1), count) for low, count in counts.items()]
    if rest:
        over, longest = lows[-1] + width, max(words)
        bins.append(Bin(over, longest + 1, _words(over, longest), rest, overflow=True))
    return bins


def _words(low: int, high: int) -> str:
    return f"{low} words" if low == high else f"{low} to {high} words"
