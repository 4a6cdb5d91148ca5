"""The four steps, each `prompt | model | parser`.

A model here is a *role model*: a Runnable from a prompt to an AIMessage in one shape (`models.replying`), which takes
the keywords `stop`, `max_tokens`, `json_schema` and `top_logprobs`. A reply that can't be used is asked for once more,
with twice the room; the second attempt carries `{"selfinstruct_attempt": 2}` in its metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.method.glue import Pure, Quiet
from selfinstruct_chains.method.parsing import (
    ClassificationParser,
    InstancesParser,
    InstructionsParser,
    Parsed,
    UnreadableReply,
)
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.rendering import (
    CLASSIFICATION_SCHEMA,
    INSTRUCTIONS_SCHEMA,
    instances_schema,
    numbered,
)
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.prompts import BasePromptTemplate
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import ClassificationRole, InstanceRole, InstructionRole, Kind, Role
    from selfinstruct_chains.method.rendering import Form

RoleModel = Runnable[PromptValue, AIMessage]
ATTEMPT = "selfinstruct_attempt"
"""The metadata key that tells a second attempt from the first."""
TOP_LOGPROBS = 20
"""Alternatives of the first token asked for: the most that OpenAI's chat models give."""


class Links(NamedTuple):
    """A step without its model: what stands before and behind it."""

    role: Role
    template: BasePromptTemplate[Any]
    options: dict[str, Any]
    """What each call asks for besides the prompt."""
    parser: InstructionsParser | ClassificationParser | InstancesParser
    max_tokens: int | None
    """The limit of the first attempt; the second has twice as many."""

    def prompt(self, value: Any) -> PromptValue:
        """The prompt for an input of the step."""
        variables = _shown(value) if self.role == "instructions" else {"instruction": value}
        return self.template.format_prompt(**variables)

    def step(self, model: RoleModel, takes: Any, gives: Any) -> Runnable[Any, Any]:
        """The step: `prompt | model | parser`, asked twice if need be; from `takes` to `gives`."""
        larger = {"max_tokens": 2 * self.max_tokens} if self.max_tokens else {}
        before: Runnable[Any, PromptValue] = self.template
        if self.role == "instructions":
            before = Pure(_shown, "fill in") | self.template
        once: Runnable[Any, Any] = before | model.bind(**self.options) | self.parser
        again: Runnable[Any, Any] = before | model.bind(**self.options, **larger) | self.parser
        chain = once.with_fallbacks(
            [again.with_config(metadata={ATTEMPT: 2})], exceptions_to_handle=(UnreadableReply,)
        ).with_config(run_name=self.role)

        async def direct(value: Any, config: RunnableConfig) -> Any:
            prompt = self.prompt(value)
            try:
                return self.parser.read(await model.ainvoke(prompt, config, **self.options))
            except UnreadableReply as unreadable:
                second: RunnableConfig = {**config, "metadata": {**config.get("metadata", {}), ATTEMPT: 2}}
                try:
                    return self.parser.read(await model.ainvoke(prompt, second, **self.options, **larger))
                except UnreadableReply:
                    raise unreadable from None

        return Quiet(chain.with_types(input_type=takes, output_type=gives), direct)


def instruction_links(role: InstructionRole, kind: Kind) -> Links:
    """Instruction generation, paper section 2.2, step 1: instructions to show -> `Parsed[str]`, new and unfiltered."""
    shown = role.seed_examples + role.generated_examples
    counts = {"ask": role.ask, "last": shown + role.ask, "after": shown + role.ask + 1}
    fixed = {name: str(count) for name, count in counts.items()}
    parser = InstructionsParser(continues=kind == "completion" and role.output == "text")
    return Links(
        "instructions",
        template(role.prompt, kind, role.output, **fixed),
        _options(role, kind, INSTRUCTIONS_SCHEMA, **fixed),
        parser,
        role.model.max_tokens,
    )


def classification_links(role: ClassificationRole, kind: Kind, examples: str) -> Links:
    """Classification task identification, paper section 2.2, step 2: an instruction -> bool."""
    options = _options(role, kind, CLASSIFICATION_SCHEMA)
    if role.decide == "logprob":
        options["top_logprobs"] = TOP_LOGPROBS
    return Links(
        "classification",
        template(role.prompt, kind, role.output, examples=examples),
        options,
        ClassificationParser(decide=role.decide, threshold=role.threshold),
        role.model.max_tokens,
    )


def instance_links(form: Form, role: InstanceRole, kind: Kind, examples: str, max_instances: int) -> Links:
    """Instance generation, paper section 2.2, step 3: an instruction -> `Parsed[Instance]`, unfiltered.

    Input-first writes an input (or none) and then its output; output-first, for classification tasks, a label and then
    an input for it.
    """
    schema = instances_schema(
        form, max_instances, input_characters=role.input_characters, output_characters=role.output_characters
    )
    return Links(
        form,
        template(role.prompt, kind, role.output, examples=examples, max_instances=str(max_instances)),
        _options(role, kind, schema),
        InstancesParser(form=form, output=role.output),
        role.model.max_tokens,
    )


def instructions(model: RoleModel, links: Links) -> Runnable[Sequence[str], Parsed[str]]:
    """Instructions to show -> new ones, as a public step."""
    return links.step(model, list[str], Parsed[str])


def classification(model: RoleModel, links: Links) -> Runnable[str, bool]:
    """Instruction -> is it a classification task?, as a public step."""
    return links.step(model, str, bool)


def instances(model: RoleModel, links: Links) -> Runnable[str, Parsed[Instance]]:
    """Instruction -> instances, by the form of `links`, as a public step."""
    return links.step(model, str, Parsed[Instance])


def _shown(examples: Sequence[str]) -> dict[str, str]:
    return {"examples": numbered(examples), "shown": str(len(examples)), "first": str(len(examples) + 1)}


def _options(
    role: InstructionRole | ClassificationRole | InstanceRole, kind: Kind, schema: dict[str, Any], **filled: str
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind == "completion" and role.prompt.completion.stop:
        options["stop"] = [stop.format(**filled) for stop in role.prompt.completion.stop]
    if role.output == "json_schema":
        options["json_schema"] = schema
    return options
