"""The objects of a JSON Lines file, each with the words for where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def json_rows(path: Path, form: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What stands on each line that is not blank, and "FILE, line N".

    Args:
        path: the file; `-` is standard input.
        form: what a message says is expected.

    Raises:
        DataError: the file can't be read, or a line is no JSON object.
    """
    for number, line in read_lines(path):
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(f"{where}: not JSON; {form}") from None
        if not isinstance(row, dict):
            raise DataError(f"{where}: {form}")
        yield where, row
