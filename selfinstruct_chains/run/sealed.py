"""Checksums: at the end of a JSON object, and beside the lines of a derived file; and what to say of damage.

A sealed object ends in `, "crc": "1a2b3c4d"}` and a line end: the CRC-32 of all bytes before it, in hex. A derived file
has no room for checksums in its format, so `tasks.crc` has 9 bytes for each line of `tasks.jsonl`, in order. A line
counts when its checksum is there: a process that is killed between the two leaves one line more, which is no damage.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32

from selfinstruct_chains.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SEAL = b', "crc": "'
_SEAL_LENGTH = len(_SEAL) + len('1a2b3c4d"}\n')
SUM_LENGTH = len("1a2b3c4d\n")
"""Bytes of a line's checksum."""


class Differs(ValueError):
    """A derived file is not as it was written, from line `number` on."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}")
        self.number = number


def seal(body: bytes) -> bytes:
    """The end of a JSON object that begins with `body`, which is all of it but its last brace."""
    return b'%b%08x"}\n' % (_SEAL, crc32(body))


def is_sealed(whole: bytes) -> bool:
    """Whether an object has a checksum; it is compared as bytes, so that no bit of the end itself can be another.

    Raises:
        ValueError: it is another object's.
    """
    end = whole[-_SEAL_LENGTH:]
    if not end.startswith(_SEAL):
        return False
    if end != seal(whole[:-_SEAL_LENGTH]):
        raise ValueError("crc")
    return True


def sums_of(path: Path) -> Path:
    """The file with the checksums of a derived file's lines."""
    return path.with_suffix(".crc")


def line_sum(line: bytes) -> bytes:
    """The checksum of a derived file's line."""
    return b"%08x\n" % crc32(line)


def checked_lines(file: BinaryIO, sums: BinaryIO, *, ended: bool = False) -> Iterator[bytes]:
    """The lines of a derived file whose checksums are there; it may be written to meanwhile.

    Args:
        file: the lines, at its start.
        sums: their checksums.
        ended: whether who wrote it came to its end; then a last line without a checksum is somebody else's.

    Raises:
        Differs: a line is not as it was written, or lines or checksums are gone.
    """
    promised = sums.seek(0, os.SEEK_END) // SUM_LENGTH
    sums.seek(0)
    number, line = 1, file.readline()
    while line.endswith(b"\n"):
        found, following = sums.read(SUM_LENGTH), file.readline()
        if len(found) < SUM_LENGTH:
            if not following.endswith(b"\n") and not ended:
                break  # written just now, or its process was killed before the checksum
            sums.seek((number - 1) * SUM_LENGTH)  # what a line follows has its checksum by now
            found = sums.read(SUM_LENGTH)
        if found != line_sum(line):
            raise Differs(number)
        yield line
        number, line = number + 1, following
    if number <= promised:
        raise Differs(number)


def damaged(path: Path, number: int | None = None) -> RunError:
    """What to say of a file of a run, or of one of its lines."""
    where = f"{path}, line {number}" if number else str(path)
    command = f"selfinstruct repair {shlex.quote(str(path.parent))}"
    return RunError(f"{where}: damaged; nothing was changed. `{command}` keeps all that is good, and says what is lost")
