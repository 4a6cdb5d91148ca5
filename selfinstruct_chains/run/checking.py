"""What can be found wrong with a chain and its seeds before a run."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ROLES, ChainConfig
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.method.filters import drop_instruction, scripts
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models import providers, registry
from selfinstruct_chains.models.faults import fault_of
from selfinstruct_chains.run.assembly import demonstrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.tasks import Task

_SHOWN = 5  # similar pairs that are named
_SHOWN_REPLY = 40  # characters


def check_chain(config: ChainConfig, seeds: Path | None = None, *, call: bool = False) -> Iterator[str]:
    """A line for each thing that was checked, warnings among them.

    Args:
        config: the chain; that it was loaded says that its keys, values and prompts are right.
        seeds: a JSON Lines file; the shipped seeds when None.
        call: make one tiny call to each model.

    Raises:
        SelfInstructError: something that a run would stop at.
    """
    yield f"chain {config.name}: ok ({', '.join(sorted({config.model_for(role).name for role in ROLES}))})"
    tasks = read_seeds(seeds or shipped.SEEDS)
    Pool(config, tasks)
    yield from _about_seeds(config, tasks)
    for note in demonstrations(config, tasks).notes:
        yield f"note: {note}"
    for role in map(config.role, ROLES):
        registry.check_model(role.model, role.output, getattr(role, "decide", "text"))
    yield "models: ok (packages, keys and weights are there)"
    if call:
        yield from _calls(config)


def _about_seeds(config: ChainConfig, tasks: Sequence[Task]) -> Iterator[str]:
    kinds = Counter(task.is_classification for task in tasks)
    yield f"seeds: {len(tasks)} tasks, {kinds[True]} of them classification"
    index = NoveltyIndex(config.novelty.threshold, config.novelty.tokenizer)
    verdicts = index.admit((task.id, task.instruction) for task in tasks)
    similar = [(task.id, verdict) for task, verdict in zip(tasks, verdicts, strict=True) if verdict]
    for id_, verdict in similar[:_SHOWN]:
        yield f"warning: seed {id_} is similar to {verdict.id} (ROUGE-L {verdict.score:.2f})"
    if len(similar) > _SHOWN:
        yield f"warning: {len(similar) - _SHOWN} more seeds are similar to others"
    known = scripts(task.instruction for task in tasks)
    for task in tasks:
        rule = drop_instruction(task.instruction, config.filters, known)
        if rule:
            yield f"warning: seed {task.id} would itself be dropped by the filter {rule!r}"


def _calls(config: ChainConfig) -> Iterator[str]:
    models = {registry.describe(model): model for model in map(config.model_for, ROLES)}
    for what, model in models.items():
        yield f"call: {what} answered {asyncio.run(_reply(registry.ConfiguredModel(model), what))!r}"


async def _reply(model: registry.ConfiguredModel, what: str) -> str:
    """The beginning of what the model says to one tiny call."""
    try:
        reply = await model.ainvoke(StringPromptValue(text="Say yes."), max_tokens=16)
    except Exception as error:
        fault = fault_of(error, what, keys=providers.KEYS.get(model.config.provider, ()))
        raise ProviderError(f"{what} gave no reply: {fault.text}; the call can simply be tried again") from error
    finally:
        await model.aclose()
    return " ".join(str(reply.text).split())[:_SHOWN_REPLY]
