"""An evaluation as one HTML file (`outputs.pages`): figures, and the answers side by side, to be searched."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.outputs.pages import assets, blocks, data, packed, policy
from selfinstruct_chains.training.evaluation.comparing import CONTROLS, MEASURES
from selfinstruct_chains.training.evaluation.judging_text import (
    PAIRED,
    RATED,
    agreements,
    interval_text,
    judging_notes,
    pair_verdict,
    paired_cells,
    rated_cells,
    trust,
)
from selfinstruct_chains.training.evaluation.table import SHOWN, estimate_text, notes_on, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from selfinstruct_chains.training.evaluation.comparing import Evaluation, MeasureName
    from selfinstruct_chains.training.evaluation.intervals import Estimate
    from selfinstruct_chains.training.evaluation.judging import Judging
    from selfinstruct_chains.training.evaluation.scoring import Score

_SCRIPTS = ("text.js", "rows.js", "sections.js", "evaluation_items.js", "evaluation.js")
_STYLES = ("theme.css", "page.css", "sections.css", "evaluation.css")
_BLOCK = 500  # items
_DRAWN: tuple[MeasureName, ...] = ("rouge", "rouge_first", "nll")
"""Measures whose means are drawn; all are in the table."""

_RATED_TEXT = (
    "Percent of the answers at each of the paper's four levels: A correct and satisfying, B acceptable with minor "
    "errors, C responds with significant errors, D irrelevant or invalid."
)
_PAIRED_TEXT = (
    "Each pair was shown in both orders; a win counts if both agree. Net is wins minus losses, in percent of the pairs."
)
_PEOPLE_TEXT = "Cohen's kappa, the same with quadratic weights, and Spearman's rank correlation (of so many)."


class _Section(NamedTuple):
    id: str
    title: str
    text: str = ""
    plots: Sequence[Mapping[str, Any]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Mapping[str, Any]] = ()


def page(found: Evaluation, title: str, judged: Judging | None = None) -> str:
    """The whole file.

    Args:
        found: what was found.
        title: what the items are called.
        judged: what a judge said, if there was one.
    """
    labelled = sum(item.is_classification for item in found.items)
    sections = [_means(found), _differences(found), *(_judged(judged) if judged else ()), _categories(found)]
    others = [name for name in found.answers if name != found.baseline]
    content = {
        "title": title,
        "about": f"{len(found.items):,} items, {labelled:,} of them classification; {len(found.answers)} models, and "
        "two controls: one sentence whatever is asked, and the input given back.",
        "notes": [*notes_on(found), *(judging_notes(judged) if judged else ())],
        "models": [found.baseline, *others],
        "categories": sorted({item.category for item in found.items}),
        "sections": [section._asdict() for section in sections if section.rows or section.plots],
    }
    rows = list(_items(found, [found.baseline, *others]))
    packs = [packed(rows[start : start + _BLOCK]) for start in range(0, len(rows), _BLOCK)]
    script = assets(_SCRIPTS)
    return Template(assets(["evaluation.html"])).substitute(
        policy=policy([script]), style=assets(_STYLES), content=data(content), rows=blocks(packs), script=script
    )


def _means(found: Evaluation) -> _Section:
    """Every measure of every model and control."""
    known = [name for name in MEASURES if any(name in means for means in found.whole.means.values())]
    rows = [
        {
            "cells": [_name(name), *(_cell(means.get(measure), measure) for measure in known)],
            "control": name in CONTROLS,
        }
        for name, means in found.whole.means.items()
    ]
    plots = [_plot(MEASURES[measure].title, _dots(found, measure)) for measure in _DRAWN if measure in known]
    columns = ["", *(MEASURES[measure].title for measure in known)]
    text = "Means over the items, with 95% intervals. ROUGE-L, matches and stopping are percents."
    return _Section("means", "How good the answers are", text, plots, columns, rows)


def _dots(found: Evaluation, measure: MeasureName) -> Iterator[dict[str, Any]]:
    for name, means in found.whole.means.items():
        if measure in means:
            yield _dot(_name(name), means[measure], _cell(means[measure], measure)) | {"control": name in CONTROLS}


def _differences(found: Evaluation) -> _Section:
    """Each model minus the baseline, a plot for each."""
    plots = [
        _plot(f"{model} minus {found.baseline}", dots)
        for model, differences in found.whole.differences.items()
        if (
            dots := [
                _dot(
                    MEASURES[name].title,
                    one.estimate,
                    f"{estimate_text(one.estimate, MEASURES[name].digits, sign='+')} {verdict(name, one)}",
                )
                | {"clear": one.is_clear}
                for name in SHOWN
                if (one := differences.get(name))
            ]
        )
    ]
    text = (
        "Paired by item, with 95% intervals. “Can't tell below 5.0” says: a true difference of 5.0 would have shown in "
        "four of five evaluations with so many items, a smaller one need not."
    )
    return _Section("differences", f"Differences from {found.baseline}", text, plots)


def _judged(found: Judging) -> list[_Section]:
    """The judge's ratings, its pairs, and how far it can be trusted."""
    rated = [{"cells": [model, *rated_cells(levels)]} for model, levels in found.levels.items()]
    acceptable = [
        _dot(model, levels.acceptable, interval_text(levels.acceptable))
        for model, levels in found.levels.items()
        if levels.rated
    ]
    paired = [{"cells": [model, *paired_cells(one)]} for model, one in found.preferences.items()]
    nets = [
        _dot(
            model, one.net.estimate, f"{interval_text(one.net.estimate, sign='+')} {pair_verdict(one, found.baseline)}"
        )
        | {"clear": one.net.is_clear}
        for model, one in found.preferences.items()
        if one.win_rate is not None
    ]
    known = {model: dict(trust(one)) for model, one in found.preferences.items()}
    heads = list(dict.fromkeys(head for figures in known.values() for head in figures))
    doubts = [{"cells": [model, *(figures.get(head, "-") for head in heads)]} for model, figures in known.items()]
    people = [{"cells": [name, figures]} for name, figures in agreements(found)]
    return [
        _Section("ratings", f"Rated by {found.judge}", _RATED_TEXT, _plots("A or B", acceptable), ["", *RATED], rated),
        _Section("pairs", f"Pairs beside {found.baseline}", _PAIRED_TEXT, _plots("Net", nets), ["", *PAIRED], paired),
        _Section("trust", "How far the judge can be trusted", "", (), ["", *heads], doubts),
        _Section("people", "Agreement on ratings", _PEOPLE_TEXT, (), ["", "agreement"], people),
    ]


def _plots(title: str, dots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_plot(title, dots)] if dots else []


def _categories(found: Evaluation) -> _Section:
    models = list(found.answers)
    rows = [
        {
            "cells": [
                name or "(none)",
                f"{part.items:,}",
                *(_cell(part.means[model].get("rouge"), "rouge") for model in models),
            ]
        }
        for name, part in found.by_category.items()
    ]
    return _Section("categories", "ROUGE-L by category", "", (), ["", "items", *models], rows)


def _plot(title: str, dots: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The rows on one scale, which holds zero."""
    rows = list(dots)
    ends = [0.0, *(value for row in rows for value in (row["mean"], *(row["ends"] or ())))]
    low, high = min(ends), max(ends)
    room = 0.03 * ((high - low) or 1)
    return {"title": title, "low": low - room, "high": high + room, "rows": rows}


def _dot(name: str, estimate: Estimate, text: str) -> dict[str, Any]:
    ends = None if estimate.low is None else [estimate.low, estimate.high]
    return {"name": name, "mean": estimate.mean, "ends": ends, "text": text}


def _cell(estimate: Estimate | None, measure: MeasureName) -> str:
    return estimate_text(estimate, MEASURES[measure].digits) if estimate else "-"


def _name(name: str) -> str:
    return f"({name})" if name in CONTROLS else name


def _items(found: Evaluation, models: Sequence[str]) -> Iterator[dict[str, Any]]:
    for place, item in enumerate(found.items):
        yield {
            "id": item.id,
            "category": item.category,
            "labelled": item.is_classification,
            "instruction": item.instruction,
            "input": item.input,
            "references": item.references,
            "answers": [_answer(found, name, item.id, found.scores[name][place]) for name in models],
        }


def _answer(found: Evaluation, model: str, id_: str, score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    answer = found.answers[model][id_]
    return {
        "text": answer.text,
        "stopped": answer.stopped,
        "rouge": round(score.rouge, 1),
        "first": round(score.rouge_first, 1),
        "exact": score.exact,
    }
