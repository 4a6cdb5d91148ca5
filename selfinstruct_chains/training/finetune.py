"""A fine-tuning from its data to its results, in one folder; the same call again goes on, or gives what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.training.place import claimed, result
from selfinstruct_chains.training.processor import is_main_process
from selfinstruct_chains.training.room import room

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

    with room(out, "make some, and the same command goes on from the last checkpoint"):
        if not is_main_process():  # one of several, by `accelerate launch`; the first one writes
            trained = train(plan, out, lambda _: None)
            return {"steps": trained.steps}
        with claimed(out, plan):
            return result(out) or write_results(plan, train(plan, out, watch), out)
