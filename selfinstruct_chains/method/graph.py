"""The steps composed: an accepted instruction in, a completed task out; and the picture of the whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.runnables import (
    Runnable,
    RunnableBranch,
    RunnablePassthrough,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.graph import Graph

from selfinstruct_chains.method.filters import keep_instances
from selfinstruct_chains.method.glue import Pure, Quiet
from selfinstruct_chains.tasks import Completion, Dropped, Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import Filter
    from selfinstruct_chains.method.parsing import Parsed

    InstanceFilter = Callable[[str, Instance], str | None]


class Steps(NamedTuple):
    """The public steps of a chain: Runnables that can be used alone."""

    instructions: Runnable[Sequence[str], Parsed[str]]
    """Instructions to show -> new ones."""
    classification: Runnable[str, bool]
    """Instruction -> is it a classification task?"""
    input_first: Runnable[str, Parsed[Instance]]
    """Instruction -> instances, inputs first."""
    output_first: Runnable[str, Parsed[Instance]]
    """Classification instruction -> instances, labels first."""
    complete: Runnable[str, Completion]
    """Instruction -> classified, with its instances, filtered."""


def complete(
    classification: Runnable[str, bool],
    input_first: Runnable[str, Parsed[Instance]],
    output_first: Runnable[str, Parsed[Instance]],
    finish: Callable[[str, bool, Parsed[Instance]], Completion],
) -> Runnable[str, Completion]:
    """An instruction -> its completion: classified, then with instances by the arm that suits it, then filtered."""

    def finished(draft: dict[str, Any]) -> Completion:
        return finish(draft["instruction"], draft["is_classification"], draft["parsed"])

    def arm(step: Runnable[str, Parsed[Instance]]) -> Runnable[dict[str, Any], dict[str, Any]]:
        return RunnablePassthrough.assign(parsed=_INSTRUCTION | step)

    chain: Runnable[str, Completion] = (
        Pure(_draft, "draft")
        | RunnablePassthrough.assign(is_classification=_INSTRUCTION | classification)
        | RunnableBranch((Pure(_is_classification, "is classification"), arm(output_first)), arm(input_first))
        | Pure(finished, "instance filters")
    )

    async def direct(instruction: str, config: RunnableConfig) -> Completion:
        is_classification = await classification.ainvoke(instruction, config)
        arm = output_first if is_classification else input_first
        return finish(instruction, is_classification, await arm.ainvoke(instruction, config))

    return Quiet(chain.with_types(input_type=str, output_type=Completion).with_config(run_name="complete"), direct)


def finisher(
    filters: Sequence[Filter], max_instances: int, own: Sequence[InstanceFilter] = ()
) -> Callable[[str, bool, Parsed[Instance]], Completion]:
    """The last link of `complete`: which instances stay, by the chain's filters and then by the caller's `own`."""

    def finish(instruction: str, is_classification: bool, parsed: Parsed[Instance]) -> Completion:  # noqa: FBT001
        rules = ((instance, _first_rule(own, instruction, instance)) for instance in parsed.items)
        judged = [Dropped(instance=instance, rule=rule) if rule else instance for instance, rule in rules]
        kept, dropped = keep_instances(
            [item for item in judged if isinstance(item, Instance)],
            filters,
            is_classification=is_classification,
            max_instances=max_instances,
            instruction=instruction,
        )
        dropped += [item for item in judged if isinstance(item, Dropped)]
        return Completion(
            instruction=instruction,
            is_classification=is_classification,
            instances=tuple(kept),
            dropped=tuple(dropped),
            cut=parsed.cut,
        )

    return finish


def draw(steps: Steps, *, xray: bool = False) -> Graph:
    """The whole chain as a graph: the loop over the pool, the four steps, the branch with both arms, the filters.

    LangChain draws a branch and a loop as opaque boxes, so the edges stand here; the nodes are the real runnables.

    Args:
        steps: the chain's steps.
        xray: draw each step's prompt, model and parser too.
    """
    graph = Graph()
    goal, pool = _node(graph, "goal"), _node(graph, "task pool")
    novel, keep = _node(graph, "instruction filters and novelty"), _node(graph, "instance filters")
    tasks = _node(graph, "finished tasks")
    asked, asked_last = _step(graph, "instructions", steps.instructions, xray=xray)
    judged, judged_last = _step(graph, "classification", steps.classification, xray=xray)
    arms = {
        "yes": _step(graph, "output_first", steps.output_first, xray=xray),
        "no": _step(graph, "input_first", steps.input_first, xray=xray),
    }
    graph.add_edge(goal, pool)
    graph.add_edge(pool, asked)
    graph.add_edge(asked_last, novel)
    graph.add_edge(novel, pool, "accepted", conditional=True)
    graph.add_edge(novel, judged, "accepted", conditional=True)
    for answer, (first, last) in arms.items():
        graph.add_edge(judged_last, first, answer, conditional=True)
        graph.add_edge(last, keep)
    graph.add_edge(keep, tasks)
    return graph


def _first_rule(own: Sequence[InstanceFilter], instruction: str, instance: Instance) -> str | None:
    return next((rule for check in own if (rule := check(instruction, instance))), None)


def _node(graph: Graph, name: str) -> Any:
    return graph.add_node(Pure(_draft, name), id=name)


def _step(graph: Graph, name: str, step: Runnable[Any, Any], *, xray: bool) -> tuple[Any, Any]:
    """The first and last node of a step: itself, or its own prompt, model and parser under `xray`."""
    if not xray:
        node = graph.add_node(step, id=name)
        return node, node
    inner = _first_attempt(step).get_graph()
    inner.trim_first_node()
    inner.trim_last_node()
    first, last = graph.extend(inner.reid(), prefix=name)
    return first, last


def _first_attempt(step: Runnable[Any, Any]) -> Runnable[Any, Any]:
    while isinstance(step, RunnableBindingBase | Quiet):
        step = step.chain if isinstance(step, Quiet) else step.bound
    return step.runnable if isinstance(step, RunnableWithFallbacks) else step


def _draft(instruction: str) -> dict[str, Any]:
    return {"instruction": instruction}


def _is_classification(draft: dict[str, Any]) -> bool:
    return bool(draft["is_classification"])


def _instruction(draft: dict[str, Any]) -> str:
    return str(draft["instruction"])


_INSTRUCTION: Runnable[dict[str, Any], str] = Pure(_instruction, "instruction")
