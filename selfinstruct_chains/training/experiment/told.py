"""An experiment's findings for people: 80 columns of text, and one page."""

from __future__ import annotations

import textwrap
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from selfinstruct_chains.training.evaluation.table import evaluation_text
from selfinstruct_chains.training.experiment.figure import svg

if TYPE_CHECKING:
    from selfinstruct_chains.training.experiment.finding import Before, Findings

_WIDTH = 79
_ASSETS = files("selfinstruct_chains.outputs") / "assets"


def findings_text(found: Findings, title: str) -> str:
    """The table of all arms, and the verdict."""
    told = "\n\n".join(textwrap.fill(line, _WIDTH) for line in found.verdict)
    return f"{evaluation_text(found.whole, title)}\n\n{told}"


def findings_page(found: Findings, title: str, evaluated: str) -> str:
    """The same as a page that asks nobody for anything, with the figure and some answers.

    Args:
        found: what came of it.
        title: of the evaluation file.
        evaluated: where the page with all answers is, from this one.
    """
    styles = "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in ("theme.css", "report.css"))
    return Template((_ASSETS / "experiment.html").read_text(encoding="utf-8")).substitute(
        style=styles,
        verdict="".join(f"<p>{escape(line)}</p>" for line in found.verdict),
        figure=svg(found.panels),
        table=escape(evaluation_text(found.whole, title)),
        answers="".join(map(_answers, found.sample)),
        evaluated=escape(evaluated, quote=True),
    )


def _answers(one: Before) -> str:
    told = {"asked": one.item.question, "reference": one.item.references[0], **one.answers}
    parts = "".join(
        f'<h3>{escape(name)}</h3><p class="text" dir="auto">{escape(text.strip()) or "(nothing)"}</p>'
        for name, text in told.items()
    )
    return f'<div class="card parts">{parts}</div>'
