"""Files that a chain file names: a stranger's may name those in its own folder alone, since they go to its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def file_beside(name: str, *, beside: Path, typed: bool, at: str, what: str) -> Path:
    """The path of the file that a key names.

    Args:
        name: as it stands there.
        beside: where a relative path starts.
        typed: whether the user typed it (`--set`): then it may be any file.
        at: what messages call the key.
        what: is in the file, in words.

    Raises:
        ConfigError: it is not in the chain file's folder or below.
    """
    path = beside / name
    if not (typed or path.resolve().is_relative_to(beside.resolve())):
        raise ConfigError(f"{at}: {name}: a chain file can name {what} in its own folder alone; move the file there")
    return path
