"""The files of a benchmark, which is often a folder of many (Super-NaturalInstructions has one for each task)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SUFFIXES = {".json", ".jsonl", ".ndjson", ".txt"}


def evaluation_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths, and in the place of each folder the .json, .jsonl, .ndjson and .txt files below it, by their names.

    Raises:
        DataError: there is none in a folder.
    """
    return tuple(file for path in paths for file in (_below(path) if path.is_dir() else [path]))


def _below(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not found:
        raise DataError(f"{folder}: no evaluation file is in this folder; use .json, .jsonl or .txt")
    return found
