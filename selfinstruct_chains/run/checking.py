"""What can be found wrong with a chain and its seeds before a run."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from textwrap import shorten
from typing import TYPE_CHECKING

from selfinstruct_chains.config import ROLES, ChainConfig, language_name
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.files.seeds import read_seeds, seeds_source
from selfinstruct_chains.method.filters import drop_instruction, scripts
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models import registry
from selfinstruct_chains.models.listing import unlisted
from selfinstruct_chains.models.prices import price_text
from selfinstruct_chains.run.assembly import as_known_for, demonstrations, role_forms, role_models
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.calibrating import threshold_line
from selfinstruct_chains.run.found import Finding
from selfinstruct_chains.run.journal import Journal, call_key, call_seed
from selfinstruct_chains.run.journalled import Calling
from selfinstruct_chains.run.language import about_languages, filter_line, in_language, language_line, lexicon_of
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.settling import Settling, request, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from langchain_core.messages import AIMessage

    from selfinstruct_chains.config import ModelConfig, Role
    from selfinstruct_chains.models.faults import Fault
    from selfinstruct_chains.run.assembly import Shown
    from selfinstruct_chains.tasks import Task

_SHOWN = 5  # similar pairs, and topics, that are named
_WIDTH = 80
_SHOWN_REPLY = 40  # characters
_PATIENCE = 0.001  # seconds: what fails once is told
_MENDS = {
    r"logprob": "classification.decide: text",
    r"\bseed\b|random_seed": "model.send_seed: false",
    r"response.?format|json.?(?:schema|mode|object)|structured|\btools?\b|tool_choice": "output: text",
    r"system (?:role|message|prompt)|roles must|developer instruction": "model.system_role: false",
    r"max_(?:completion_|output_)?tokens": "model.max_tokens",
    r"\b(?:temperature|top_p)\b|penalty": "leave out model.temperature, top_p and the penalties",
}
"""By the words of a refusal, the key that mends it."""


def check_chain(config: ChainConfig, seeds: Path | None = None, *, call: bool = False) -> Iterator[str]:
    """A line for each thing that was checked, warnings among them.

    Args:
        config: the chain; that it was loaded says that its keys, values and prompts are right.
        seeds: a file, as `read_seeds` takes it; the shipped seeds when None.
        call: make the first call of each role, as a run would, and no second one where it fails.

    Raises:
        SelfInstructError: something that a run would stop at.
    """
    yield f"chain {config.name}: ok ({', '.join(sorted({config.model_for(role).name for role in ROLES}))})"
    notes: list[str] = []
    tasks = read_seeds(seeds_source(config, seeds), notes=notes)
    yield from (f"note: {note}" for note in notes)
    Pool(config, tasks)
    yield language_line(config, tasks)
    config = in_language(config, tasks)
    yield from _about_subject(config)
    yield from _about_seeds(config, tasks)
    hopeful = as_known_for(config, role_models(config).models, hopeful=True)
    shown = demonstrations(hopeful, tasks)
    yield from _only_classification(config)
    yield from _too_long(shown)
    for note in [*config.notes, *shown.notes]:
        yield f"note: {note}"
    unfit: dict[str, None] = {}
    for role in map(config.role, ROLES):
        unfit |= dict.fromkeys(registry.check_model(role.model, role.output, getattr(role, "decide", "text")))
    yield from (f"note: {note}" for note in unfit)
    yield "models: ok (packages, keys and weights are there)"
    if line := threshold_line(config, tasks):
        yield line
    yield from _forms(config)
    for what, model in _models(config).items():
        yield f"price: {what}: {price_text(model)}"
    if call:
        yield from _calls(config, tasks)


def _about_subject(config: ChainConfig) -> Iterator[str]:
    """What the tasks are to be about, and in which language."""
    if line := filter_line(config):
        yield line
    if config.prompts_in:
        yield f"prompts: in {language_name(config.prompts_in)} where they are shipped ones (prompt_language: own)"
    if config.domain:
        yield f"domain: {shorten(config.domain, _WIDTH - len('domain: '), placeholder=' ...')}"
    if config.topics and config.topics.ask:
        yield f"topics: {config.topics.ask}, which the model writes first"
    elif config.topics:
        names, many = config.topics.names, " by weight" if config.topics.weights else ""
        more = ", ..." if len(names) > _SHOWN else ""
        yield f"topics: {len(names)}{many}: {', '.join(names[:_SHOWN])}{more}"


def _about_seeds(config: ChainConfig, tasks: Sequence[Task]) -> Iterator[str]:
    kinds = Counter(task.is_classification for task in tasks)
    yield f"seeds: {len(tasks)} tasks, {kinds[True]} of them classification"
    yield from about_languages(config, tasks)
    index = NoveltyIndex(config.novelty.threshold, config.novelty.tokenizer)
    verdicts = index.admit((task.id, task.instruction) for task in tasks)
    similar = [(task.id, verdict) for task, verdict in zip(tasks, verdicts, strict=True) if verdict]
    for id_, verdict in similar[:_SHOWN]:
        yield f"warning: seed {id_} is similar to {verdict.id} (ROUGE-L {verdict.score:.2f})"
    if len(similar) > _SHOWN:
        yield f"warning: {len(similar) - _SHOWN} more seeds are similar to others"
    known, words = scripts(task.instruction for task in tasks), lexicon_of(config)
    for task in tasks:
        rule = drop_instruction(task.instruction, config.filters, known, words)
        if rule:
            yield f"warning: seed {task.id} would itself be dropped by the filter {rule!r}"


def _only_classification(config: ChainConfig) -> Iterator[str]:
    if config.classification_only:
        yield "classification_only: those are shown and asked for; what is not identified as one is dropped"
        if config.instructions.prompt.classification_only is None:
            yield "warning: instructions.prompt has no texts for classification_only; it asks as it always does"


def _too_long(shown: Shown) -> Iterator[str]:
    """Which of the seeds no prompt shows."""
    by_role = [f"{found.too_long} for {role}" for role, found in shown.by_role.items() if found.too_long]
    if by_role:
        yield f"seeds too long to be shown as examples (example_characters): {', '.join(by_role)}"


def _models(config: ChainConfig) -> dict[str, ModelConfig]:
    """The chain's different models, by their names and addresses."""
    return {registry.describe(model): model for model in map(config.model_for, ROLES)}


def _forms(config: ChainConfig) -> Iterator[str]:
    """What `output: auto` is, as far as that is known without a call."""
    by_form: dict[str, list[str]] = {}
    for role in ROLES:
        if config.role(role).output == "auto":
            known = role_forms(registry.ConfiguredModel(config.model_for(role)), key=False)
            instead = f", or {', or '.join(known.outputs[1:])}: found out by the first call"
            by_form.setdefault(known.outputs[0] + ("" if known.sure else instead), []).append(role)
    for form, roles in by_form.items():
        yield f"output of {', '.join(roles)}: auto: {form}"


def _calls(config: ChainConfig, seeds: Sequence[Task]) -> Iterator[str]:
    for model in _models(config).values():
        if warning := asyncio.run(unlisted(model)):
            yield f"warning: {warning}"
    hasty = config.model_copy(update={"run": config.run.model_copy(update={"patience": _PATIENCE})})
    found = role_models(hasty)
    monitor = Monitor()
    budget = Budget({}, monitor)
    calling = {
        role: Calling(patience, budget, monitor, config.run.seed)
        for role, patience in registry.patiences(found.models, hasty, 1).items()
    }
    yield from asyncio.run(_all_calls(Settling(hasty, found, brought(), seeds, Journal(), calling)))


async def _all_calls(given: Settling) -> list[str]:
    try:
        config, lines = await settle(given)
        return lines + [await _call(given._replace(config=config), role) for role in config.roles]
    except ProviderError as error:
        raise ProviderError(f"{error}{_what_mends(str(error))}", resumable=error.resumable) from error
    finally:
        for model in set(given.found.models.values()):
            if isinstance(model, registry.ConfiguredModel):
                await model.aclose()


async def _call(given: Settling, role: Role) -> str:
    """What came of the call that a run would make first for `role`."""
    what, model = registry.describe(given.config.model_for(role)), given.found.models[role]
    prompt, options = request(given, Finding(roles=(role,)))
    options |= {"seed": call_seed(given.config.run.seed, call_key(role, "check"))}
    try:
        reply: AIMessage = await given.calling[role].patience.reply(lambda: model.ainvoke(prompt, **options), _ignore)
    except ProviderError as error:
        raise ProviderError(f"{role}: {error}", resumable=error.resumable) from error
    text = " ".join(str(reply.text).split())[:_SHOWN_REPLY]
    return f"call: {role}: {what} answered {text!r}"


def _ignore(fault: Fault) -> None:
    """A call that failed once is not made again here, and its end says why."""


def _what_mends(text: str) -> str:
    """The chain file's key that keeps what a refusal speaks of out of the request."""
    key = next((key for words, key in _MENDS.items() if re.search(words, text, re.IGNORECASE)), None)
    return f"; in the chain file: {key}" if key else ""
