"""Score against size, with intervals, as an SVG that needs nothing to be looked at."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.training.evaluation.intervals import Estimate

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 680, 300, 60, 170, 36, 44
_COLOURS = ("#2563eb", "#c2410c", "#15803d", "#7e22ce")
_TICKS = 5
_DIGIT = 8  # wide, at most


class Dot(NamedTuple):
    """A mean at a size, with its interval."""

    size: int
    estimate: Estimate


class Line(NamedTuple):
    """Means over sizes."""

    name: str
    dots: Sequence[Dot]


class Level(NamedTuple):
    """A mean that has no size: a base, the control."""

    name: str
    estimate: Estimate


class Panel(NamedTuple):
    """One measure."""

    title: str
    lines: Sequence[Line]
    levels: Sequence[Level]


def svg(panels: Sequence[Panel]) -> str:
    """The panels one below the other, 680 wide and 300 high each."""
    body = "".join(
        f'<g transform="translate(0,{_HEIGHT * place})">{"".join(_panel(one))}</g>' for place, one in enumerate(panels)
    )
    height = _HEIGHT * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>Score by generated tasks</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>{body}</svg>\n'
    )


class _Frame(NamedTuple):
    """Where values stand."""

    last: int
    low: float
    high: float

    def x(self, size: float) -> float:
        return round(_LEFT + size / self.last * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (value - self.low) / (self.high - self.low) * (_HEIGHT - _BOTTOM - _TOP), 1)


def _panel(panel: Panel) -> Iterator[str]:
    frame = _frame(panel)
    yield f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(panel.title)}</text>'
    yield from _values(frame)
    yield from _sizes({dot.size for line in panel.lines for dot in line.dots}, frame)
    for place, level in enumerate(panel.levels):
        yield from _level(level, frame, _COLOURS[(place + 1) % len(_COLOURS)], place)
    for place, line in enumerate(panel.lines):
        yield from _line(line, frame, _COLOURS[-place % len(_COLOURS)], len(panel.levels) + place)


def _frame(panel: Panel) -> _Frame:
    estimates = [dot.estimate for line in panel.lines for dot in line.dots]
    estimates += [level.estimate for level in panel.levels]
    ends = [end for one in estimates for end in (one.mean, one.low, one.high) if end is not None]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = (high - low) * 0.08 or 1.0
    return _Frame(max((dot.size for line in panel.lines for dot in line.dots), default=1), low - room, high + room)


def _values(frame: _Frame) -> Iterator[str]:
    for tick in range(_TICKS + 1):
        value = frame.low + (frame.high - frame.low) * tick / _TICKS
        y = frame.y(value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#e5e7eb"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{value:.3g}</text>'


def _sizes(sizes: set[int], frame: _Frame) -> Iterator[str]:
    """A tick at each size that was trained on; where two stand close together, the larger one alone has its number."""
    bottom, free = _HEIGHT - _BOTTOM, float(_WIDTH)
    for size in sorted({0, *sizes}, reverse=True):
        x, half = frame.x(size), len(f"{size:,}") * _DIGIT / 2
        yield f'<line x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 5}" stroke="#6b7280"/>'
        if x + half <= free:
            yield f'<text x="{x}" y="{_HEIGHT - 26}" text-anchor="middle">{size:,}</text>'
            free = x - half - _DIGIT
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 8}">generated tasks trained on</text>'


def _level(level: Level, frame: _Frame, colour: str, place: int) -> Iterator[str]:
    one, right = level.estimate, _WIDTH - _RIGHT
    if one.low is not None and one.high is not None:
        top, bottom = frame.y(one.high), frame.y(one.low)
        yield (
            f'<rect x="{_LEFT}" width="{right - _LEFT}" y="{top}" height="{round(bottom - top, 1)}" '
            f'fill="{colour}" opacity="0.08"/>'
        )
    y = frame.y(one.mean)
    yield f'<line x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="{colour}" stroke-dasharray="5 4"/>'
    yield _name(level.name, colour, place)


def _line(line: Line, frame: _Frame, colour: str, place: int) -> Iterator[str]:
    points = " ".join(f"{frame.x(dot.size)},{frame.y(dot.estimate.mean)}" for dot in line.dots)
    yield f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'
    for dot in line.dots:
        x, one = frame.x(dot.size), dot.estimate
        yield f'<circle cx="{x}" cy="{frame.y(one.mean)}" r="3.5" fill="{colour}"/>'
        if one.low is not None and one.high is not None:
            yield f'<line x1="{x}" x2="{x}" y1="{frame.y(one.low)}" y2="{frame.y(one.high)}" stroke="{colour}"/>'
    yield _name(line.name, colour, place)


def _name(name: str, colour: str, place: int) -> str:
    return f'<text x="{_WIDTH - _RIGHT + 10}" y="{_TOP + 14 + 18 * place}" fill="{colour}">{escape(name)}</text>'
