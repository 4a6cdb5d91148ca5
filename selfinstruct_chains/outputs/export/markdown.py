"""Markdown of cards, in which what a config or a model says means nothing but itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


def grid(rows: Iterable[tuple[str, ...]]) -> str:
    """A table; the first row is its head, and all columns but the first are numbers."""
    head, *body = rows
    lines = [head, ("---", *("---:" for _ in head[1:])), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def inline(text: str) -> str:
    """Text from a config or a model: one line in which Markdown and HTML mean nothing."""
    return re.sub(r"([\\`*_{}\[\]<>#|&!~])", r"\\\1", " ".join(printable(text).split()))


def code(text: str, language: str) -> str:
    """A block of code; its fence is longer than any in the text."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}{language}\n{text}\n{fence}"
