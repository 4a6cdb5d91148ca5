"""People's ratings of answers: one `id`, `model`, `rating` and `by` a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError, did_you_mean
from selfinstruct_chains.files.rows import json_rows
from selfinstruct_chains.files.writing import write_atomically
from selfinstruct_chains.tasks import RATINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
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
    output: str | None = None
    """The answer that was rated; None where the file does not say."""


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
    for where, rated in _placed(path):
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


def ratings_in(path: Path) -> Iterator[Rated]:
    """All ratings of a file, of whatever there was to rate.

    Raises:
        DataError: it can't be read, or a line is no rating.
    """
    return (rated for _, rated in _placed(path))


def write_ratings(path: Path, ratings: Iterable[Rated]) -> None:
    """Replace a file of ratings; raises OSError where it can't be written."""
    rows = ({key: value for key, value in one._asdict().items() if value is not None} for one in ratings)
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _placed(path: Path) -> Iterator[tuple[str, Rated]]:
    return ((where, _rated(row, where)) for where, row in json_rows(path, _FORM))


def _rated(row: Mapping[str, Any], where: str) -> Rated:
    id_, model, rating, by = (row.get(key, "") for key in ("id", "model", "rating", "by"))
    rating = rating.strip().upper() if isinstance(rating, str) else rating
    if isinstance(id_, bool | list | dict) or not isinstance(model, str) or rating not in RATINGS:
        raise DataError(f"{where}: {_FORM}")
    output = row.get("output")
    return Rated(str(id_), model, rating, "" if by is None else str(by), output if isinstance(output, str) else None)
