"""Config, seeds and models -> the chain's steps, ready to use alone or in the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.language_models import BaseChatModel, BaseLLM

from selfinstruct_chains.config import ROLES, ChainConfig, Kind, Role
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.method import graph, steps
from selfinstruct_chains.method.prompting import Demonstrations, classification_examples, instance_examples
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.models.replying import Replying

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.runnables import Runnable

    from selfinstruct_chains.method.graph import InstanceFilter, Steps
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.tasks import Task

LangChainModel = BaseChatModel | BaseLLM
Models = LangChainModel | Mapping[Role, LangChainModel]
"""One model for every role, or one for each of some roles; the others are the chain file's."""


class RoleModels(NamedTuple):
    """A role model for each role, and which family it belongs to."""

    models: Mapping[Role, Runnable[Any, Any]]
    kinds: Mapping[Role, Kind]


class Shown(NamedTuple):
    """The demonstrations in the prompts of a run, by role, and what there is to say of them."""

    by_role: Mapping[Role, Demonstrations]
    notes: tuple[str, ...]


def role_models(config: ChainConfig, own: Models | None = None, log: Path | None = None) -> RoleModels:
    """The models of a chain; the caller's `own` go before the file's. Roles with equal configs share one."""
    own = dict.fromkeys(ROLES, own) if isinstance(own, LangChainModel) else dict(own or {})
    shared: dict[str, ConfiguredModel] = {}
    models: dict[Role, Replying | ConfiguredModel] = {}
    for role in ROLES:
        given, file = own.get(role), config.model_for(role)
        if given is not None:
            models[role] = Replying(given)
        else:
            models[role] = shared.setdefault(file.model_dump_json(), ConfiguredModel(file, log=log))
    return RoleModels(models, {role: model.kind for role, model in models.items()})


def demonstrations(config: ChainConfig, seeds: Sequence[Task]) -> Shown:
    """The demonstrations for each role's prompt; where `seeds` has too few of a kind, the shipped seeds fill up."""
    notes: list[str] = []
    filled = _filled_up(config, seeds, notes)
    limit, seed = config.instances.max_instances, config.run.seed
    by_role: dict[Role, Demonstrations] = {
        "classification": classification_examples(config.classification, filled, seed),
        "input_first": instance_examples(config.instances.input_first, "input_first", filled, seed, limit),
        "output_first": instance_examples(config.instances.output_first, "output_first", filled, seed, limit),
    }
    notes += [
        f"{role}: {shown.shown} examples are shown; {shown.left_out} more have no room (prompt_tokens)"
        for role, shown in by_role.items()
        if shown.left_out
    ]
    return Shown(by_role, tuple(notes))


def build_steps(
    config: ChainConfig,
    seeds: Sequence[Task] | None = None,
    *,
    models: Models | RoleModels | None = None,
    instance_filters: Sequence[InstanceFilter] = (),
) -> Steps:
    """The steps of a chain as Runnables: `build_steps(load_config("openai")).classification.invoke("...")`.

    Args:
        config: the chain.
        seeds: where the demonstrations come from; the shipped seeds when None.
        models: LangChain models to use instead of the file's.
        instance_filters: functions of (instruction, instance) that give the name of a rule to drop it by, or None.

    Raises:
        ConfigError: a model can't be built as the chain file says (raised at its first call).
    """
    found = models if isinstance(models, RoleModels) else role_models(config, models)
    shown = demonstrations(config, seeds if seeds is not None else read_seeds(shipped.SEEDS))
    return connect(config, links(config, shown, found.kinds), found.models, instance_filters)


def links(config: ChainConfig, shown: Shown, kinds: Mapping[Role, Kind]) -> dict[Role, Links]:
    """Each role's step without its model."""
    limit = config.instances.max_instances
    both = config.instances.input_first, config.instances.output_first
    texts = {role: demonstrations.text for role, demonstrations in shown.by_role.items()}
    return {
        "instructions": steps.instruction_links(config.instructions, kinds["instructions"]),
        "classification": steps.classification_links(
            config.classification, kinds["classification"], texts["classification"]
        ),
        "input_first": steps.instance_links("input_first", both[0], kinds["input_first"], texts["input_first"], limit),
        "output_first": steps.instance_links(
            "output_first", both[1], kinds["output_first"], texts["output_first"], limit
        ),
    }


def connect(
    config: ChainConfig,
    links: Mapping[Role, Links],
    models: Mapping[Role, Runnable[Any, Any]],
    instance_filters: Sequence[InstanceFilter] = (),
) -> Steps:
    """The steps, from their links and models."""
    classification = steps.classification(models["classification"], links["classification"])
    input_first = steps.instances(models["input_first"], links["input_first"])
    output_first = steps.instances(models["output_first"], links["output_first"])
    finish = graph.finisher(config.filters, config.instances.max_instances, instance_filters)
    return graph.Steps(
        steps.instructions(models["instructions"], links["instructions"]),
        classification,
        input_first,
        output_first,
        graph.complete(classification, input_first, output_first, finish),
    )


def _filled_up(config: ChainConfig, seeds: Sequence[Task], notes: list[str]) -> list[Task]:
    needs = {
        True: max(config.classification.yes_examples, config.instances.output_first.examples),
        False: max(config.classification.no_examples, config.instances.input_first.examples),
    }
    filled = list(seeds)
    for kind, needed in needs.items():
        have = sum(task.is_classification == kind for task in seeds)
        if have < needed:
            spare = [task for task in read_seeds(shipped.SEEDS) if task.is_classification == kind and task not in seeds]
            filled += spare[: needed - have]
            name = "classification tasks" if kind else "other tasks"
            notes.append(f"the seeds have {have} {name} of {needed} for the prompts; shipped ones fill up")
    return filled
