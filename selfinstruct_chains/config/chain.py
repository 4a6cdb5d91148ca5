"""A whole chain: its roles, its filters, how it runs, and what of it shapes the dataset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import AfterValidator, Field, PrivateAttr, StringConstraints, model_validator

from selfinstruct_chains.config.base import (
    ROLES,
    Closed,
    Positive,
    Role,
    Seconds,
    Share,
    Whole,
    file_name,
)
from selfinstruct_chains.config.engine import Engine, RayConfig
from selfinstruct_chains.config.filters import Filter, with_implied
from selfinstruct_chains.config.flat import flatten, put
from selfinstruct_chains.config.languages import language_name, whole_language
from selfinstruct_chains.config.model import ModelConfig
from selfinstruct_chains.config.prompt import Prompted, Subject
from selfinstruct_chains.config.roles import ClassificationRole, InstanceRole, InstancesConfig, InstructionRole
from selfinstruct_chains.config.shaping import NOT_SHAPING, REPLY_CHARACTERS, SINCE_FORMAT_1, WHERE, is_new_and_unset
from selfinstruct_chains.config.subject import Domain, Languages, Topics, asks_for
from selfinstruct_chains.config.swapping import is_swap, leave_behind, refuse_old_name, said
from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SECTIONS: dict[Role, str] = {
    "instructions": "instructions",
    "classification": "classification",
    "input_first": "instances.input_first",
    "output_first": "instances.output_first",
}
"""Where a role's section stands."""


class NoveltyConfig(Closed):
    """When an instruction is too similar to the pool: paper section 2.2, step 4."""

    threshold: Share = 0.7
    """ROUGE-L F-measure from which on two instructions are too similar."""
    tokenizer: Literal["rouge", "unicode"] = "unicode"
    """`rouge` knows ASCII letters and digits alone, as rouge-score 0.1.2 without a stemmer; `unicode` all scripts."""


class RunConfig(Closed):
    """How the loop runs."""

    seed: Whole = 42
    """Of all that is drawn: the same seed, seed tasks and replies give the same dataset."""
    lookahead: Positive = 16
    """Request i sees the pool as it stood when request i - lookahead was done."""
    max_concurrency: Positive = 16
    """Calls in flight."""
    give_up_after: Positive = 30
    """Requests in a row without one accepted instruction after which the run stops."""
    patience: Seconds = 600
    """Seconds a call is retried before the run stops."""
    max_failing_share: Share = 0.9
    """Share of failing attempts, over the last 100, above which the run stops."""
    reply_characters: Positive = REPLY_CHARACTERS
    """Characters of a reply that are read; of a longer one the whole items before that count, as of a cut one."""
    engine: Engine = "local"
    """Who makes the calls: this process, or the workers of a Ray cluster (extra `ray`)."""
    ray: RayConfig = RayConfig()
    """Which cluster, and how many workers, where `engine` is `ray`."""


class ChainConfig(Closed):
    """One complete chain."""

    name: Annotated[str, AfterValidator(file_name)]
    """What run folders are named after; left out, the file's name."""
    description: str = ""
    """One line, which `selfinstruct chains` lists."""
    domain: Domain | None = None
    """Who asks, for what, about what: said in each prompt, in which no other subject is asked for then."""
    topics: Topics | None = None
    """Each request for instructions is about one of them; None: about anything, as in the paper."""
    language: Languages | None = None
    """That of the tasks, as a BCP 47 tag, or several with their shares; the prompts ask for it, and what comes in
    another is dropped. None: a run finds it on its seeds (`run.language`)."""
    seeds: Annotated[str, StringConstraints(strict=True, min_length=1)] | None = Field(default=None, exclude=True)
    """The file of the seed tasks. They are what shapes a run, not where they were; None: those that are shipped."""
    prompt_language: Literal["english", "own"] = "english"
    """Which of the shipped prompts are taken: `own` is those in `language`, where there are some."""
    model: ModelConfig
    """The default, over which each role's model was merged."""
    classification_only: bool = False
    """Only classification tasks are shown and asked for; what is not identified as one is dropped."""
    instructions: InstructionRole
    """How new instructions are asked for."""
    classification: ClassificationRole
    """How classification tasks are told from others."""
    instances: InstancesConfig
    """How instances are asked for."""
    filters: Annotated[tuple[Filter, ...], Len(max_length=50)] = ()
    """What drops instructions and instances, in their order; `--set filters.0.min_words=3` changes the first."""
    novelty: NoveltyConfig = NoveltyConfig()
    """When an instruction is too similar to the pool."""
    run: RunConfig = RunConfig()
    """How the loop runs."""
    _notes: tuple[str, ...] = PrivateAttr(default=())

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that are called, in the order of the method."""
        return tuple(role for role in ROLES if role != "input_first" or not self.classification_only)

    @property
    def prompts_in(self) -> str:
        """The BCP 47 language in which the shipped prompts are taken where they are there in it; "": English."""
        own = self.prompt_language == "own" and isinstance(self.language, str)
        return whole_language(str(self.language)) if own else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What its user should know of how it came to be, a line for each."""
        return self._notes

    def model_for(self, role: Role) -> ModelConfig:
        """The model that answers for `role`."""
        return self.role(role).model

    def role(self, role: Role) -> InstructionRole | ClassificationRole | InstanceRole:
        """The section of `role`."""
        match role:
            case "instructions":
                return self.instructions
            case "classification":
                return self.classification
            case "input_first":
                return self.instances.input_first
            case "output_first":
                return self.instances.output_first

    def changed(self, settings: Mapping[str, Any]) -> ChainConfig:
        """The same chain with other values by dotted key, as `--set` has them; `model.*` goes to every role's model.

        Raises:
            ValidationError: a key or a value can't be.
            LookupError: there is nothing of that name.
            ConfigError: another provider without a name for its model.
        """
        if (self.prompt_language == "own" and "language" in settings) or "prompt_language" in settings:
            raise ConfigError("prompt_language: its prompts are read with the chain file: load_config(NAME, {...})")
        values: Any = self.model_dump(mode="json")
        notes = self._without_the_old_provider(values, settings)
        if "language" in settings:
            values["filters"] = with_implied(values["filters"], settings["language"])
        for key, value in settings.items():
            below = key.removeprefix("model.") if key.startswith("model.") else ""
            targets = [f"{_SECTIONS[role]}.model.{below}" for role in ROLES] if below else []
            for target in [key, *targets]:
                put(values, target, value)
        if "language" in settings:
            values["filters"] = with_implied(values["filters"], settings["language"])
        values.setdefault("seeds", self.seeds)
        return ChainConfig.model_validate_json(json.dumps(values)).noted([*self.notes, *notes])

    def noted(self, notes: Iterable[str]) -> ChainConfig:
        """The same chain with `notes` to tell its user."""
        copy = self.model_copy()
        copy._notes = tuple(notes)  # noqa: SLF001
        return copy

    def _without_the_old_provider(self, values: Any, settings: Mapping[str, Any]) -> list[str]:
        if "model.provider" not in settings:
            return []
        gone: list[str] = []
        for model in [values["model"], *(self._section(values, role)["model"] for role in ROLES)]:
            if is_swap(model, settings["model.provider"]):
                refuse_old_name(model, "model", settings)
                gone += leave_behind(model, "model", settings)
        return said("model", self.model.provider, gone)

    @staticmethod
    def _section(values: Any, role: Role) -> Any:
        for key in _SECTIONS[role].split("."):
            values = values[key]
        return values

    def with_role(self, role: Role, **values: Any) -> ChainConfig:
        """The same chain with other values in the section of `role`; they are taken as they are."""
        section = self.role(role).model_copy(update=values)
        if role in {"instructions", "classification"}:
            return self.model_copy(update={role: section})
        return self.model_copy(update={"instances": self.instances.model_copy(update={role: section})})

    def told(self) -> ChainConfig:
        """The same chain, whose prompts say what is known of its subject: their parts are filled in."""
        config = self
        for role in ROLES:
            section = config.role(role)
            if section.prompt.parts:
                config = config.with_role(role, prompt=section.prompt.about(self.subject(role)))
        return config

    def subject(self, role: Prompted) -> Subject:
        """What the prompt of `role` is to say of the chain's subject."""
        one_by_one = {"instructions": "{language}", "topics": ""}.get(role, "the language of the task")
        asked = self.language if asks_for(self.language) else ""
        language = one_by_one if isinstance(asked, dict) else language_name(asked or "", own=bool(self.prompts_in))
        return Subject(self.domain or "", bool(self.topics), language)

    @model_validator(mode="after")
    def _prompts_know_the_subject(self) -> Self:
        for role in self.roles:
            prompt = self.role(role).prompt.about(self.subject(role))
            if self.domain and not prompt.says(self.domain):
                raise ValueError(f"domain: the prompt of {role} has no part that says it; see prompts/README.md, parts")
            if self.topics and role == "instructions" and "topic" not in prompt.variables:
                raise ValueError("topics: the prompt of instructions has no part with {topic}; see prompts/README.md")
        return self

    def shaping(self) -> dict[str, Any]:
        """All values that shape the dataset, flat, by dotted key."""
        dump = self.told().model_dump(mode="json", exclude={"name", "description", "model"})
        dump["language"] = self.language or SINCE_FORMAT_1["language"]
        if self.classification.threshold.is_for(self.classification.model.name):  # and whose it is changes nothing
            dump["classification"]["threshold"] = self.classification.threshold.value
        return {
            key: value
            for key, value in flatten(dump).items()
            if not NOT_SHAPING & set(key.split("."))
            and not key.startswith(WHERE)
            and not is_new_and_unset(key, value)
            and (self.classification_only or ".prompt.classification_only" not in key)
        }
