"""The lines of a text file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

NOT_UTF_8 = "not text in UTF-8 (UTF-16, perhaps, or Latin-1?); save the file as UTF-8"


def read_lines(path: Path | Traversable) -> Iterator[tuple[int, str]]:
    """The non-blank lines of a UTF-8 text file with their numbers, from 1; a BOM and CRLF are simply read.

    The path `-` is standard input.

    Raises:
        DataError: the file is missing, a folder, not readable, or not UTF-8.
    """
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n \t")
                if "\0" in text:
                    raise DataError(f"{path}, line {number}: {NOT_UTF_8}")
                if text:
                    yield number, text
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}, line {number}: {NOT_UTF_8}") from None
