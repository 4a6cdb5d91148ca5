"""What an evaluation leaves in its folder: figures, answers, and a page to look through them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import make_folder, write_atomically
from selfinstruct_chains.training.evaluation.models import folder_name
from selfinstruct_chains.training.evaluation.page import page
from selfinstruct_chains.training.evaluation.wire import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.training.evaluation.comparing import Evaluation
    from selfinstruct_chains.training.evaluation.judging import Judging

PAGE = "evaluation.html"
_FIGURES = "evaluation.json"
_ANSWERS, _MODELS, LIKELIHOODS, JUDGE = "answers", "models", "likelihoods", "judge"
_OURS = {PAGE, _FIGURES, _ANSWERS, _MODELS, LIKELIHOODS, JUDGE}


class Written(NamedTuple):
    """What was written."""

    page: Path
    figures: Path


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
    """Put the figures, each model's answers and the page into `out`; what an earlier call wrote is replaced.

    Raises:
        RunError: it can't be written.
    """
    written = Written(out / PAGE, out / _FIGURES)
    try:
        make_folder(out / _ANSWERS)
        for name in found.answers:
            write_atomically(answers_file(out, name), _lines(found, name))
        write_atomically(written.figures, json.dumps(as_json(found, judged), ensure_ascii=False, indent=2) + "\n")
        write_atomically(written.page, page(found, title))
    except OSError as error:
        raise RunError(f"{error.filename or out}: can't be written: {error.strerror or error}") from None
    return written


def answers_file(out: Path, name: str) -> Path:
    """Where the evaluation in `out` has the answers of the model `name`, as `read_predictions` reads them."""
    return out / _ANSWERS / f"{folder_name(name)}.jsonl"


def _lines(found: Evaluation, name: str) -> str:
    """A model's answers in the form that `read_predictions` reads, in the order of the items."""
    rows = ({"id": id_, "output": one.text, "stopped": one.stopped} for id_, one in found.answers[name].items())
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
