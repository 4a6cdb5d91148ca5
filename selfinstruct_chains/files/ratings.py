"""People's ratings of answers: one `id`, `model`, `rating` and `by` a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError, did_you_mean
from selfinstruct_chains.files.rows import json_rows
from selfinstruct_chains.tasks import RATINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from selfinstruct_chains.tasks import Rating

_FORM = 'one object {"id": "...", "model": "...", "rating": "A", "by": "..."} on each line is expected, rating A to D'


class Rated(NamedTuple):
    """What a person said of an answer."""

    id: str
    """The item's."""
    model: str
    rating: Rating
    by: str
    """Who; "" where the file does not say."""


def read_ratings(path: Path, ids: Collection[str], models: Collection[str]) -> list[Rated]:
    """The ratings of a JSON Lines file, in its order; not every answer has to have one.

    Args:
        path: the file; `-` is standard input.
        ids: of the items there are.
        models: whose answers there are, by the names they are evaluated under.

    Raises:
        DataError: it can't be read, a line is no rating, rates what is not there, or what the same person has rated.
    """
    found: dict[tuple[str, str, str], Rated] = {}
    for where, row in json_rows(path, _FORM):
        rated = _rated(row, where)
        key = (rated.id, rated.model, rated.by)
        if rated.id not in ids:
            raise DataError(f"{where}: {rated.id!r} is no item of the evaluation file")
        if rated.model not in models:
            there = f"{did_you_mean(rated.model, models)}; there are {', '.join(models)}"
            raise DataError(f"{where}: no model {rated.model!r} is evaluated{there}")
        if key in found:
            raise DataError(f"{where}: {rated.by or 'the same person'} rates this answer twice; keep one of the lines")
        found[key] = rated
    if not found:
        raise DataError(f"{path}: no ratings in it; {_FORM}")
    return list(found.values())


def _rated(row: Mapping[str, Any], where: str) -> Rated:
    id_, model, rating, by = (row.get(key, "") for key in ("id", "model", "rating", "by"))
    rating = rating.strip().upper() if isinstance(rating, str) else rating
    if isinstance(id_, bool | list | dict) or not isinstance(model, str) or rating not in RATINGS:
        raise DataError(f"{where}: {_FORM}")
    return Rated(str(id_), model, rating, "" if by is None else str(by))
