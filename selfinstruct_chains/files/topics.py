"""`topics: FILE` of a chain file: a topic on each line (.txt), or a list, or names with weights (.yaml)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import yaml
from selfinstruct_chains.files.beside import file_beside
from selfinstruct_chains.files.lines import short_text

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
    try:
        text = short_text(path, "topics")
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None
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
