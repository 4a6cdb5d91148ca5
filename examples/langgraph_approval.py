"""LangGraph: the model proposes instructions, a person approves some, and only then are instances paid for.

What waits for the person lies in a file, so they may take their time; the graph goes on in another process.

    python langgraph_approval.py propose waiting.db            # or: propose waiting.db openai
    python langgraph_approval.py approve waiting.db 1 3
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from selfinstruct_chains import Task, build_steps, load_config, read_seeds
from selfinstruct_chains.files import shipped

THREAD: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict, total=False):
    """What the graph carries. As the annotation says so, tasks come back from the file as tasks."""

    chain: str
    shown: list[Task]
    proposed: list[str]
    approved: list[str]
    tasks: list[Task]


def build(checkpointer: AsyncSqliteSaver, models: Any = None) -> Any:
    """The graph: propose, wait for a person, complete what they approved."""

    async def propose(state: State) -> State:
        shown = read_seeds(shipped.SEEDS)[:8]
        steps = build_steps(load_config(state["chain"]), models=models)
        new = await steps.instructions.ainvoke([task.instruction for task in shown])
        return {"shown": shown, "proposed": list(new.items)}

    def approve(state: State) -> State:
        return {"approved": interrupt({"proposed": state["proposed"]})}

    async def complete(state: State) -> State:
        steps = build_steps(load_config(state["chain"]), state["shown"], models=models)
        made = await steps.complete.abatch(state["approved"])
        return {
            "tasks": [
                Task(
                    id=f"approved-{number}",
                    instruction=one.instruction,
                    instances=one.instances,
                    is_classification=one.is_classification,
                )
                for number, one in enumerate(made, 1)
                if one.instances
            ]
        }

    graph = StateGraph(State).add_sequence([propose, approve, complete])
    graph.add_edge(START, "propose")
    graph.add_edge("complete", END)
    return graph.compile(checkpointer=checkpointer)


async def propose(database: str, chain: str = "embedded", models: Any = None) -> list[str]:
    """Start the graph, and leave it in the file `database` with what it proposes."""
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        waiting = await build(saver, models).ainvoke({"chain": chain}, THREAD)
    [question] = waiting["__interrupt__"]
    for number, text in enumerate(question.value["proposed"], 1):
        print(f"{number}. {text}")
    return list(question.value["proposed"])


async def approve(database: str, numbers: list[int], models: Any = None) -> list[Task]:
    """Go on from the file `database` with the approved of its proposals, by number."""
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        app = build(saver, models)
        proposed = (await app.aget_state(THREAD)).values["proposed"]
        await app.ainvoke(Command(resume=[proposed[number - 1] for number in numbers]), THREAD)
        tasks: list[Task] = (await app.aget_state(THREAD)).values["tasks"]
    for task in tasks:
        print(task.instruction)
        for instance in task.instances:
            print("   ", instance.input, "->", instance.output)
    return tasks


def main(what: str, database: str, *more: str) -> None:
    """`propose DATABASE [CHAIN]`, and in a process of its own `approve DATABASE NUMBER...`."""
    if what == "propose":
        asyncio.run(propose(database, *more))
    else:
        asyncio.run(approve(database, [int(number) for number in more]))


if __name__ == "__main__":
    main(*sys.argv[1:])
