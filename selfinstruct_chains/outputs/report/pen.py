"""What figures are drawn with: a theme's colours, texts and their widths, rules, bars, and the ticks of an axis."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.outputs.report.markup import element, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', 'Noto Sans', sans-serif"
"""Of every figure; a viewer takes the first that it has. Their letters are about as wide."""
SIZE = 12
"""Of letters, in pixels."""
_THIN, _BROAD = frozenset("fijlrtI.,:;'|!()[]/ -"), frozenset("mwMW@%")
_STEPS = (1, 2, 5, 10)
Anchor = Literal["start", "middle", "end"]
Tone = Literal["ink", "dim"]


class Theme(NamedTuple):
    """The colours of a figure that depend on what it stands on; the classes of the same names are the page's."""

    paper: str
    ink: str
    dim: str
    line: str

    def text(  # noqa: PLR0913 - SVG's
        self,
        x: float,
        y: float,
        content: str,
        *,
        anchor: Anchor = "start",
        tone: Tone = "ink",
        turned: float | None = None,
        more: Mapping[str, object] | None = None,
    ) -> Element:
        """A text whose middle line is at `y`; `turned` by so many degrees around its place; `more` attributes."""
        places: dict[str, object] = {"x": _px(x), "y": _px(y), "dy": "0.35em", "text-anchor": anchor}
        if turned is not None:
            places["transform"] = f"rotate({_px(turned)} {_px(x)} {_px(y)})"
        return element("text", {**places, "class": tone, "fill": getattr(self, tone), **(more or {})}, content)

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> Element:
        """A line of the grid."""
        ends = {"x1": _px(x1), "y1": _px(y1), "x2": _px(x2), "y2": _px(y2)}
        return element("line", {**ends, "class": "grid", "stroke": self.line, "stroke-width": 1})


LIGHT = Theme("#ffffff", "#16191d", "#565f6b", "#d9dee5")
DARK = Theme("#191d23", "#e8ebef", "#a3adba", "#3a424d")
THEMES = {"light": LIGHT, "dark": DARK}
"""By the names that files have."""


class Box(NamedTuple):
    """A place and a size, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Frame(NamedTuple):
    """Where a plot stands, in pixels, and the values at its right and upper ends; both begin with `low` and 0."""

    left: float
    top: float
    right: float
    bottom: float
    low: float
    high: float
    most: float

    def x(self, value: float) -> float:
        """The place of a value from left to right."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """The place of a value from below."""
        return self.bottom - value / self.most * (self.bottom - self.top)


def svg(width: float, height: float, theme: Theme, *children: Element | None) -> Element:
    """A whole figure on its paper."""
    size = {"width": _px(width), "height": _px(height), "viewBox": f"0 0 {_px(width)} {_px(height)}"}
    look = {"font-family": FONT, "font-size": SIZE}
    paper = element("rect", {"width": _px(width), "height": _px(height), "class": "paper", "fill": theme.paper})
    return element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **look}, paper, *children)


def bar(box: Box, color: str, says: str, *, open_: bool = False) -> Element:
    """A filled box that says what it is when it is pointed at; an `open_` one is pale, with a broken border."""
    place = {name: _px(value) for name, value in box._asdict().items()}
    broken = {"fill-opacity": 0.3, "stroke": color, "stroke-dasharray": "3 2"} if open_ else {}
    return element("rect", {**place, "fill": color, **broken}, element("title", {}, says))


def legend(theme: Theme, names: Sequence[tuple[str, str]], x: float, y: float) -> Iterator[Element]:
    """Names with their colours, in a row."""
    for name, color in names:
        yield element("rect", {"x": _px(x), "y": _px(y - 5), "width": 10, "height": 10, "fill": color})
        yield theme.text(x + 15, y, name)
        x += 31 + width_of(name)


def width_of(text: str, size: float = SIZE) -> float:
    """About how wide a text is as it is shown, in pixels: rather more than less."""
    return sum(map(_em, plain(text))) * size


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """The text, cut where it would be wider than `room`; "" where nothing of it would be left."""
    text = plain(" ".join(text.split()))
    if width_of(text, size) <= room:
        return text
    while text and width_of(text, size) + size > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


def ticks(most: float, wanted: int = 4) -> list[float]:
    """Round numbers from 0 to `most` or just above, about so many; whole ones."""
    step = 10.0 ** math.floor(math.log10(most / wanted)) if most > wanted else 1.0
    step *= next(one for one in _STEPS if most / (step * one) <= wanted or one == _STEPS[-1])
    return [number * step for number in range(math.ceil(most / step) + 1)] if most else [0, 1]


def short(number: float) -> str:
    """A number on an axis: 900, 12,000, 1.5M."""
    return f"{number / 1e6:,.1f}M".replace(".0M", "M") if number >= 1e6 else f"{number:,.0f}"  # noqa: PLR2004


def _em(character: str) -> float:
    """How wide a character is, for letters of size 1."""
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1
    if character in _THIN:
        return 0.33
    return 0.96 if character in _BROAD else 0.7 if character.isupper() else 0.57


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
