"""A JSON Lines file that each start derives again from the journal."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.tasks import to_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from pydantic import BaseModel


class Derived:
    """Lines that are there already and the same stay; the rest is appended. So a smaller goal takes nothing away.

    A file in which something else stands, written by hand or by another version, is copied before it is changed.

    Args:
        path: the file; made if it is not there.
        say: told of such a copy.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path, self._say = path, say
        self._file = path.open("ab", buffering=0)
        self._there: BinaryIO | None = None  # what is there, as far as it was not compared yet
        try:
            self._there = path.open("rb")
        except OSError:
            self._file.close()
            raise

    def put(self, value: BaseModel) -> None:
        """The next line.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        line = to_line(value).encode("utf-8", "backslashreplace")
        try:
            if self._there and not self._is_there(line, self._there):
                self._there.close()
                self._there = None
            if not self._there and self._file.write(line) != len(line):
                raise OSError("the disk is full")  # noqa: TRY301 - like all that can go wrong here
        except OSError as error:
            raise RunError(f"{self._path}: can't be written: {error.strerror or error}") from None

    def close(self) -> None:
        """Put it on the disk."""
        if self._there:
            self._there.close()
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def _is_there(self, line: bytes, there: BinaryIO) -> bool:
        """Whether `line` comes next in the file; if not, what comes next is cut off."""
        place = there.tell()
        found = there.readline()
        if found == line:
            return True
        if found.endswith(b"\n"):
            kept = _copied(self._path)
            self._say(
                f"{self._path.name} was not as the journal has it, from byte {place} on; it is kept as {kept.name}"
            )
        self._file.truncate(place)
        return False


def _copied(path: Path) -> Path:
    number = 1
    while (copy := path.with_name(f"{path.stem}.old-{number}.jsonl")).exists():
        number += 1
    shutil.copyfile(path, copy)
    return copy
