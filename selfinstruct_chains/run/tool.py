"""The chain as an agent's tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableLambda
from langchain_core.tools import convert_runnable_to_tool
from pydantic import BaseModel, Field, TypeAdapter

from selfinstruct_chains.tasks import Task

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from selfinstruct_chains.run.goal import Goal

_ABOUT = "Writes new tasks, each an instruction with instances of input and output, like the seed tasks it was given."
_TASKS = TypeAdapter(list[Task])


class Wanted(BaseModel):
    """What an agent that has the chain as a tool says."""

    n: int = Field(ge=1, description="How many finished new tasks are wanted.")


def tool(chain: Runnable[Goal, list[Task]], args_schema: Any = None, **kwargs: Any) -> BaseTool:
    """`chain` as a tool that says JSON, and has its tasks for an artifact.

    Args:
        chain: the chain.
        args_schema: what an agent says; `n` alone when None, and there are no `arg_types`.
        **kwargs: `name`, `description` and `arg_types`, as `as_tool` of a LangChain Runnable has them.
    """
    named = {"name": chain.get_name(), "description": _ABOUT} | kwargs
    schema = args_schema or (None if "arg_types" in named else Wanted)
    made = convert_runnable_to_tool(chain | RunnableLambda(_told), schema, **named)
    made.response_format = "content_and_artifact"
    return made


def _told(tasks: list[Task]) -> tuple[str, list[Task]]:
    """What a tool says, and what comes with it. An agent has no use for where a task comes from."""
    return _TASKS.dump_json(tasks, exclude={"__all__": {"provenance"}}, exclude_none=True).decode(), tasks
