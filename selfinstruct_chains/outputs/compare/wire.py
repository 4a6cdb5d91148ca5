"""A comparison as JSON."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.compare.cost import COSTS, dollars_each, each
from selfinstruct_chains.outputs.compare.settings import ABSENT
from selfinstruct_chains.outputs.compare.told import in_short, verdict
from selfinstruct_chains.outputs.report.facts import PARTS_OF_A_TASK, percentile

if TYPE_CHECKING:
    from selfinstruct_chains.outputs.compare.between import Overlap
    from selfinstruct_chains.outputs.compare.comparison import Comparison, Verbs
    from selfinstruct_chains.outputs.compare.shares import Difference, Share
    from selfinstruct_chains.outputs.compare.side import Side


def as_json(found: Comparison) -> dict[str, Any]:
    """All figures as plain values; what is of a run stands under its letter, A for the first. Shares are in percent."""
    letters = [side.letter for side in found.sides]
    return {
        "runs": {side.letter: _run(side) for side in found.sides},
        "notes": list(found.notes),
        "settings": {
            key: {at: one for at, one in zip(letters, values, strict=True) if one is not ABSENT}
            for key, values in found.settings.items()
        },
        "prompts": [change._asdict() | {"lines": list(change.lines)} for change in found.prompts],
        "shares": {share.key: _share(share, letters) for share in found.shares},
        "differences": {
            at: {one.share.key: _difference(one) for one in them} for at, them in found.differences.items()
        },
        "novelty": found.yardstick._asdict(),
        "between": [_overlap(one) for one in found.overlaps],
        "verbs": {at: _verbs(one) for at, one in zip(letters, found.verbs, strict=False)},
        "in_short": in_short(found),
    }


def _run(side: Side) -> dict[str, Any]:
    cost = {name.replace(" ", "_"): each(side, figure) for name, figure in COSTS.items()}
    return {
        "run": str(side.path),
        "chain": side.config.name,
        "fingerprint": side.origin.fingerprint,
        "unfinished": side.unfinished,
        "made": side.origin.made,
        "languages": sorted(side.languages),
        "tasks": side.finished,
        "per_task": cost | {"dollars": dollars_each(side)},
        "median_words": {
            part: percentile(side.facts.words[part], 0.5) if side.facts.words[part] else None
            for part in PARTS_OF_A_TASK
        },
        "stats": side.facts.stats.as_json(),
    }


def _share(share: Share, letters: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": share.name.strip()}
    if share.paper is not None:
        found["paper"] = 100 * share.paper
    for place, letter in enumerate(letters):
        counted, estimate = share.found[place], share.estimate(place)
        mean = None if isnan(estimate.mean) else estimate.mean
        found[letter] = {"yes": counted.yes, "of": counted.of, "effective": counted.effective, "share": mean}
        found[letter] |= {"low": estimate.low, "high": estimate.high}
    return found


def _difference(one: Difference) -> dict[str, Any]:
    found = one.estimate
    values = {"difference": found.mean, "low": found.low, "high": found.high, "detectable": found.detectable}
    return values | {"clear": one.is_clear, "says": verdict(one)}


def _overlap(found: Overlap) -> dict[str, Any]:
    pairs = [{"score": pair.score, "one": pair.one._asdict(), "other": pair.other._asdict()} for pair in found.nearest]
    return found._asdict() | {"nearest": pairs}


def _verbs(found: Verbs) -> dict[str, Any]:
    pairs = [[verb, noun, count] for (verb, noun), count in found.pairs.most_common()]
    return {"parsed": found.parsed, "pairs": pairs}
