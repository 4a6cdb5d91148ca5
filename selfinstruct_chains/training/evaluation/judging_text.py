"""What a judge said, as 80 columns of plain text, and as JSON."""

from __future__ import annotations

import textwrap
from math import isnan
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.characters import printable
from selfinstruct_chains.tasks import RATINGS
from selfinstruct_chains.training.evaluation.intervals import FEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.training.evaluation.agreement import Agreement
    from selfinstruct_chains.training.evaluation.intervals import Estimate
    from selfinstruct_chains.training.evaluation.judging import Judging, Levels
    from selfinstruct_chains.training.evaluation.pairs import Preference, Shares

_WIDTH = 79
_NAME = 22  # columns of a model's name
_CONSISTENT = 60  # percent of pairs: below it the judge says more of the order than of the answers


def judging_text(found: Judging) -> str:
    """The ratings of all models, each model beside the baseline, what the judge can be trusted with, and people."""
    blocks = [f"Judged by {printable(found.judge)}", *_ratings(found), *_preferences(found), *_people(found)]
    if notes := list(judging_notes(found)):
        blocks.append("\n".join(textwrap.fill(note, _WIDTH) for note in notes))
    return "\n\n".join(blocks)


def judging_json(found: Judging) -> dict[str, Any]:
    """All figures, as `judging_text` has them; percents, and null for what is not known."""
    return {
        "judge": found.judge,
        "baseline": found.baseline,
        "ratings": {model: _levels_json(levels) for model, levels in found.levels.items()},
        "pairs": {model: _preference_json(preference) for model, preference in found.preferences.items()},
        "people": found.people and _plain(found.people._asdict()),
        "among_people": found.among_people and _plain(found.among_people._asdict()),
        "outdated": found.outdated,
    }


def _levels_json(levels: Levels) -> dict[str, Any]:
    shares: dict[str, Any] = {level: _plain(share._asdict()) for level, share in levels.shares.items()}
    return {
        "rated": levels.rated,
        "missing": levels.missing,
        **shares,
        "A or B": _plain(levels.acceptable._asdict()),
    }


def _preference_json(found: Preference) -> dict[str, Any]:
    net = {**_plain(found.net.estimate._asdict()), "clear": found.net.is_clear}
    figures = {
        key: _plain(value._asdict()) if hasattr(value, "_asdict") else value for key, value in found._asdict().items()
    }
    return _plain(figures | {"net": net})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {key: None if isinstance(value, float) and isnan(value) else value for key, value in values.items()}


RATED = (*RATINGS, "A or B [95%]", "missing")
"""Headings of `rated_cells`."""
PAIRED = ("wins", "ties", "losses", "missing", "win rate", "net [95%]")
"""Headings of `paired_cells`."""
_RATED_WIDTHS, _PAIRED_WIDTHS = (6, 6, 6, 6, 21, 9), (5, 6, 7, 8, 9, 22)


def rated_cells(levels: Levels) -> list[str]:
    """How a model's answers are rated, in percent; the last figure is a count."""
    shares = [_figure(levels.shares[level].mean) for level in RATINGS]
    return [*shares, interval_text(levels.acceptable), f"{levels.missing:,}"]


def paired_cells(one: Preference) -> list[str]:
    """A model beside the baseline: counts, then percents."""
    counts = [f"{count:,}" for count in (one.wins, one.ties, one.losses, one.missing)]
    return [*counts, _figure(one.win_rate), interval_text(one.net.estimate, sign="+")]


def _ratings(found: Judging) -> Iterator[str]:
    lines = [_row("Rated", RATED, _RATED_WIDTHS)]
    lines += [_row(model, rated_cells(levels), _RATED_WIDTHS) for model, levels in found.levels.items()]
    yield "\n".join(lines)


def _preferences(found: Judging) -> Iterator[str]:
    if not found.preferences:
        return
    lines = [f"Beside {printable(found.baseline)}, each pair shown in both orders:", _row("", PAIRED, _PAIRED_WIDTHS)]
    lines += [_row(model, paired_cells(one), _PAIRED_WIDTHS) for model, one in found.preferences.items()]
    for model, one in found.preferences.items():
        lines += ["", f"  {printable(model)}: {pair_verdict(one, printable(found.baseline))}"]
        lines += [f"    {name:<36}{figure}" for name, figure in trust(one)]
    yield "\n".join(lines)


def pair_verdict(one: Preference, baseline: str) -> str:
    """What the pairs say of a model, in words."""
    net = one.net.estimate
    if one.ties and not one.wins + one.losses:
        return "neither ever wins"
    if net.low is None or net.detectable is None:
        return "too few pairs for an interval"
    if one.net.is_clear:
        return f"{'better' if net.mean > 0 else 'worse'} than {baseline}, by this judge"
    return f"can't tell: would have seen a net of {net.detectable:.1f}"


def trust(one: Preference) -> Iterator[tuple[str, str]]:
    """What tells how far the judge can be trusted with a model's pairs: a name and a figure each."""
    yield "both orders agree", _share(one.consistency, "pairs")
    yield "the first one preferred", f"{_share(one.first_chosen, 'preferences')}; 50 is no bias"
    yield "the longer one won", _share(one.longer_won, "wins and losses")
    if one.net_by_length is not None:
        yield "net, were each longer as often", f"{one.net_by_length:+.1f}"


def agreements(found: Judging) -> Iterator[tuple[str, str]]:
    """How far the judge agrees with people, and people among themselves: name and figures, where there are some."""
    for name, agreement in (
        ("the judge beside people", found.people),
        ("people among themselves", found.among_people),
    ):
        if agreement:
            yield name, _agreement(agreement)


def _people(found: Judging) -> Iterator[str]:
    if lines := [f"  {name:<28}{figures}" for name, figures in agreements(found)]:
        yield "\n".join(["Agreement on ratings:", *lines])


def _agreement(found: Agreement) -> str:
    if not found.ratings:
        return "nothing that both rated"
    figures = (("kappa", found.kappa), ("weighted", found.weighted_kappa), ("rho", found.spearman))
    said = ", ".join(f"{name} {'-' if figure is None else f'{figure:.2f}'}" for name, figure in figures)
    return f"{said} ({found.ratings:,})"


def judging_notes(found: Judging) -> Iterator[str]:
    """What has to be known with the figures, a sentence or two each."""
    for model, one in found.preferences.items():
        if one.consistency.percent is not None and one.consistency.percent < _CONSISTENT:
            yield (
                f"{printable(model)}: in {100 - one.consistency.percent:.0f}% of the pairs the judge's verdict changed "
                "with the order, so it says little about these answers; a stronger judge may."
            )
    few = [estimate for levels in found.levels.values() for estimate in (levels.acceptable,) if estimate.low is None]
    if few:
        yield f"Fewer than {FEWEST} ratings of a model: no interval would hold, so none is given."
    if found.people and not found.people.ratings:
        yield "No answer was rated both by people and by the judge."
    if found.outdated:
        yield f"People's ratings of answers that have changed since: {found.outdated:,}. They count in nothing."


def _row(name: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    name = printable(name)
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    return (
        f"{short:<{_NAME}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    ).rstrip()


def interval_text(found: Estimate, sign: str = "") -> str:
    """A mean in percent, and its interval if there is one; "-" of nothing."""
    if isnan(found.mean):
        return "-"
    if found.low is None or found.high is None:
        return f"{found.mean:{sign}.1f}"
    return f"{found.mean:{sign}.1f} [{found.low:{sign}.1f}, {found.high:{sign}.1f}]"


def _figure(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.1f}"


def _share(found: Shares, what: str) -> str:
    return f"{found.percent:.0f}% of {found.of:,} {what}" if found.percent is not None else "-"
