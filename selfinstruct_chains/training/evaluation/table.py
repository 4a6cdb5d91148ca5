"""An evaluation as 80 columns of plain text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import printable
from selfinstruct_chains.training.evaluation.comparing import CONTROLS, MEASURES
from selfinstruct_chains.training.evaluation.intervals import FEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.training.evaluation.comparing import Compared, Difference, Evaluation, MeasureName
    from selfinstruct_chains.training.evaluation.intervals import Estimate

_WIDTH = 79
_NAME = 22  # columns of a model's name
_MODELS, _EACH = 5, 10  # models by category, and the columns of each
_COLUMNS: dict[MeasureName, tuple[str, int]] = {
    "rouge": ("ROUGE-L [95%]", 19),
    "rouge_first": ("first paragraph", 19),
    "exact": ("exact", 6),
    "stops": ("stops", 6),
    "words": ("words", 7),
}
"""Heading and width of each measure that the table shows."""
_LIKELIHOODS: dict[MeasureName, tuple[str, int]] = {"nll": ("answer NLL [95%]", 20), "end_nll": ("end NLL [95%]", 20)}
SHOWN: tuple[MeasureName, ...] = ("rouge", "rouge_first", "exact", "exact_first", "stops", "nll", "end_nll")
"""Measures whose differences are shown."""


def evaluation_text(found: Evaluation, title: str) -> str:
    """The means of all models and controls, then each model's differences from the baseline, in words too."""
    labelled = sum(item.is_classification for item in found.items)
    heading = f"{printable(title)}: {len(found.items):,} items, {labelled:,} of them classification"
    blocks = [heading, "\n".join(_means(found.whole, found.unseen))]
    if likelihoods := list(_likelihoods(found)):
        blocks.append("\n".join(likelihoods))
    if found.whole.differences:
        blocks.append("\n".join(_differences(found)))
    if found.by_category:
        blocks.append("\n".join(_categories(found)))
    if notes := list(notes_on(found)):
        blocks.append("\n".join(textwrap.fill(note, _WIDTH) for note in notes))
    return "\n\n".join(blocks)


def _means(part: Compared, unseen: int) -> Iterator[str]:
    columns = dict(_COLUMNS)
    if unseen == part.items:
        columns.pop("rouge_first")
        columns = {"unicode": columns.pop("rouge"), **columns}
    yield _row("", [(name, width) for name, width in columns.values()])
    for model, means in part.means.items():
        name = f"({model})" if model in CONTROLS else model
        yield _row(name, [(_mean(measure, means), width) for measure, (_, width) in columns.items()])


def _row(name: str, cells: list[tuple[str, int]]) -> str:
    name = printable(name)
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    return (f"{short:<{_NAME}}" + "".join(f"{cell:>{width}}" for cell, width in cells)).rstrip()


def _mean(measure: MeasureName, means: Mapping[MeasureName, Estimate]) -> str:
    found = means.get(measure)
    if found is None:
        return "-"
    wide = measure in {"rouge", "rouge_first", "unicode", *_LIKELIHOODS}
    return estimate_text(found, MEASURES[measure].digits, interval=wide)


def estimate_text(found: Estimate, digits: int, *, interval: bool = True, sign: str = "") -> str:
    """A mean, and its interval if there is one: "12.3 [9.0, 15.5]"."""
    form = f"{sign}.{digits}f"
    if found.low is None or found.high is None or not interval:
        return f"{found.mean:{form}}"
    return f"{found.mean:{form}} [{found.low:{form}}, {found.high:{form}}]"


def _likelihoods(found: Evaluation) -> Iterator[str]:
    """A row for each model whose weights were at hand, under what is better."""
    known = {name: means for name, means in found.whole.means.items() if "nll" in means}
    if known:
        yield _row("Of the reference", list(_LIKELIHOODS.values())) + "  lower is better"
    for name, means in known.items():
        yield _row(name, [(_mean(measure, means), width) for measure, (_, width) in _LIKELIHOODS.items()])


def _differences(found: Evaluation) -> Iterator[str]:
    yield f"Minus {printable(found.baseline)}, paired by item [95%]:"
    for model, differences in found.whole.differences.items():
        yield f"  {printable(model)}"
        for measure in SHOWN:
            if difference := differences.get(measure):
                estimate = estimate_text(difference.estimate, MEASURES[measure].digits, sign="+")
                yield f"    {MEASURES[measure].title:<29}{estimate:<23} {verdict(measure, difference)}"


def verdict(measure: MeasureName, difference: Difference) -> str:
    """What a difference says: "higher", or that it can't tell below `Estimate.detectable`."""
    found = difference.estimate
    if found.low is None or found.detectable is None:
        return "too few items to tell"
    if difference.is_clear:
        return "higher" if found.mean > 0 else "lower"
    if not found.detectable:
        return "the same for each item"
    return f"can't tell below {found.detectable:.{MEASURES[measure].digits}f}"


def _categories(found: Evaluation) -> Iterator[str]:
    """A row for each category, a column for each model."""
    measure: MeasureName = "unicode" if found.unseen == len(found.items) else "rouge"
    models = list(found.answers)[:_MODELS]
    heading = [("items", 6), *((_ends(printable(model)), _EACH) for model in models)]
    yield _row(f"{MEASURES[measure].title[:7]} by category", heading)
    for name, part in found.by_category.items():
        known = (part.means[model].get(measure) for model in models)
        means = [(f"{mean.mean:.1f}" if mean else "-", _EACH) for mean in known]
        yield _row(name or "(none)", [(f"{part.items:,}", 6), *means])
    if more := len(found.answers) - len(models):
        yield f"{more:,} more model{'s' * (more > 1)} by category: on the page, and in what --json prints."


def _ends(name: str) -> str:
    """A name in a narrow column: models may differ at either end."""
    most = _EACH - 1
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-(most // 2) :]}"


def notes_on(found: Evaluation) -> Iterator[str]:
    """What has to be known with the figures, a sentence or two each."""
    few = len(found.items) < FEWEST
    if few:
        yield f"Fewer than {FEWEST} items: no interval would hold, so none is given."
    for name, count in found.missing.items():
        yield (
            f"{printable(name)}: {count:,} of {len(found.items):,} items have no answer; they count in none of its "
            "figures, and in no difference with it."
        )
    if found.unseen:
        yield (
            f"Items without an ASCII letter or digit in a reference: {found.unseen:,}. rouge-score gives them 0 "
            "whatever the answer; by words of any script the means are "
            + ", ".join(f"{printable(name)} {mean}" for name, mean in _unicode(found))
            + "."
        )
    if found.comparisons > 1 and not few:
        yield (
            f"{found.comparisons} models are compared with one: higher and lower are said where intervals at "
            f"{100 * (1 - 0.05 / found.comparisons):.4g}% (Bonferroni) exclude zero."
        )


def _unicode(found: Evaluation) -> Iterator[tuple[str, str]]:
    for name, means in found.whole.means.items():
        if "unicode" in means:
            yield name, f"{means['unicode'].mean:.1f}"
