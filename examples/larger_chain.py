"""The whole chain inside a larger one: a request goes in, training lines come out, each as its task is finished."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator  # noqa: TC003 - LangChain reads the types of a generator
from typing import Any

from langchain_core.runnables import RunnableGenerator, RunnableLambda

from selfinstruct_chains import Goal, Task, load_config, self_instruct


def goal(request: dict[str, Any]) -> Goal:
    """What an app's request means for the chain."""
    return Goal(n=request["tasks"], budgets={"calls": 40 * request["tasks"]})


def training_lines(chunks: Iterator[list[Task]]) -> Iterator[str]:
    """One JSON line for each instance; a generator keeps the chain streaming, a plain function would not."""
    for [task] in chunks:
        for instance in task.instances:
            prompt = f"{task.instruction}\n\n{instance.input}"
            yield json.dumps({"prompt": prompt, "completion": instance.output}) + "\n"


def main(chain: str = "embedded", models: Any = None) -> list[str]:
    """The lines of a small dataset, printed as they come."""
    app = RunnableLambda(goal) | self_instruct(load_config(chain), models=models) | RunnableGenerator(training_lines)
    lines = []
    for line in app.stream({"tasks": 3}):
        print(line, end="")
        lines.append(line)
    return lines


if __name__ == "__main__":
    main(*sys.argv[1:])
