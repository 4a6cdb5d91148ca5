"""A fine-tuning from its data to its results, in one folder; the same call again goes on, or gives what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.training.place import claimed, result
from selfinstruct_chains.training.processor import is_main_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selfinstruct_chains.training.plan import Plan
    from selfinstruct_chains.training.tune import Step


def finetune(plan: Plan, out: Path, watch: Callable[[Step], None] = lambda _: None) -> dict[str, Any]:
    """Train what is planned, and write the results into the folder `out`.

    Args:
        plan: what `plan.make_plan` made.
        out: a folder that is new, or that of the same fine-tuning.
        watch: told each step.

    Returns:
        what `result.json` has: steps, minutes of the last start, losses in nats per token, examples, tokens, notes.

    Raises:
        ConfigError: the folder is another's, or the disk is full.
        Interrupted: by a signal; the last step is kept.
    """
    from selfinstruct_chains.training.results import write_results
    from selfinstruct_chains.training.tune import train

    if not is_main_process():  # one of several, by `accelerate launch`; the first one writes
        trained = train(plan, out, lambda _: None)
        return {"steps": trained.steps}
    with claimed(out, plan):
        if found := result(out):
            return found
        return write_results(plan, train(plan, out, watch), out)
