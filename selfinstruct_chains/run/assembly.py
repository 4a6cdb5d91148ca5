"""Config, seeds and models -> the chain's steps, ready to use alone or in the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - fields of named tuples, which LangChain reads
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES, ChainConfig, Kind, Role
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds, seeds_source
from selfinstruct_chains.method import graph, steps
from selfinstruct_chains.method.demonstrations import Demonstrations, classification_examples, instance_examples
from selfinstruct_chains.method.pure import Pure
from selfinstruct_chains.method.results import result
from selfinstruct_chains.models.forms import forms, forms_without_key
from selfinstruct_chains.models.own import OwnModel, own_model
from selfinstruct_chains.models.patient import Patiences, Patient
from selfinstruct_chains.models.registry import ConfiguredModel, name_of
from selfinstruct_chains.run.found import IN_WORDS, as_known
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.own import Models, Own, brought, chain_config
from selfinstruct_chains.run.step import Step, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue
    from langchain_core.runnables import Runnable

    from selfinstruct_chains.method.graph import InstanceFilter
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.models.forms import Forms
    from selfinstruct_chains.tasks import Completion, Task


_NEEDED: dict[Role, str] = {
    "classification": "classification tasks or others",
    "input_first": "tasks other than classification",
    "output_first": "classification tasks with two labels or more",
}


class RoleModels(NamedTuple):
    """A role model for each role, and which family it belongs to."""

    models: Mapping[Role, ConfiguredModel | OwnModel]
    kinds: Mapping[Role, Kind]
    elsewhere: Mapping[Role, Runnable[PromptValue, AIMessage]] = MappingProxyType({})
    """What is asked instead, where calls are made by other processes, which have the keys."""

    def asked(self, role: Role) -> Runnable[PromptValue, AIMessage]:
        """The model to ask for `role`."""
        return self.elsewhere.get(role) or self.models[role]


class Composed(NamedTuple):
    """The two compositions that a run is made of, and the steps of the second."""

    instructions: Runnable[Sequence[str], Any]
    """Instructions to show -> new ones."""
    complete: Runnable[str, Completion]
    """Instruction -> classified, with its instances, filtered."""
    steps: Mapping[Role, Runnable[Any, Any]]


class Shown(NamedTuple):
    """The demonstrations in the prompts of a run, by role, and what there is to say of them."""

    by_role: Mapping[Role, Demonstrations]
    notes: tuple[str, ...]


def role_models(
    config: ChainConfig, own: Mapping[Role, Runnable[Any, Any]] | None = None, log: Path | None = None
) -> RoleModels:
    """The models of a chain; the caller's `own` go before the file's. Roles with equal configs share one."""
    shared: dict[Any, Any] = {}
    models: dict[Role, ConfiguredModel | OwnModel] = {}
    for role in ROLES:
        given, file = (own or {}).get(role), config.model_for(role)
        if given is not None:
            models[role] = shared.setdefault(id(given), own_model(given))
        else:
            models[role] = shared.setdefault(file.model_dump_json(), ConfiguredModel(file, log=log))
    return RoleModels(models, {role: model.kind for role, model in models.items()})


def demonstrations(config: ChainConfig, seeds: Sequence[Task]) -> Shown:
    """The demonstrations for each role's prompt; where `seeds` lacks what a prompt needs, the shipped seeds fill up."""
    spare = spare_seeds(seeds)
    limit, seed = config.instances.max_instances, config.run.seed
    both = config.instances.input_first, config.instances.output_first
    by_role: dict[Role, Demonstrations] = {
        "classification": classification_examples(config.classification, seeds, seed, spare),
        "input_first": instance_examples(both[0], "input_first", seeds, seed, limit, spare),
        "output_first": instance_examples(both[1], "output_first", seeds, seed, limit, spare),
    }
    return Shown(
        by_role,
        tuple(
            note
            for role, shown in by_role.items()
            for note in _notes(role, shown, getattr(config.role(role), "example_characters", None))
        ),
    )


def spare_seeds(seeds: Sequence[Task]) -> list[Task]:
    """The shipped seeds that are not among `seeds`: they fill up where a prompt needs more."""
    known = {task.instruction for task in seeds}
    return [task for task in read_seeds(shipped.SEEDS) if task.instruction not in known]


def _notes(role: Role, shown: Demonstrations, longest: int | None) -> Iterator[str]:
    if shown.filled_up:
        own = shown.shown + shown.left_out - shown.filled_up
        size = f" of at most {longest} characters (example_characters)" if shown.too_long else ""
        yield (
            f"{role}: of the examples in its prompt {own} are seeds and {shown.filled_up} shipped ones, "
            f"for want of {_NEEDED[role]}{size}"
        )
    if shown.left_out:
        yield f"{role}: {shown.shown} examples are shown; {shown.left_out} more have no room (prompt_tokens)"


def build_steps(
    config: ChainConfig,
    seeds: Sequence[Task] | None = None,
    *,
    models: Models | None = None,
    parsers: Mapping[Role, Runnable[Any, Any]] | None = None,
    instance_filters: Sequence[InstanceFilter] = (),
) -> Steps:
    """The steps of a chain as Runnables: `build_steps(load_config("openai")).classification.invoke("...")`.

    Args:
        config: the chain.
        seeds: where the demonstrations come from; the shipped seeds when None.
        models: LangChain models to use instead of the file's.
        parsers: parsers of one's own, by role.
        instance_filters: functions of (instruction, instance) that give the name of a rule to drop it by, or None.

    Raises:
        ConfigError: a part can't be what it is given as; a model can't be built as the chain file says (raised at its
            first call).
    """
    return public_steps(
        chain_config(config), seeds, brought(models, parsers=parsers, instance_filters=instance_filters)
    )


def public_steps(config: ChainConfig, seeds: Sequence[Task] | None, own: Own) -> Steps:
    """The steps with what the user brings, each with the chain's patience; a threshold is fitted by a run alone."""
    seeds = seeds if seeds is not None else read_seeds(seeds_source(config))
    config = in_language(config, seeds)
    found = role_models(config, own.models)
    config = as_known_for(in_text_where_needed(config, found, own), found.models)
    config = in_text_unless_fitted(config, found)
    shown = demonstrations(config, seeds)
    patiences = Patiences(found.models, config)
    patient: dict[Role, Runnable[Any, Any]] = {
        role: Patient(role, model, patiences) for role, model in found.models.items()
    }
    composed = compose(config, links(config, shown, found.kinds), patient, own)
    by_role = {role: Step(name=role, chain=step) for role, step in composed.steps.items()}
    return Steps(**by_role, complete=Step(name="complete", chain=composed.complete))


def role_forms(model: ConfiguredModel | OwnModel, *, key: bool = True) -> Forms:
    """In which forms a role model may be asked, as far as that is known; without a `key` being there, if it may lack.

    Raises:
        ConfigError: as `providers.build`, where the key has to be there.
    """
    if isinstance(model, OwnModel):
        return model.forms
    return forms(model.config) if key else forms_without_key(model.config)


def as_known_for(
    config: ChainConfig, models: Mapping[Role, ConfiguredModel | OwnModel], *, hopeful: bool = False
) -> ChainConfig:
    """`config`, in which each `output: auto` is what is known of the role's model without a call; see `as_known`."""
    return as_known(config, {role: role_forms(model, key=False) for role, model in models.items()}, hopeful=hopeful)


def in_text_where_needed(config: ChainConfig, found: RoleModels, own: Own) -> ChainConfig:
    """`config`, in which a role whose own model lacks its form of reply, or log-probabilities, is asked for text.

    Raises:
        ConfigError: the role's prompt has no text form.
    """
    for role, model in found.models.items():
        section = config.role(role)
        if not isinstance(model, OwnModel) or role in own.steps:
            continue
        if section.output not in {"auto", *model.forms.outputs}:
            if "text" not in section.prompt.format and section.prompt.format:
                lacks = IN_WORDS[section.output].removeprefix("a ")
                raise ConfigError(
                    f"models[{role!r}]: {model.get_name()} has no {lacks}, and the prompt of {role} has no "
                    "format.text to ask for text by; give another model, or such a prompt"
                )
            config = config.with_role(role, output="text")
        if getattr(section, "decide", "text") == "logprob" and not model.has_logprobs:
            config = config.with_role(role, decide="text")
    return config


def in_text_unless_fitted(config: ChainConfig, found: RoleModels) -> ChainConfig:
    """`config`, in which what the model writes decides where the threshold is another model's, or yet to be fitted."""
    if has_its_threshold(config, found):
        return config
    return config.with_role("classification", decide="text")


def has_its_threshold(config: ChainConfig, found: RoleModels) -> bool:
    """Whether there is nothing to fit: no threshold is used, or it is of the model that answers."""
    section = config.classification
    return section.decide == "text" or section.threshold.is_for(name_of(found.models["classification"]))


def links(config: ChainConfig, shown: Shown, kinds: Mapping[Role, Kind]) -> dict[Role, Links]:
    """Each role's step without its model."""
    config = config.told()
    limit = config.instances.max_instances
    both = config.instances.input_first, config.instances.output_first
    texts = {role: demonstrations.text for role, demonstrations in shown.by_role.items()}
    by_role: dict[Role, Links] = {
        "instructions": steps.instruction_links(
            config.instructions, kinds["instructions"], classification_only=config.classification_only
        ),
        "classification": steps.classification_links(
            config.classification, kinds["classification"], texts["classification"]
        ),
        "input_first": steps.instance_links("input_first", both[0], kinds["input_first"], texts["input_first"], limit),
        "output_first": steps.instance_links(
            "output_first", both[1], kinds["output_first"], texts["output_first"], limit
        ),
    }
    read = lexicon_of(config)
    return {role: found.reading(config.run.reply_characters, read) for role, found in by_role.items()}


def compose(
    config: ChainConfig,
    links: Mapping[Role, Links],
    models: Mapping[Role, Runnable[Any, Any]],
    own: Own,
    own_steps: Mapping[Role, Runnable[Any, Any]] | None = None,
) -> Composed:
    """The method, from the links of its steps and their models.

    Args:
        config: the chain.
        links: by role.
        models: the role models, by role.
        own: what the user brings.
        own_steps: what stands for the user's own steps; those themselves when None.
    """
    found: dict[Role, Runnable[Any, Any]] = {}
    for role in ROLES:
        step = (own_steps or own.steps).get(role)
        if step is not None:
            found[role] = (step if own_steps else step | _given(role)).with_config(run_name=role)
        else:
            parser = own.parsers.get(role)
            link = links[role]._replace(parser=parser | _given(role)) if parser is not None else links[role]
            found[role] = steps.step(link, models[role])
    finish = graph.finisher(config.filters, config.instances.max_instances, own.instance_filters, lexicon_of(config))
    input_first = None if config.classification_only else found["input_first"]
    whole = graph.complete(found["classification"], input_first, found["output_first"], finish)
    return Composed(found["instructions"], whole, found)


def _given(role: Role) -> Pure[Any, Any]:
    return Pure(partial(result, role), "checked result")
