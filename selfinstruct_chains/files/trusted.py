"""Which chain files their user said yes to, by what stands in them: a line each in the user's own folder of settings.

The yes is about where prompts and values go, and that stands in the chain file alone: a prompt file can't change it, so
what counts is the chain file and what was asked. A change of either is asked about anew; a copy of the file is not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME = "trusted-chains.txt"


class Trusted:
    """The list in the folder `folder`; one that can't be read is empty."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME

    def has(self, chain: bytes, asked: Iterable[str]) -> bool:
        """Whether its user said yes to the file of the content `chain`, when asked about `asked`."""
        try:
            lines = self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return False
        return _hash(chain, asked) in {line.partition(" ")[0] for line in lines}

    def add(self, chain: bytes, asked: Iterable[str], name: str) -> None:
        """Remember a yes, with the file's name for whoever looks at the list.

        Raises:
            OSError: the list can't be written.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{_hash(chain, asked)} {' '.join(name.split())}\n")


def _hash(chain: bytes, asked: Iterable[str]) -> str:
    return hashlib.sha256(b"\0".join([chain, *(clause.encode("utf-8", "replace") for clause in asked)])).hexdigest()
