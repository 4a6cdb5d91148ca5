"""The models that are evaluated, and where their answers come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.predictions import read_predictions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.files.predictions import Answer


def answers_of(models: Iterable[str], items: Sequence[Item]) -> dict[str, Mapping[str, Answer]]:
    """The answers of each model, by its name: that before "=", else the file's own.

    Args:
        models: files of given predictions, each with or without a name.
        items: what was asked.

    Raises:
        ConfigError: two models have one name.
        DataError: as `read_predictions`.
    """
    found: dict[str, Mapping[str, Answer]] = {}
    for given in models:
        name, path = _named(given)
        if name in found:
            raise ConfigError(f"--model: {name!r} is there twice; give one of them another name: --model OTHER={path}")
        found[name] = read_predictions(path, items)
    return found


def _named(given: str) -> tuple[str, Path]:
    name, equals, path = given.partition("=")
    return (name, Path(path)) if equals and not Path(given).exists() else (Path(given).stem, Path(given))
