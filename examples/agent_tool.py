"""The chain as an agent's tool: asked for practice tasks, the agent calls it with how many, and uses what it gets.

Needs a model that calls tools, so the embedded one won't do: `python agent_tool.py openai`.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model

from selfinstruct_chains import Task, load_config, self_instruct

REQUEST = "I teach a course on writing for machines. Make me two new practice tasks, and list them."


def main(chain: str = "openai", models: Any = None, agent_model: Any = None) -> tuple[str, list[Task]]:
    """What the agent says at the end, and the tasks that its tool made on the way."""
    tool = self_instruct(load_config(chain), models=models).as_tool(name="new_tasks")
    agent: Any = create_agent(agent_model or init_chat_model("openai:gpt-6-luna"), [tool])
    said = agent.invoke({"messages": [("user", REQUEST)]})["messages"]
    # The model reads JSON; beside it, for the program, are the tasks themselves.
    tasks = [task for message in said if message.type == "tool" for task in message.artifact]
    print(said[-1].text)
    return said[-1].text, tasks


if __name__ == "__main__":
    main(*sys.argv[1:])
