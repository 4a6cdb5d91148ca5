"""Text files: their lines, or a short one whole."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

NOT_UTF_8 = "not text in UTF-8 (UTF-16, perhaps, or Latin-1?); save the file as UTF-8"
_SHORT = 2**20  # bytes


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


def short_text(path: Path, what: str) -> str:
    """A UTF-8 text file of at most 1 MiB, without its BOM.

    Args:
        path: the file.
        what: what it should be, for the message when it is larger.

    Raises:
        ConfigError: it is missing, a folder, not readable, larger, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_SHORT + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror or error}") from None
    if len(data) > _SHORT:
        raise ConfigError(f"{path}: {what} of more than {_SHORT // 2**20} MiB; give a shorter file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not UTF-8 at byte {error.start + 1} (UTF-16, perhaps, or Latin-1?); save it as UTF-8"
        ) from None
    if "\0" in text:
        raise ConfigError(f"{path}: {NOT_UTF_8}")
    return text
