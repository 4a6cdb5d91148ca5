"""Weights in safetensors files, read as numpy's 32-bit floats without torch, also the bf16 that numpy lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}
_LONGEST = 100 * 2**20
"""Bytes of a header; the format's own bound."""


def tensors(folder: Path) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Each tensor's name and values, of all safetensors files in a folder."""
    for path in sorted(folder.glob("*.safetensors")):
        begin, entries = header(path)
        with path.open("rb") as file:
            for name, entry in entries.items():
                first, last = entry["data_offsets"]
                file.seek(begin + first)
                yield name, _floats(file.read(last - first), entry["dtype"]).reshape(entry["shape"])


def header(path: Path) -> tuple[int, dict[str, Any]]:
    """Where the values begin in a safetensors file, in bytes, and what is said of each tensor: dtype, shape, place.

    Raises:
        ValueError: it is no such file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _LONGEST:
            raise ValueError(f"{path} is no safetensors file")
        entries = json.loads(file.read(length))
    if not isinstance(entries, dict):
        raise ValueError(f"{path} is no safetensors file")  # noqa: TRY004 - it is the value of the file
    entries.pop("__metadata__", None)
    return 8 + length, entries


def _floats(data: bytes, kind: str) -> np.ndarray[Any, Any]:
    values = np.frombuffer(data, dtype=_TYPES[kind])
    if kind == "BF16":  # the upper half of a 32-bit float
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)
