"""Figures as SVG: bars, stacked bars, histograms, and two lines over the requests. Each for a width and a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.report.markup import element
from selfinstruct_chains.outputs.report.pen import Box, Frame, bar, fitted, legend, short, svg, ticks, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from selfinstruct_chains.outputs.report.pen import Theme

_ROW, _BAR = 26, 18  # pixels from bar to bar, and of a bar
_SAID = 200  # characters of a name that is pointed at
_COLUMN = 60  # pixels of a histogram's bar, at most
_TOP, _FOOT = 10, 42  # above a plot, and for what stands below its axis
_LABELS = 0.45  # of the width, at most, for names beside bars
_FEW = 30  # points that are drawn as such


class Bin(NamedTuple):
    """A bar of a histogram."""

    low: float
    high: float
    """Where the bar ends: the next one begins there."""
    name: str
    """What it counts, as "5 to 9"."""
    size: int
    overflow: bool = False
    """Whether it stands for all that is more than the axis shows."""


class Curve(NamedTuple):
    """A line."""

    name: str
    color: str
    values: Sequence[float]
    says: Sequence[str]
    """Of each point."""


def bars(width: float, theme: Theme, counts: Mapping[str, int], color: str, unit: str) -> Element:
    """Horizontal bars, the first on top, with their numbers."""
    left = min(max(map(width_of, counts)), width * _LABELS) + 10
    right = width - max(width_of(f"{count:,}") for count in counts.values()) - 14
    most = max([1, *counts.values()])
    parts: list[Element] = []
    for place, (name, count) in enumerate(counts.items()):
        y, size = _TOP + place * _ROW, (right - left) * count / most
        parts.append(theme.text(left - 8, y + _BAR / 2, fitted(name, left - 8), anchor="end"))
        parts.append(bar(Box(left, y, size, _BAR), color, f"{name[:_SAID]}: {count:,}"))
        parts.append(theme.text(left + size + 6, y + _BAR / 2, f"{count:,}"))
    bottom = _TOP + len(counts) * _ROW
    parts.append(theme.text((left + right) / 2, bottom + 8, unit, anchor="middle", tone="dim"))
    return svg(width, bottom + 22, theme, *parts)


def stacked(
    width: float, theme: Theme, rows: Mapping[str, Mapping[str, int]], colors: Mapping[str, str], unit: str
) -> Element:
    """Horizontal bars of several parts: {bar: {part: size}}, over an axis."""
    left, top = min(max(map(width_of, rows)), width * _LABELS) + 10, _TOP + 24
    marks = ticks(max(sum(parts.values()) for parts in rows.values()), 3 if width < 500 else 6)  # noqa: PLR2004
    frame = Frame(left, top, width - 30, top + len(rows) * _ROW, 0, marks[-1], 1)
    parts = [*legend(theme, list(colors.items()), left, _TOP + 4), *_below(theme, frame, marks, unit)]
    for place, (name, sizes) in enumerate(rows.items()):
        y, start = top + place * _ROW + (_ROW - _BAR) / 2, 0
        parts.append(theme.text(left - 8, y + _BAR / 2, fitted(name, left - 8), anchor="end"))
        for part, size in sizes.items():
            says = f"{name}, {part}: {size:,}"
            parts.append(bar(Box(frame.x(start), y, frame.x(size) - frame.left, _BAR), colors[part], says))
            start += size
    return svg(width, frame.bottom + _FOOT, theme, *parts)


def histogram(  # noqa: PLR0913, PLR0917 - all that it shows
    width: float,
    theme: Theme,
    bins: Sequence[Bin],
    color: str,
    names: tuple[str, str],
    limit: float | None = None,
) -> Element:
    """Counts of values in bins; `names` of the axes, across and up; a dotted line at `limit`.

    A last bin of overflow stands apart, pale and with a broken border, and its axis says from where on.
    """
    over = [one for one in bins if one.overflow]
    inside = [one for one in bins if not one.overflow]
    marks = ticks(max(one.size for one in bins))
    left, right = 30 + width_of(short(marks[-1])), width - 14 - (58 if over else 0)
    frame = Frame(left, _TOP + 8, right, 176, inside[0].low, inside[-1].high, marks[-1])
    parts = [*_beside(theme, frame, marks, names[1], width)]
    parts += [_column(frame, one, frame.x(one.low), frame.x(one.high), color) for one in inside]
    parts += _across(theme, frame, inside, names[0])
    for one in over:
        parts.append(_column(frame, one, right + 22, right + 46, color))
        parts.append(theme.text(right + 34, frame.bottom + 12, f"≥ {one.low:,.0f}", anchor="middle", tone="dim"))
    if limit is not None:
        parts += _limit(theme, frame, limit)
    return svg(width, frame.bottom + _FOOT, theme, *parts)


def growth(width: float, theme: Theme, requests: Sequence[int], share: Curve, pool: Curve) -> Element:
    """Two lines over the requests: a share, 0 to 1, by the axis on the left, and a size by the one on the right."""
    marks = ticks(max(pool.values), 5)
    last = max(requests[-1], 1)
    left, right = 58, width - 34 - width_of(short(marks[-1]))
    frame = Frame(left, _TOP + 30, right, 240, 0, last, 1)
    parts = [*legend(theme, [(share.name, share.color), (pool.name, pool.color)], left, _TOP + 4)]
    for fifth in range(6):
        y = frame.y(fifth / 5)
        parts += [theme.rule(left, y, right, y), theme.text(left - 6, y, f"{fifth * 20}%", anchor="end", tone="dim")]
    high = frame._replace(most=marks[-1])
    parts += [theme.text(right + 6, high.y(mark), short(mark), tone="dim") for mark in marks]
    middle = (frame.top + frame.bottom) / 2
    parts.append(theme.text(12, middle, share.name, anchor="middle", tone="dim", turned=-90))
    parts.append(theme.text(width - 12, middle, pool.name, anchor="middle", tone="dim", turned=90))
    parts += _below(theme, frame, [mark for mark in ticks(last, 6) if mark <= last], "request", grid=False)
    parts += _curve(frame, requests, share, "2 4")
    parts += _curve(high, requests, pool)
    return svg(width, frame.bottom + _FOOT, theme, *parts)


def _column(frame: Frame, one: Bin, left: float, right: float, color: str) -> Element:
    gap = max(min((right - left) * 0.1, 2), right - left - _COLUMN)
    y = min(frame.y(one.size), frame.bottom - bool(one.size))  # one in thousands is seen too
    says = f"{one.name}: {one.size:,}"
    box = Box(left + gap / 2, y, right - left - gap, frame.bottom - y)
    return bar(box, color, says, open_=one.overflow)


def _limit(theme: Theme, frame: Frame, at: float) -> Iterator[Element]:
    x = frame.x(at)
    ends = {"x1": f"{x:.1f}", "x2": f"{x:.1f}", "y1": frame.top, "y2": frame.bottom}
    yield element("line", {**ends, "stroke": "#d55e00", "stroke-width": 2, "stroke-dasharray": "2 3"})
    yield theme.text(x + 5, frame.top + 2, f"{at:g}")


def _beside(theme: Theme, frame: Frame, marks: Sequence[float], name: str, width: float) -> Iterator[Element]:
    """The axis on the left, with its grid."""
    for mark in marks:
        yield theme.rule(frame.left, frame.y(mark), width - 14, frame.y(mark))
        yield theme.text(frame.left - 6, frame.y(mark), short(mark), anchor="end", tone="dim")
    yield theme.text(10, (frame.top + frame.bottom) / 2, name, anchor="middle", tone="dim", turned=-90)


def _below(theme: Theme, frame: Frame, marks: Sequence[float], name: str, *, grid: bool = True) -> Iterator[Element]:
    """The axis below a plot."""
    for mark in marks:
        x = frame.x(mark)
        yield theme.rule(x, frame.top if grid else frame.bottom, x, frame.bottom + 4)
        yield theme.text(x, frame.bottom + 13, short(mark), anchor="middle", tone="dim")
    yield theme.text((frame.left + frame.right) / 2, frame.bottom + 31, name, anchor="middle", tone="dim")


def _across(theme: Theme, frame: Frame, bins: Sequence[Bin], name: str) -> Iterator[Element]:
    """The axis below a histogram: of shares from 0 to 1, or of whole numbers, which stand below their bars."""
    if bins[0].high < 1:
        marks = [(fifth / 5, f"{fifth / 5:g}") for fifth in range(6)]
    else:
        half = 0.5 if bins[0].high - bins[0].low == 1 else 0  # a bar of one number has it in its middle
        first, last = bins[0].low, bins[-1].low
        places = [first + mark for mark in ticks(last - first, 4) if first + mark <= last]
        marks = [(place + half, f"{place:,.0f}") for place in places]
    for value, text in marks:
        yield theme.text(frame.x(value), frame.bottom + 12, text, anchor="middle", tone="dim")
    yield theme.text((frame.left + frame.right) / 2, frame.bottom + 31, name, anchor="middle", tone="dim")


def _curve(frame: Frame, requests: Sequence[int], curve: Curve, dashes: str = "none") -> Iterator[Element]:
    points = [(frame.x(at), frame.y(value)) for at, value in zip(requests, curve.values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    style = {"fill": "none", "stroke": curve.color, "stroke-width": 2.5, "stroke-dasharray": dashes}
    yield element("polyline", {"points": path, **style})
    for (x, y), says in zip(points, curve.says, strict=True):
        dot = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 3.5, "fill": curve.color}
        dot |= {} if len(points) <= _FEW else {"fill-opacity": 0}  # to be pointed at
        yield element("circle", dot, element("title", {}, says))
