"""The pages of the site, and their blocks of code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
_BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<why>.+) -->\n)?(?P<fence>`{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_CAPTION = re.compile(r":caption: (.+)\n\n?")


class Block(NamedTuple):
    """A block of code of a page."""

    language: str
    text: str
    file: str
    """The name it is to be written under; "": it is run."""
    not_run: str
    """Why not; "": it is."""


def code(page: Path) -> Iterator[str]:
    """The text of each block of code or output, directives apart."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if not found["info"].startswith("{") or found["info"].startswith("{code-block}"):
            yield found["body"]


def blocks(page: Path) -> Iterator[Block]:
    """What a reader would type or write, from top to bottom."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        language = found["info"].removeprefix("{code-block}").strip()
        caption = _CAPTION.match(found["body"])
        text = found["body"][caption.end() :] if caption else found["body"]
        if caption or language in {"bash", "python"}:
            yield Block(language, text, caption[1] if caption else "", found["why"] or "")


def commands(text: str) -> Iterator[list[str]]:
    """The words of each selfinstruct command of a block, without that name."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\||;", line):
            words = shlex.split(part, comments=True) if "selfinstruct " in part else []
            if "selfinstruct" in words:
                yield words[words.index("selfinstruct") + 1 :]
