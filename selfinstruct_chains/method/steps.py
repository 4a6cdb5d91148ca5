"""The four steps, each `prompt | model | parser`.

A model here is a *role model*: a Runnable from a prompt to an AIMessage in one shape (`models.replying`), which takes
the keywords `stop`, `top_logprobs`, `larger`, and the schema of the reply as `json_schema`, `function_calling` or
`json_mode`, by how it is to be held to it. A reply that can't be used is asked for once more, with twice the room; the
second attempt carries `{"selfinstruct_attempt": 2}` in its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.config import written
from selfinstruct_chains.method.parsers import (
    ClassificationParser,
    InstancesParser,
    InstructionsParser,
    ReplyParser,
)
from selfinstruct_chains.method.parsing import Parsed
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.method.pure import Pure
from selfinstruct_chains.method.quiet import at_once, evaluate
from selfinstruct_chains.method.rendering import (
    CLASSIFICATION_SCHEMA,
    INSTRUCTIONS_SCHEMA,
    instances_schema,
    numbered,
)
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.config import ClassificationRole, InstanceRole, InstructionRole, Kind, Role
    from selfinstruct_chains.method.lexicon import Lexicon
    from selfinstruct_chains.method.rendering import Form

    Section = InstructionRole | ClassificationRole | InstanceRole

RoleModel = Runnable[PromptValue, AIMessage]
ATTEMPT = "selfinstruct_attempt"
"""The metadata key that tells a second attempt from the first."""
LARGER = 2
"""Times the room for its reply that a second attempt has."""
TOP_LOGPROBS = 20
"""Alternatives of the first token asked for: the most that OpenAI's chat models give."""

TAKES: dict[Role, Any] = {"instructions": list[str], "classification": str, "input_first": str, "output_first": str}
"""What a step is invoked with: instructions to show, or an instruction."""
GIVES: dict[Role, Any] = {
    "instructions": Parsed[str],
    "classification": bool,
    "input_first": Parsed[Instance],
    "output_first": Parsed[Instance],
}
"""What it gives: new instructions, whether it is a classification task, or instances."""


class Links(NamedTuple):
    """A step without its model: what stands before and behind it."""

    role: Role
    before: Runnable[Any, PromptValue]
    """From the step's input to the prompt."""
    options: dict[str, Any]
    """What each call asks for besides the prompt."""
    parser: Runnable[AIMessage, Any]

    def prompt(self, value: Any) -> PromptValue:
        """The prompt for an input of the step, without a trace."""
        found: PromptValue = at_once(evaluate(self.before, value, {}))
        return found

    def reading(self, characters: int, lexicon: Lexicon) -> Links:
        """The same, of whose replies at most so many characters are read, in the languages of `lexicon`."""
        if not isinstance(self.parser, ReplyParser):
            return self
        return self._replace(parser=self.parser.model_copy(update={"reply_characters": characters, "lexicon": lexicon}))


def step(links: Links, model: RoleModel) -> Runnable[Any, Any]:
    """The step: `prompt | model | parser`, asked twice if need be."""
    once: Runnable[Any, Any] = links.before | model.bind(**links.options) | links.parser
    again: Runnable[Any, Any] = links.before | model.bind(**links.options, larger=LARGER) | links.parser
    first = once.with_config(run_name="first attempt")
    second = again.with_config(run_name="second attempt", metadata={ATTEMPT: 2})
    both = first.with_fallbacks([second], exceptions_to_handle=(OutputParserException,))
    return both.with_config(run_name=links.role).with_types(input_type=TAKES[links.role], output_type=GIVES[links.role])


def instruction_links(role: InstructionRole, kind: Kind, *, classification_only: bool = False) -> Links:
    """Instruction generation, paper section 2.2, step 1: instructions to show -> `Parsed[str]`, new and unfiltered."""
    if classification_only:
        role = role.model_copy(update={"prompt": role.prompt.for_classification()})
    most = (
        role.seed_examples + role.generated_examples
    )  # a reply ends here at the latest: what is the same in all calls
    ends = {name: str(most + role.ask + more) for name, more in (("last", 0), ("after", 1))}
    parser = InstructionsParser(continues=kind == "completion" and written(role.output) == "text")
    return Links(
        "instructions",
        Pure(partial(_shown, role.ask), "examples") | _template(role, kind, ask=str(role.ask), **_ANY),
        _options(role, kind, INSTRUCTIONS_SCHEMA, ask=str(role.ask), **ends),
        parser,
    )


def classification_links(role: ClassificationRole, kind: Kind, examples: str) -> Links:
    """Classification task identification, paper section 2.2, step 2: an instruction -> bool."""
    options = _options(role, kind, CLASSIFICATION_SCHEMA)
    if role.decide == "logprob":
        options["top_logprobs"] = TOP_LOGPROBS
    return Links(
        "classification",
        _template(role, kind, examples=examples),
        options,
        ClassificationParser(decide=role.decide, threshold=role.threshold.value or 0.0),
    )


def instance_links(form: Form, role: InstanceRole, kind: Kind, examples: str, max_instances: int) -> Links:
    """Instance generation, paper section 2.2, step 3: an instruction -> `Parsed[Instance]`, unfiltered.

    Input-first writes an input (or none) and then its output; output-first, for classification tasks, a label and then
    an input for it.
    """
    fixed = {"max_instances": str(max_instances), "after": str(max_instances + 1)}
    schema = instances_schema(
        form, max_instances, input_characters=role.input_characters, output_characters=role.output_characters
    )
    return Links(
        form,
        _template(role, kind, examples=examples, **fixed),
        _options(role, kind, schema, **fixed),
        InstancesParser(form=form, output=written(role.output)),
    )


_ANY = {"topic": "any that suits them", "language": "the language of those above"}
"""What a step that stands alone is told where its chain has topics or several languages, and it is given none."""


def _shown(ask: int, value: Sequence[str] | Mapping[str, Any]) -> dict[str, str]:
    given = dict(value) if isinstance(value, Mapping) else {"examples": value}
    examples = given.pop("examples")
    shown = len(examples)
    numbers = {"shown": shown, "first": shown + 1, "last": shown + ask, "after": shown + ask + 1}
    return {"examples": numbered(examples), **{name: str(number) for name, number in numbers.items()}, **given}


def _template(role: Section, kind: Kind, **fixed: str) -> Runnable[Any, PromptValue]:
    system_role = role.model.system_role is not False
    return template(role.prompt, kind, written(role.output), system_role=system_role, **fixed)


def _options(role: Section, kind: Kind, schema: dict[str, Any], **filled: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind == "completion" and role.prompt.completion.stop:
        options["stop"] = [stop.format(**filled) for stop in role.prompt.completion.stop]
    if written(role.output) == "json_schema":
        options[role.output] = schema
    return options
