"""What the site shows of the program itself: keys, rules, commands, files of a run, public names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PARTS = ("entries", "keys_directive", "commands", "run_files", "texts")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    for part in _PARTS:
        import_module(f"ext.{part}").setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
