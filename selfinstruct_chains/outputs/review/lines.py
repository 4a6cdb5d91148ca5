"""A file of one JSON object a line that several processes append to, and read while the others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import cut_torn_line, torn_line
from selfinstruct_chains.tasks import to_line

if TYPE_CHECKING:
    from pathlib import Path

V = TypeVar("V", bound=BaseModel)


class Lines(Generic[V]):
    """The values of such a file; what one process appends, the others see at their next look.

    Args:
        path: the file, which need not be there.
        of: the type of a line.
        again: what can be done once more when a line is deleted, for messages.
    """

    def __init__(self, path: Path, of: type[V], again: str) -> None:
        self.path, self._of, self._again = path, of, again
        self._read = 0  # bytes
        self._ends = 0  # of lines, among them

    def has_shrunk(self) -> bool:
        """Whether lines that were read are there no more; `new` begins at the first line then."""
        if self._size() >= self._read:
            return False
        self._read = self._ends = 0
        return True

    def new(self) -> list[V]:
        """What was appended since the last call; half a last line is left for a later one.

        Raises:
            RunError: the file can't be read, or a line is damaged; names it.
        """
        *lines, last = self._text().split(b"\n")
        found = []
        for line in lines:
            found.append(self._value(line))
            self._read += len(line) + 1
            self._ends += 1
        if (value := self._whole(last)) is not None:
            found.append(value)
            self._read += len(last)
        return [value for value in found if value is not None]

    def append(self, value: V) -> None:
        """Add a line; it is with the operating system when this returns.

        Raises:
            RunError: it can't be written.
        """
        line = to_line(value).encode("utf-8", "backslashreplace")
        try:
            with FileLock(self.path.with_name(f".{self.path.stem}.lock"), timeout=10):
                self._end_last_line()
                with self.path.open("ab") as file:
                    file.write(line)
        except OSError as error:  # a lock that is not given is one too
            raise RunError(f"{self.path}: can't be written: {error.strerror or error}") from None

    def _end_last_line(self) -> None:
        """A last line that was typed by hand without its end gets one; half a line of a killed process is cut off."""
        if not (last := torn_line(self.path)):
            return
        if self._whole(last) is None:
            cut_torn_line(self.path)
            return
        with self.path.open("ab") as file:
            file.write(b"\n")

    def _text(self) -> bytes:
        if self._size() == self._read:
            return b""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read)
                return file.read()
        except OSError as error:
            raise RunError(f"{self.path}: can't be read: {error.strerror or error}") from None

    def _whole(self, line: bytes) -> V | None:
        """The value of a line that has no end yet, where all of it is there."""
        try:
            return self._of.model_validate_json(line)
        except ValidationError:
            return None

    def _value(self, line: bytes) -> V | None:
        if not line.strip():
            return None
        if (value := self._whole(line)) is None:
            raise RunError(f"{self.path}, line {self._ends + 1}: damaged; delete the line, {self._again}")
        return value

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0
