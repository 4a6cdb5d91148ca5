"""`topics: FILE` of a chain file: a topic on each line (.txt), or a list, or names with weights (.yaml)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import yaml
from selfinstruct_chains.files.beside import file_beside

_LARGEST = 2**20  # bytes
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def load_topics(value: Any, *, beside: Path, typed: bool, at: str) -> Any:
    """What stands in the file that `value` names; any other value as it is.

    A chain file may be a stranger's, and what its topics are goes to its model: it can name a file beside it or below.

    Args:
        value: of the key `topics`.
        beside: where a relative path starts.
        typed: whether the user typed it (`--set`): then it may be any file.
        at: what messages call the key.

    Raises:
        ConfigError: the file can't be read, or may not be named there, or holds no topics.
    """
    if not isinstance(value, str):
        return value
    if Path(value).suffix not in {".txt", ".yaml", ".yml"}:
        raise ConfigError(f"{at}: a list, names with weights, or a file (.txt, .yaml) is expected, not {value!r}")
    path = file_beside(value, beside=beside, typed=typed, at=at, what="topics")
    text = _read(path, at)
    if path.suffix != ".txt":
        try:
            found = yaml.parse(text)
        except ValueError as error:
            raise ConfigError(f"{at}: {path}: {error}") from None
    else:
        found = _lines(text, path, at)
    if not found or not isinstance(found, list | dict):
        raise ConfigError(f"{at}: {path}: no topics in it; one on each line (.txt), or a YAML list, is expected")
    return found


def _lines(text: str, path: Path, at: str) -> list[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _CONTROL.search(line):
            raise ConfigError(f"{at}: {path}: line {number}: the control character {found[0]!r}; remove it")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(path: Path, at: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{at}: {path}: can't be read: {error.strerror or error}") from None
    if len(data) > _LARGEST:
        raise ConfigError(f"{at}: {path}: more than {_LARGEST // 2**20} MiB; that is no list of topics")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{at}: {path}: not UTF-8 at byte {error.start + 1}; save it as UTF-8") from None
