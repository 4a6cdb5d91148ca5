"""The steps composed: an accepted instruction in, a completed task out. The order of the method stands here alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableBranch, RunnablePassthrough, RunnablePick

from selfinstruct_chains.method.filters import keep_instances
from selfinstruct_chains.method.lexicon import Lexicon
from selfinstruct_chains.method.pure import Pure
from selfinstruct_chains.tasks import Completion, Dropped, Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selfinstruct_chains.config import Filter
    from selfinstruct_chains.method.parsing import Parsed

    InstanceFilter = Callable[[str, Instance], str | None]


def _left_out(draft: dict[str, Any]) -> Completion:
    return Completion(
        instruction=draft["instruction"], is_classification=False, instances=(), rule="not_classification"
    )


LEFT_OUT = Pure(_left_out, "left out")
"""The end of an instruction that is no classification task, where only those are wanted."""


def complete(
    classification: Runnable[str, bool],
    input_first: Runnable[str, Parsed[Instance]] | None,
    output_first: Runnable[str, Parsed[Instance]],
    finish: Runnable[dict[str, Any], Completion],
) -> Runnable[str, Completion]:
    """An instruction -> its completion: classified, then with instances by the arm that suits it, then filtered.

    Without `input_first` only classification tasks are completed, as by the first implementation where it is told so:
    what is none is left out, with the rule "not_classification".
    """
    instruction, is_classification = RunnablePick("instruction"), RunnablePick("is_classification")
    labelled = RunnablePassthrough.assign(parsed=instruction | output_first)
    instances: Runnable[Any, Completion]
    if input_first is None:
        instances = RunnableBranch((is_classification, labelled | finish), LEFT_OUT)
    else:
        others = RunnablePassthrough.assign(parsed=instruction | input_first)
        instances = RunnableBranch((is_classification, labelled), others) | finish
    chain: Runnable[str, Completion] = (
        {"instruction": RunnablePassthrough()}
        | RunnablePassthrough.assign(is_classification=instruction | classification)
        | instances
    )
    return chain.with_types(input_type=str, output_type=Completion).with_config(run_name="complete")


def finisher(
    filters: Sequence[Filter], max_instances: int, own: Sequence[InstanceFilter] = (), lexicon: Lexicon | None = None
) -> Runnable[dict[str, Any], Completion]:
    """The last link of `complete`: which instances stay, by the chain's filters and then by the caller's `own`."""
    return Pure(partial(_finish, tuple(filters), max_instances, tuple(own), lexicon or Lexicon()), "instance filters")


def _finish(
    filters: Sequence[Filter],
    max_instances: int,
    own: Sequence[InstanceFilter],
    lexicon: Lexicon,
    draft: dict[str, Any],
) -> Completion:
    instruction, is_classification, parsed = draft["instruction"], draft["is_classification"], draft["parsed"]
    rules = [(instance, _first_rule(own, instruction, instance)) for instance in parsed.items]
    kept, dropped = keep_instances(
        [instance for instance, rule in rules if not rule],
        filters,
        is_classification=is_classification,
        max_instances=max_instances,
        instruction=instruction,
        lexicon=lexicon,
    )
    dropped += [Dropped(instance=instance, rule=rule) for instance, rule in rules if rule]
    return Completion(
        instruction=instruction,
        is_classification=is_classification,
        instances=tuple(kept),
        dropped=tuple(dropped),
        cut=parsed.cut,
    )


def _first_rule(own: Sequence[InstanceFilter], instruction: str, instance: Instance) -> str | None:
    return next((rule for check in own if (rule := check(instruction, instance))), None)
