"""Whether a run's share of classification tasks is far from the paper's, and what that likely comes from.

Far is: twice the paper's share or more, or half of it or less, while the interval of 99.9% (Wilson's) has not the
paper's in it. So a few tasks say nothing: it takes 4 of 4, or none of 39.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.method.calibration import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.tasks import Task

PAPER = (11_584, 52_445)
"""Classification tasks among the paper's generated ones: its Table 1."""
_FACTOR = 2
_Z_999 = 3.290527


def far_off(config: ChainConfig, seeds: Iterable[Task], count: int, of: int) -> str:
    """What to say of `count` classification tasks among `of` finished ones; "" where there is nothing to say."""
    side = 0 if config.classification_only else _side(count, of)
    if not side:
        return ""
    paper, all_of_them = PAPER
    return (
        f"Classification tasks are {count:,} of {of:,} ({count / of:.0%}); the paper's are {paper / all_of_them:.0%} "
        f"({paper:,} of {all_of_them:,}). {_cause(config, list(seeds), side)}"
    )


def _side(count: int, of: int) -> int:
    """1: far more than the paper's; -1: far less; 0: neither."""
    if not of:
        return 0
    share, paper = count / of, PAPER[0] / PAPER[1]
    low, high = wilson(count, of, _Z_999)
    if share >= _FACTOR * paper and low > paper:
        return 1
    return -1 if share <= paper / _FACTOR and high < paper else 0


def _cause(config: ChainConfig, seeds: list[Task], side: int) -> str:
    role = config.classification
    own = sum(task.is_classification for task in seeds)
    if _side(own, len(seeds)) == side:
        return f"They go by the seeds, of which {own:,} of {len(seeds):,} are."
    if role.decide == "text":
        said = "yes" if side > 0 else "no"
        return (
            f"Likely the model says {said} to most instructions: another classification.model.name helps, or "
            "classification.decide: logprob with threshold: auto, where its server gives log-probabilities."
        )
    if role.threshold.is_for(role.model.name) and role.threshold.fitted_for is None:
        low = "low" if side > 0 else "high"
        return (
            f"Likely classification.threshold ({role.threshold.value:g}) is too {low} for this model: threshold: auto "
            "fits one on the seeds."
        )
    on = "for this model" if role.threshold.is_for(role.model.name) else "on the seeds"
    return (
        f"The threshold was fitted {on}, so likely the model can't tell the kinds apart: another "
        "classification.model.name helps."
    )
