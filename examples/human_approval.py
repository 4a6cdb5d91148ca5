"""LangGraph: the model proposes instructions, a person approves them, and only then are instances paid for."""

from __future__ import annotations

import sys
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from selfinstruct_chains import Completion, build_steps, load_config, read_seeds
from selfinstruct_chains.files import shipped


class State(TypedDict, total=False):
    """What the graph carries."""

    proposed: list[str]
    approved: list[str]
    tasks: list[Completion]


def build(chain: str, models: Any) -> Any:
    """The graph: propose, wait for a person, complete what they approved."""
    steps = build_steps(load_config(chain), models=models)
    seeds = [task.instruction for task in read_seeds(shipped.SEEDS)[:8]]

    async def propose(state: State) -> State:  # noqa: ARG001 - LangGraph passes it
        return {"proposed": list((await steps.instructions.ainvoke(seeds)).items)}

    def approve(state: State) -> State:
        return {"approved": interrupt({"proposed": state["proposed"]})}

    async def complete(state: State) -> State:
        completions = await steps.complete.abatch(list(state["approved"]))
        return {"tasks": [completion for completion in completions if completion.instances]}

    graph = StateGraph(State)
    for node in (propose, approve, complete):
        graph.add_node(node)
    graph.add_edge(START, "propose")
    graph.add_edge("propose", "approve")
    graph.add_edge("approve", "complete")
    graph.add_edge("complete", END)
    # Named here, the type comes back from a checkpoint as it is, under LANGGRAPH_STRICT_MSGPACK=true too.
    serializer = JsonPlusSerializer(allowed_msgpack_modules=[Completion])
    return graph.compile(checkpointer=InMemorySaver(serde=serializer))


async def main(chain: str = "embedded", models: Any = None) -> list[Completion]:
    """The tasks made of the first two instructions: here the person always likes those."""
    app, thread = build(chain, models), {"configurable": {"thread_id": "1"}}
    waiting = await app.ainvoke({}, thread)
    proposed = waiting["__interrupt__"][0].value["proposed"]
    for text in proposed:
        print("proposed:", text)
    done = await app.ainvoke(Command(resume=proposed[:2]), thread)
    for task in done["tasks"]:
        print("made:", task)
    return list(done["tasks"])


if __name__ == "__main__":
    import asyncio

    asyncio.run(main(*sys.argv[1:]))
