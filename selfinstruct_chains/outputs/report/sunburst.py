"""The paper's figure of verbs and their objects, as SVG: verbs in a ring, their nouns around them."""

from __future__ import annotations

from math import cos, degrees, pi, sin
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.report.markup import element
from selfinstruct_chains.outputs.report.pen import fitted, svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from selfinstruct_chains.outputs.report.pen import Theme

COLORS = ("#7db8e8", "#f2b84b", "#63c7a4", "#dba6c4", "#f0925c", "#a5d8f3", "#e6d96a")
"""Light enough for dark letters on them."""
_LETTERS = "#16191d"
_SIZE = 11  # of letters
_WIDEST = 560
_RINGS = (0.27, 0.62, 1.0)  # where the rings begin and end, of the radius


class _Piece(NamedTuple):
    """A part of a ring: angles in radians, clockwise from above."""

    start: float
    end: float
    inner: float
    outer: float


def sunburst(width: float, theme: Theme, top: Mapping[str, Mapping[str, int]], share: str) -> Element:
    """The figure, with the share of all instructions that it shows in its middle."""
    size = min(width, _WIDEST)
    radius, total = size / 2 - 4, sum(sum(nouns.values()) for nouns in top.values())
    inner, middle, outer = (radius * ring for ring in _RINGS)
    parts: list[Element] = []
    at = 0.0
    for (verb, nouns), color in zip(top.items(), _colors(len(top)), strict=True):
        own, count = at, sum(nouns.values())
        for noun, times in nouns.items():
            piece = _Piece(at, at + 2 * pi * times / total, middle, outer)
            parts += _piece(theme, piece, noun, f"{verb} {noun}: {times:,}", _paler(color))
            at = piece.end
        parts += _piece(theme, _Piece(own, at, inner, middle), verb, f"{verb}: {count:,}", color)
    parts.append(theme.text(0, -9, share, anchor="middle", more={"font-size": 20, "font-weight": "bold"}))
    parts.append(theme.text(0, 9, "of instructions", anchor="middle", tone="dim", more={"font-size": 10}))
    parts.append(theme.text(0, 21, "are drawn", anchor="middle", tone="dim", more={"font-size": 10}))
    moved = element("g", {"transform": f"translate({width / 2:.1f} {size / 2:.1f})"}, *parts)
    return svg(width, size, theme, moved)


def _colors(count: int) -> list[str]:
    """A colour for each verb: none that its neighbours have, of which the first is also the last one's."""
    found = [COLORS[place % len(COLORS)] for place in range(count)]
    if count > 1 and found[-1] == found[0]:
        found[-1] = COLORS[len(COLORS) // 2]
    return found


def _piece(theme: Theme, piece: _Piece, name: str, says: str, color: str) -> Iterator[Element]:
    look = {"d": _path(piece), "fill": color, "stroke": theme.paper, "stroke-width": 1, "class": "edge"}
    yield element("path", look, element("title", {}, says))
    middle, half = (piece.inner + piece.outer) / 2, (piece.start + piece.end) / 2
    name = fitted(name, piece.outer - piece.inner - 6, _SIZE)
    if not name or (piece.end - piece.start) * middle < _SIZE:
        return
    x, y = _at(half, middle)
    turned = degrees(half) - 90
    turned += 180 if half > pi else 0  # the left half is not upside down
    look = {"fill": _LETTERS, "class": "on", "font-size": _SIZE, "pointer-events": "none"}
    yield theme.text(x, y, name, anchor="middle", turned=turned, more=look)


def _path(piece: _Piece) -> str:
    """The outline; a whole ring is two halves, as an arc can't end where it begins."""
    if piece.end - piece.start >= 2 * pi - 1e-6:
        halves = (piece._replace(end=piece.start + pi), piece._replace(start=piece.start + pi))
        return " ".join(map(_path, halves))
    large = int(piece.end - piece.start > pi)
    outer, inner = f"{piece.outer:.1f}", f"{piece.inner:.1f}"
    corners = [
        _at(piece.start, piece.outer),
        _at(piece.end, piece.outer),
        _at(piece.end, piece.inner),
        _at(piece.start, piece.inner),
    ]
    a, b, c, d = (f"{x:.2f} {y:.2f}" for x, y in corners)
    return f"M{a} A{outer} {outer} 0 {large} 1 {b} L{c} A{inner} {inner} 0 {large} 0 {d} Z"


def _at(angle: float, radius: float) -> tuple[float, float]:
    return sin(angle) * radius, -cos(angle) * radius


def _paler(color: str) -> str:
    """A colour half-way to white."""
    return "#" + "".join(f"{(int(color[at : at + 2], 16) + 255) // 2:02x}" for at in (1, 3, 5))
