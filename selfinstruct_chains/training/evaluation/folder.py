"""What an evaluation leaves in its folder: figures, answers, and a page to look through them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.items import read_items
from selfinstruct_chains.files.predictions import read_predictions
from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.training.evaluation.models import folder_name
from selfinstruct_chains.training.evaluation.page import page
from selfinstruct_chains.training.evaluation.wire import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.files.predictions import Answer
    from selfinstruct_chains.training.evaluation.comparing import Evaluation
    from selfinstruct_chains.training.evaluation.judging import Judging

PAGE = "evaluation.html"
_FIGURES = "evaluation.json"
_ITEMS = "items.jsonl"
RATINGS = "ratings.jsonl"
"""People's, from `selfinstruct review`."""
_ANSWERS, _MODELS, LIKELIHOODS, JUDGE = "answers", "models", "likelihoods", "judge"
_OURS = {PAGE, _FIGURES, _ITEMS, RATINGS, _ANSWERS, _MODELS, LIKELIHOODS, JUDGE}


class Written(NamedTuple):
    """What was written."""

    page: Path
    figures: Path


class Answered(NamedTuple):
    """What was asked, and what models said."""

    items: Sequence[Item]
    answers: Mapping[str, Mapping[str, Answer]]
    """By model and the item's id."""


def check_folder(out: Path) -> None:
    """Refuse what is no folder for an evaluation, before anything is asked.

    Raises:
        RunError: `out` is a file, or has something of somebody else's.
    """
    try:
        strangers = sorted(entry.name for entry in out.iterdir() if entry.name not in _OURS and entry.name[0] != ".")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{out}: can't be used as a folder: {error.strerror or error}; choose another: -o") from None
    if strangers:
        raise RunError(f"{out}: not an evaluation's folder (it has {strangers[0]!r}); choose another: -o")


def write(found: Evaluation, out: Path, title: str, judged: Judging | None = None) -> Written:
    """Put the figures, the items, each model's answers and the page into `out`; what an earlier call wrote is replaced.

    Raises:
        RunError: it can't be written.
    """
    written = Written(out / PAGE, out / _FIGURES)
    try:
        make_folder(out / _ANSWERS)
        write_atomically(out / _ITEMS, "".join(map(_item_line, found.items)))
        for name in found.answers:
            write_atomically(answers_file(out, name), _lines(found, name))
        write_atomically(written.figures, json.dumps(as_json(found, judged), ensure_ascii=False, indent=2) + "\n")
        write_atomically(written.page, page(found, title, judged))
    except OSError as error:
        raise RunError(f"{error.filename or out}: can't be written: {error.strerror or error}") from None
    return written


def is_evaluation(folder: Path) -> bool:
    """Whether an evaluation was written into the folder."""
    return (folder / _FIGURES).exists()


def answered(folder: Path) -> Answered:
    """The items and answers of an evaluation's folder.

    Raises:
        RunError: it has no figures that can be read, or no items: an earlier version wrote it.
        DataError: the items or the answers can't be read.
    """
    try:
        figures = json.loads((folder / _FIGURES).read_text(encoding="utf-8"))
        names = [figures["baseline"], *figures["differences"]]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise RunError(f"{folder / _FIGURES}: can't be read; the same evaluate command writes it anew") from None
    if not (folder / _ITEMS).exists():
        raise RunError(f"{folder}: has no {_ITEMS}; the same evaluate command writes it, and asks no model again")
    items = read_items(folder / _ITEMS)
    files = {name: answers_file(folder, name) for name in names}
    return Answered(items, {name: read_predictions(file, items, allow_missing=True) for name, file in files.items()})


def answers_file(out: Path, name: str) -> Path:
    """Where the evaluation in `out` has the answers of the model `name`, as `read_predictions` reads them."""
    return out / _ANSWERS / f"{folder_name(name)}.jsonl"


def _lines(found: Evaluation, name: str) -> str:
    """A model's answers in the form that `read_predictions` reads, in the order of the items."""
    rows = ({"id": id_, "output": one.text, "stopped": one.stopped} for id_, one in found.answers[name].items())
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _item_line(item: Item) -> str:
    """An item in the form that `read_items` reads."""
    row = {
        "id": item.id,
        "instruction": item.instruction,
        "instances": [{"input": item.input, "output": reference} for reference in item.references],
        "is_classification": item.is_classification,
        "category": item.category,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"
