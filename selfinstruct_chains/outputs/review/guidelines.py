"""What reviewers go by, beside the questions: the shipped text, or a Markdown file of one's own."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from markdown_it import MarkdownIt

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.lines import NOT_UTF_8

if TYPE_CHECKING:
    from pathlib import Path

_ASSETS = files("selfinstruct_chains.outputs") / "assets"
_LONGEST = 2**20  # bytes


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
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror or error}") from None
    if len(text) > _LONGEST:
        raise ConfigError(f"{path}: guidelines of more than 1 MiB; give a shorter Markdown file")
    try:
        found = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = "\0"
    if "\0" in found:
        raise ConfigError(f"{path}: {NOT_UTF_8}")
    if not found.strip():
        raise ConfigError(f"{path}: no guidelines in it; a Markdown text is expected")
    return found
