"""The loss, step by step: as numbers, and as a picture that needs nothing to be looked at."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 320, 56, 40, 28, 16
_COLOURS = {"training": "#2563eb", "validation": "#c2410c"}


class Point(NamedTuple):
    """A loss at a step."""

    step: int
    loss: float
    """Nats per token of the answers."""


class Curve(NamedTuple):
    """What was measured while training."""

    training: list[Point]
    """Each the mean since the one before."""
    validation: list[Point]


def curve_of(history: list[dict[str, float]]) -> Curve:
    """The losses in the log that transformers' Trainer keeps, those apart that are no numbers."""
    return Curve(_points(history, "loss"), _points(history, "eval_loss"))


def curve_json(curve: Curve) -> str:
    """A list of steps and one of losses for each of the two."""
    lines = {
        name: {"steps": [point.step for point in points], "losses": [point.loss for point in points]}
        for name, points in curve._asdict().items()
    }
    return json.dumps(lines, indent=2) + "\n"


def curve_svg(curve: Curve) -> str:
    """The curve as an SVG of 640 to 320."""
    points = [*curve.training, *curve.validation]
    last = max((point.step for point in points), default=1) or 1
    top = max((point.loss for point in points), default=1.0) * 1.05 or 1.0
    lines = [_line(name, points, last, top) for name, points in curve._asdict().items() if points]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12" role="img"><title>Loss by step</title>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{_axes(last, top)}'
        f"{''.join(lines)}{_legend(curve)}</svg>\n"
    )


def _points(history: list[dict[str, float]], key: str) -> list[Point]:
    found = [Point(int(entry["step"]), float(entry[key])) for entry in history if key in entry and "step" in entry]
    return [point for point in found if math.isfinite(point.loss)]


def _x(step: float, last: int) -> float:
    return round(_LEFT + step / last * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(loss: float, top: float) -> float:
    return round(_HEIGHT - _BOTTOM - loss / top * (_HEIGHT - _BOTTOM - _TOP), 1)


def _line(name: str, points: list[Point], last: int, top: float) -> str:
    places = [(_x(point.step, last), _y(point.loss, top)) for point in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="2.5"/>' for x, y in places) if len(places) <= 30 else ""  # noqa: PLR2004
    colour = _COLOURS[name]
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/><g fill="{colour}">{dots}</g>'


def _axes(last: int, top: float) -> str:
    parts = []
    for fifth in range(6):
        y, x = _y(top * fifth / 5, top), _x(last * fifth / 5, last)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{top * fifth / 5:.2f}</text>')
        parts.append(f'<text x="{x}" y="{_HEIGHT - 22}" text-anchor="middle">{last * fifth / 5:g}</text>')
    parts.append(f'<text x="{(_WIDTH + _LEFT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">step</text>')
    return "".join(parts)


def _legend(curve: Curve) -> str:
    names = [name for name, points in curve._asdict().items() if points]
    return "".join(
        f'<text x="{_LEFT + 110 * place}" y="18" fill="{_COLOURS[name]}">{name} loss</text>'
        for place, name in enumerate(names)
    )
