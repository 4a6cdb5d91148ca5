"""Comparisons whose runs are read, and whose other parts are made by hand: nothing is parsed or compared for them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.compare.between import Yardstick
from selfinstruct_chains.outputs.compare.comparison import Comparison
from selfinstruct_chains.outputs.compare.shares import Difference, Share
from selfinstruct_chains.outputs.compare.side import sides
from selfinstruct_chains.run.telling import untold
from selfinstruct_chains.training.evaluation.intervals import Estimate

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.outputs.compare.side import Side


def comparison(*paths: Path, **parts: Any) -> Comparison:
    """These runs, and of all else nothing but `parts`."""
    nothing: dict[str, Any] = dict.fromkeys(("prompts", "shares", "overlaps", "verbs", "notes"), ())
    nothing |= {"settings": {}, "differences": {}, "yardstick": Yardstick(0.7, "unicode")}
    read = dict(zip(dict.fromkeys(paths), _read(*dict.fromkeys(paths)), strict=False))
    runs = [replace(read[path], letter=letter) for path, letter in zip(paths, ascii_uppercase, strict=False)]
    return Comparison(runs, **(nothing | parts))


@cache
def _read(*paths: Path) -> list[Side]:
    """Each of them once, which takes longest; what is put there later is not seen."""
    return sides([*paths, paths[-1]], 10, untold)


def difference(key: str, mean: float, *, clear: bool, name: str = "") -> Difference:
    """A difference with an interval of a point to each side; one of 2.04 points would have shown."""
    return Difference(Share(key, name or key, ()), Estimate(mean, mean - 1, mean + 1, 2.04, 9), clear)
