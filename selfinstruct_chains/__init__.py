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
    from selfinstruct_chains.errors import (
        AcceptanceCollapsed,
        BudgetReached,
        ConfigError,
        DataError,
        Interrupted,
        ItemRefused,
        ProviderError,
        RunError,
        RunStopped,
        SelfInstructError,
    )
    from selfinstruct_chains.files.chain import load_config
    from selfinstruct_chains.files.seeds import read_seeds
    from selfinstruct_chains.method.novelty import NoveltyIndex
    from selfinstruct_chains.method.parsing import Parsed, TruncatedReply, UnreadableReply
    from selfinstruct_chains.outputs.report.figures import figures
    from selfinstruct_chains.outputs.stats_rows import stats
    from selfinstruct_chains.run.assembly import build_steps
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.run.goal import Goal
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.self_instruct import SelfInstruct, self_instruct
    from selfinstruct_chains.run.step import Step, Steps
    from selfinstruct_chains.tasks import Completion, Instance, Provenance, Rejection, Task

_HOMES = {
    "AcceptanceCollapsed": "errors",
    "BudgetReached": "errors",
    "Budgets": "run.budget",
    "ChainConfig": "config",
    "Completion": "tasks",
    "ConfigError": "errors",
    "DataError": "errors",
    "Goal": "run.goal",
    "Instance": "tasks",
    "Interrupted": "errors",
    "ItemRefused": "errors",
    "Monitor": "run.monitor",
    "NoveltyIndex": "method.novelty",
    "Parsed": "method.parsing",
    "Prompt": "config",
    "Provenance": "tasks",
    "ProviderError": "errors",
    "Rejection": "tasks",
    "RunError": "errors",
    "RunStopped": "errors",
    "SelfInstruct": "run.self_instruct",
    "SelfInstructError": "errors",
    "Step": "run.step",
    "Steps": "run.step",
    "Task": "tasks",
    "TruncatedReply": "method.parsing",
    "UnreadableReply": "method.parsing",
    "build_steps": "run.assembly",
    "figures": "outputs.report.figures",
    "load_config": "files.chain",
    "read_seeds": "files.seeds",
    "self_instruct": "run.self_instruct",
    "stats": "outputs.stats_rows",
}

__all__ = [
    "AcceptanceCollapsed",
    "BudgetReached",
    "Budgets",
    "ChainConfig",
    "Completion",
    "ConfigError",
    "DataError",
    "Goal",
    "Instance",
    "Interrupted",
    "ItemRefused",
    "Monitor",
    "NoveltyIndex",
    "Parsed",
    "Prompt",
    "Provenance",
    "ProviderError",
    "Rejection",
    "RunError",
    "RunStopped",
    "SelfInstruct",
    "SelfInstructError",
    "Step",
    "Steps",
    "Task",
    "TruncatedReply",
    "UnreadableReply",
    "build_steps",
    "figures",
    "load_config",
    "read_seeds",
    "self_instruct",
    "stats",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
