"""The picture of a chain, made from the parts that run: what LangChain draws as one box, a branch, is opened here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.runnables import (
    RunnableBranch,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.graph import Graph
from langchain_core.runnables.passthrough import RunnableAssign

from selfinstruct_chains.method.graph import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.runnables import Runnable
    from langchain_core.runnables.graph import Node

_PLUMBING = (RunnablePassthrough, RunnablePick)  # pass values on, and do nothing to be seen


def draw(
    loop: Runnable[Any, Any], instructions: Runnable[Any, Any], complete: Runnable[Any, Any], *, xray: bool = False
) -> Graph:
    """The whole chain: the loop over the pool, the four steps, the branch with both arms, the filters.

    Args:
        loop: what keeps the pool and filters instructions.
        instructions: the step.
        complete: all steps behind it.
        xray: draw each step's prompt, model and parser too.
    """
    graph = Graph()
    goal, pool = graph.add_node(loop.get_input_schema(), id="goal"), graph.add_node(loop, id="task pool")
    novel = graph.add_node(loop, id="instruction filters and novelty")
    graph.add_edge(goal, pool)
    for end in extend(graph, instructions, [End(pool)], xray=xray):
        graph.add_edge(end.node, novel)
    graph.add_edge(novel, pool, "accepted", conditional=True)
    ends = extend(graph, _opened(complete), [End(novel, "accepted")], xray=xray)
    tasks = graph.add_node(loop.get_output_schema(), id="finished tasks")
    for end in ends:
        graph.add_edge(end.node, tasks)
    return graph


class End(NamedTuple):
    """Where the next part is joined on: a node, and the label of the edge that leaves it, if it has one."""

    node: Node
    label: str | None = None


def extend(graph: Graph, part: Runnable[Any, Any], ends: Sequence[End], *, xray: bool = False) -> list[End]:
    """Draw `part` behind `ends`, and say where it ends itself.

    Args:
        graph: drawn into.
        part: a composition; a part of it that has a run name is one node of that name.
        ends: what stands before it.
        xray: open the parts that have a run name too, and draw their prompt, model and parser.
    """
    for piece in pieces(part, xray=xray):
        if isinstance(piece.part, RunnableBranch):
            ends = _branch(graph, piece.part, ends, xray=xray)
        else:
            node = _join(graph, piece, ends)
            ends = [] if piece.part is LEFT_OUT else [End(node)]
    return list(ends)


class Piece(NamedTuple):
    """A part that is drawn as it is, and the run name of the outermost part that it belongs to, "" for none."""

    part: Runnable[Any, Any]
    owner: str = ""


def pieces(part: Runnable[Any, Any], owner: str = "", *, xray: bool = True) -> Iterator[Piece]:
    """What `part` is made of, in order, plumbing left out; of what is asked for twice, the first attempt."""
    if isinstance(part, RunnableBindingBase):
        named = part.config.get("run_name") or ""
        yield from pieces(part.bound, owner or named, xray=xray) if xray or not named else [Piece(part, owner)]
    elif isinstance(part, RunnableWithFallbacks):
        yield from pieces(part.runnable, owner, xray=xray)
    elif isinstance(part, RunnableSequence):
        for step in part.steps:
            yield from pieces(step, owner, xray=xray)
    elif isinstance(part, RunnableAssign | RunnableParallel):
        mapper = part.mapper if isinstance(part, RunnableAssign) else part
        for step in mapper.steps__.values():
            yield from pieces(step, owner, xray=xray)
    elif not isinstance(part, _PLUMBING):
        yield Piece(part, owner)


def leaves(part: Runnable[Any, Any]) -> Iterator[Runnable[Any, Any]]:
    """What `part` is made of, in order, with all arms of its branches."""
    for piece, _ in pieces(part):
        if isinstance(piece, RunnableBranch):
            for arm in (*(then for _, then in piece.branches), piece.default):
                yield from leaves(arm)
        else:
            yield piece


def _join(graph: Graph, piece: Piece, ends: Sequence[End]) -> Node:
    """One node for `piece`, behind `ends`; LangChain draws a box around ids that begin alike, up to a colon."""
    name = _name(piece.part).replace(":", "")
    node = graph.add_node(piece.part, id=f"{piece.owner}:{name}" if piece.owner else name)
    for end in ends:
        graph.add_edge(end.node, node, end.label, conditional=end.label is not None)
    return node


def _opened(part: Runnable[Any, Any]) -> Runnable[Any, Any]:
    while isinstance(part, RunnableBindingBase):
        part = part.bound
    return part


def _branch(graph: Graph, part: RunnableBranch[Any, Any], ends: Sequence[End], *, xray: bool) -> list[End]:
    arms = {"yes": part.branches[0][1], "no": part.default}
    found: list[End] = []
    for answer, arm in arms.items():
        found += extend(graph, arm, [End(end.node, answer) for end in ends], xray=xray)
    return found


def _name(part: Runnable[Any, Any]) -> str:
    named = part.config.get("run_name") if isinstance(part, RunnableBindingBase) else None
    return str(named or part.get_name())
