"""Self-Instruct as LangChain chains: from a few seed tasks and any language model to an instruction-tuning dataset.

    from selfinstruct_chains import load_config, self_instruct

    for [task] in self_instruct(load_config("embedded")).stream({"n": 20}):
        print(task.instruction)

Names are loaded when they are used: importing this package costs nothing of LangChain.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfinstruct_chains.config import ChainConfig, Prompt
    from selfinstruct_chains.errors import RunStopped, SelfInstructError
    from selfinstruct_chains.files.chain import load_config
    from selfinstruct_chains.files.seeds import read_seeds
    from selfinstruct_chains.method.novelty import NoveltyIndex
    from selfinstruct_chains.run.assembly import build_steps
    from selfinstruct_chains.run.goal import Goal
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.self_instruct import self_instruct
    from selfinstruct_chains.tasks import Completion, Instance, Rejection, Task

_HOMES = {
    "ChainConfig": "config",
    "Completion": "tasks",
    "Goal": "run.goal",
    "Instance": "tasks",
    "Monitor": "run.monitor",
    "NoveltyIndex": "method.novelty",
    "Prompt": "config",
    "Rejection": "tasks",
    "RunStopped": "errors",
    "SelfInstructError": "errors",
    "Task": "tasks",
    "build_steps": "run.assembly",
    "load_config": "files.chain",
    "read_seeds": "files.seeds",
    "self_instruct": "run.self_instruct",
}

__all__ = [
    "ChainConfig",
    "Completion",
    "Goal",
    "Instance",
    "Monitor",
    "NoveltyIndex",
    "Prompt",
    "Rejection",
    "RunStopped",
    "SelfInstructError",
    "Task",
    "build_steps",
    "load_config",
    "read_seeds",
    "self_instruct",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
