"""An evaluation as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.training.evaluation.judging_text import judging_json

if TYPE_CHECKING:
    from selfinstruct_chains.training.evaluation.comparing import Compared, Evaluation
    from selfinstruct_chains.training.evaluation.judging import Judging


def as_json(found: Evaluation, judged: Judging | None = None) -> dict[str, Any]:
    """All figures: `means` and `differences` by model and measure, each with its interval; by category too.

    What a judge said stands under `judge`, see `judging_json`.
    """
    return {
        "items": len(found.items),
        "classification": sum(item.is_classification for item in found.items),
        "unseen_by_rouge_score": found.unseen,
        "missing": found.missing,
        "baseline": found.baseline,
        "comparisons": found.comparisons,
        **_compared(found.whole),
        "by_category": {name: {"items": part.items, **_compared(part)} for name, part in found.by_category.items()},
        **({"judge": judging_json(judged)} if judged else {}),
    }


def _compared(part: Compared) -> dict[str, Any]:
    return {
        "means": {
            model: {name: found._asdict() for name, found in means.items()} for model, means in part.means.items()
        },
        "differences": {
            model: {name: {**found.estimate._asdict(), "clear": found.is_clear} for name, found in differences.items()}
            for model, differences in part.differences.items()
        },
    }
