"""A model object, a prompt and filters of your own, given in Python instead of YAML."""

from __future__ import annotations

import sys
from typing import Any

from selfinstruct_chains import Instance, Prompt, Task, load_config, self_instruct

CLASSIFICATION = Prompt.model_validate(
    {
        "variables": ["examples", "instruction"],
        "example": "Task: {instruction}\nIs it classification? {answer}",
        "chat": {"system": "You are strict.", "user": "{examples}\n\nTask: {instruction}\nIs it classification?"},
        "completion": {"text": "{examples}\n\nTask: {instruction}\nIs it classification?", "stop": ["\n"]},
    }
)


def no_poems(instruction: str) -> str | None:
    """A rule's name for what is to be dropped, None for what may stay."""
    return "poem" if "poem" in instruction.lower() else None


def short_outputs(instruction: str, instance: Instance) -> str | None:  # noqa: ARG001 - a rule sees both
    """The same for an instance."""
    return "long_output" if len(instance.output.split()) > 80 else None  # noqa: PLR2004


def main(chain: str = "embedded", models: Any = None) -> list[Task]:
    """A small dataset; `models` may be any LangChain chat or completion model, or a dict of them by role."""
    config = load_config(chain, {"classification.prompt": CLASSIFICATION})
    run = self_instruct(config, models=models, instruction_filters=[no_poems], instance_filters=[short_outputs])
    tasks = run.invoke({"n": 3})
    for task in tasks:
        print(task.instruction)
    return tasks


if __name__ == "__main__":
    main(*sys.argv[1:])
