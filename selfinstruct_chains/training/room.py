"""A disk that is full, which is the user's to mend, and has as many faces as there are libraries that write."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError, SelfInstructError
from selfinstruct_chains.files.writing import FULL, is_full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IN_RUST = re.compile(r"\(os error (\d+)\)")
_SHORT = re.compile(r"inline_container\.cc|\d+ requested and \d+ written")
"""How torch's writer and numpy's tell that less was written than was given; neither says why."""


@contextmanager
def room(where: Path, remedy: str) -> Iterator[None]:
    """Say in one line that there is no room at `where`, and what to do.

    Raises:
        ConfigError: the disk, or what one may use of it, is full.
    """
    try:
        yield
    except SelfInstructError:
        raise
    except Exception as error:
        if not _is_full(error):
            raise
        raise ConfigError(f"{where}: no room on the disk: {remedy}") from error


def _is_full(error: Exception) -> bool:
    said = str(error)
    in_rust = _IN_RUST.search(said)
    return is_full(error) or bool(_SHORT.search(said)) or (in_rust is not None and int(in_rust[1]) in FULL)
