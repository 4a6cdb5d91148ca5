"""What a model is told, and which variables may stand in it."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from selfinstruct_chains.config.base import Closed, Output, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

Prompted = Role | Literal["topics", "judge", "answer", "judge_answer", "judge_pair", "regenerate"]
"""Who is given a prompt: a chain's roles, and models that review, are evaluated, rate answers, or write anew."""
_COMMON = frozenset({"examples", "instruction", "max_instances", "after"})
PROMPT_VARIABLES: dict[Prompted, frozenset[str]] = {
    "instructions": frozenset({"examples", "shown", "ask", "first", "last", "after"}),
    "classification": frozenset({"examples", "instruction"}),
    "input_first": _COMMON,
    "output_first": _COMMON,
    "topics": frozenset({"examples", "ask", "first", "last", "known"}),
    "judge": frozenset({"instruction", "instances"}),
    "answer": frozenset({"instruction", "input"}),
    "judge_answer": frozenset({"task", "answer"}),
    "judge_pair": frozenset({"task", "first", "second"}),
    "regenerate": frozenset({"examples", "task"}),
}
"""What a role's prompt may use: see prompts/README.md."""
NEEDED_VARIABLES: dict[Prompted, frozenset[str]] = dict.fromkeys(PROMPT_VARIABLES, frozenset({"instruction"})) | {
    "instructions": frozenset(),
    "topics": frozenset(),
    "judge": PROMPT_VARIABLES["judge"],
    "answer": PROMPT_VARIABLES["answer"],
    "judge_answer": PROMPT_VARIABLES["judge_answer"],
    "judge_pair": PROMPT_VARIABLES["judge_pair"],
    "regenerate": frozenset({"task"}),
}
"""What both forms of a role's prompt must use, or the model would not see what it is asked about."""
EXAMPLE_VARIABLES: dict[Prompted, frozenset[str]] = {
    "instructions": frozenset(),
    "classification": frozenset({"instruction", "answer"}),
    "input_first": frozenset({"instruction", "instances"}),
    "output_first": frozenset({"instruction", "instances"}),
    "topics": frozenset(),
    "judge": frozenset(),
    "answer": frozenset(),
    "judge_answer": frozenset(),
    "judge_pair": frozenset(),
    "regenerate": frozenset({"task", "output"}),
}
"""What the prompt's `example` may use; where it may use nothing, there is none."""
STOP_VARIABLES: dict[Prompted, frozenset[str]] = dict.fromkeys(PROMPT_VARIABLES, frozenset[str]()) | {
    "instructions": frozenset({"ask", "last", "after"}),
    "input_first": frozenset({"after"}),
    "output_first": frozenset({"after"}),
}
"""What the prompt's `stop` strings may use: what is the same in all calls."""


PART_VARIABLES = frozenset({"domain", "topic", "language"})
"""What may stand in the text of a part that bears its name."""


class Turn(Closed):
    """A message of a chat that was, or might have been, before."""

    by: Literal["user", "assistant", "system"]
    """Whose message it is."""
    text: str
    """What it says."""


class ChatForm(Closed):
    """What a chat model is told."""

    system: str = ""
    """Left out or "": there is no system message."""
    turns: tuple[Turn, ...] = ()
    """What stands between the two."""
    user: str
    """The message of the user."""


class CompletionForm(Closed):
    """What a completion model goes on from, and the strings that end its reply."""

    text: str
    """What the model goes on from."""
    stop: tuple[str, ...] = ()
    """Strings that end its reply."""


class Labels(Closed):
    """What demonstrations call the parts of an instance; in replies all languages' are understood."""

    example: str = "Example"
    """Before the number of an instance."""
    input: str = "Input"
    """Before its input."""
    output: str = "Output"
    """Before its output."""
    label: str = "Class label"
    """Before the label, output-first."""


class Forms(Closed):
    """What a model is told, in both forms."""

    chat: ChatForm
    """What a chat model is told."""
    completion: CompletionForm
    """What a completion model goes on from."""


class Part(Closed):
    """A piece of a prompt's text that depends on what the chain asks for: it stands where its name is in braces."""

    plain: str = ""
    """Where the chain has neither a domain nor topics."""
    narrowed: str = ""
    """Where it has one of them."""
    domain: str = ""
    """Then, where it has a domain, which is `{domain}`."""
    topic: str = ""
    """Then, where it has topics; that of a request is `{topic}`."""
    language: str = ""
    """Then, where its language is given; its name is `{language}`."""

    def text(self, subject: Subject) -> str:
        """What stands for it."""
        begin = self.narrowed if subject.domain or subject.has_topics else self.plain
        return "".join(
            (
                begin,
                self.domain.replace("{domain}", _escaped(subject.domain)) if subject.domain else "",
                self.topic if subject.has_topics else "",
                self.language.replace("{language}", subject.language) if subject.language else "",
            )
        )


class Subject(NamedTuple):
    """What a chain's tasks are about, as far as its file says."""

    domain: str = ""
    has_topics: bool = False
    language: str = ""
    """Its name, or the variable that stands for it."""


class Prompt(Closed):
    """A prompt file: what the model is told, in both forms. Text in braces is a variable, or one of its parts."""

    variables: tuple[str, ...]
    """The variables it uses, all of them."""
    example: str = ""
    """How one demonstration is written; for instructions it is always a line of a numbered list."""
    labels: Labels = Labels()
    """What a demonstration's instances are written behind, where they are no JSON."""
    separator: str = "\n\n"
    """What stands between two demonstrations."""
    format: dict[Output, str] = Field(default_factory=dict)
    """What stands at `{format}`, for each form of output."""
    parts: dict[str, Part] = Field(default_factory=dict)
    """What depends on the chain's `domain`, `topics` and `language`, by name."""
    chat: ChatForm
    """What a chat model is told."""
    completion: CompletionForm
    """What a completion model goes on from."""
    classification_only: Forms | None = None
    """For instructions: both forms of a chain with `classification_only: true`; where there are none, those above."""

    @model_serializer(mode="wrap")
    def _to_file(self, dumped: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without labels where they are English: folders that were begun before there were any are found again."""
        values: dict[str, Any] = dumped(self)
        if self.labels == Labels():
            values.pop("labels", None)
        return values

    def for_classification(self) -> Prompt:
        """The prompt of a chain with `classification_only: true`."""
        own = self.classification_only or self
        return self.model_copy(
            update={"chat": own.chat, "completion": own.completion, "classification_only": None},
        )

    def about(self, subject: Subject) -> Prompt:
        """The prompt with its parts filled in; without any it is what it was."""
        if not self.parts:
            return self
        filling = {name: part.text(subject) for name, part in self.parts.items()}
        filled: Prompt = _filled(self.model_copy(update={"parts": {}}), filling)
        added = {name for text in filling.values() for name in variables(text)}
        return filled.model_copy(update={"variables": tuple(dict.fromkeys((*self.variables, *sorted(added))))})

    def says(self, text: str) -> bool:
        """Whether a model is told `text` in each form."""
        chat = (self.chat.system, *(turn.text for turn in self.chat.turns), self.chat.user)
        return all(_escaped(text) in told for told in ("\n".join(chat), self.completion.text))

    def texts(self) -> dict[str, str]:
        """What the model is told, by dotted key, the stop strings and the demonstrations apart."""
        forms = {"chat.system": self.chat.system, "chat.user": self.chat.user, "completion.text": self.completion.text}
        forms |= {f"chat.turns.{number}.text": turn.text for number, turn in enumerate(self.chat.turns)}
        return forms | {f"format.{output}": text for output, text in self.format.items()}


def _filled(value: Any, filling: Mapping[str, str]) -> Any:
    """A prompt, or a piece of it, in all of whose texts the names in braces are filled in; doubled braces stay."""
    match value:
        case str():
            return re.sub(r"\{\{|\}\}|\{(\w+)\}", lambda found: filling.get(found[1], found[0]), value)
        case tuple():
            return tuple(_filled(item, filling) for item in value)
        case dict():
            return {key: _filled(item, filling) for key, item in value.items()}
        case Closed():
            return value.model_copy(update={name: _filled(item, filling) for name, item in value})
    return value


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def variables(text: str) -> frozenset[str]:
    """The names that stand in braces in `text`; doubled braces are plain ones.

    Raises:
        ValueError: a brace has no partner, or holds more than a name.
    """
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        raise ValueError("a brace has no partner") from None
    for name, spec, conversion in fields:
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"{{{name}}} is no variable")
    return frozenset(name for name, _, _ in fields)
