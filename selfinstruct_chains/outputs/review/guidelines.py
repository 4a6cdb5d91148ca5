"""What reviewers go by, beside the questions: the shipped text, or a Markdown file of one's own."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from markdown_it import MarkdownIt

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.lines import short_text

if TYPE_CHECKING:
    from pathlib import Path

_ASSETS = files("selfinstruct_chains.outputs") / "assets"


def guidelines(of: Literal["tasks", "answers"], own: Path | None = None) -> str:
    """The text as HTML, without what could load or run anything: HTML in it is shown as text, and so are images.

    Args:
        of: what is reviewed.
        own: a Markdown file to take instead of the shipped text.

    Raises:
        ConfigError: the file can't be read, or is no text.
    """
    text = _read(own) if own else (_ASSETS / f"review_{of}.md").read_text(encoding="utf-8")
    return MarkdownIt("js-default").disable("image").render(text)  # type: ignore[no-any-return]


def _read(path: Path) -> str:
    found = short_text(path, "guidelines")
    if not found.strip():
        raise ConfigError(f"{path}: no guidelines in it; a Markdown text is expected")
    return found
