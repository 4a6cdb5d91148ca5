"""What a model is told, and which variables may stand in it."""

from __future__ import annotations

from string import Formatter
from typing import Literal

from pydantic import Field

from selfinstruct_chains.config.base import Closed, Output, Role

Prompted = Role | Literal["judge", "answer", "judge_answer", "judge_pair", "regenerate"]
"""Who is given a prompt: a chain's roles, and models that review, are evaluated, rate answers, or write anew."""
_COMMON = frozenset({"examples", "instruction", "max_instances", "after"})
PROMPT_VARIABLES: dict[Prompted, frozenset[str]] = {
    "instructions": frozenset({"examples", "shown", "ask", "first", "last", "after"}),
    "classification": frozenset({"examples", "instruction"}),
    "input_first": _COMMON,
    "output_first": _COMMON,
    "judge": frozenset({"instruction", "instances"}),
    "answer": frozenset({"instruction", "input"}),
    "judge_answer": frozenset({"task", "answer"}),
    "judge_pair": frozenset({"task", "first", "second"}),
    "regenerate": frozenset({"examples", "task"}),
}
"""What a role's prompt may use: see prompts/README.md."""
NEEDED_VARIABLES: dict[Prompted, frozenset[str]] = dict.fromkeys(PROMPT_VARIABLES, frozenset({"instruction"})) | {
    "instructions": frozenset(),
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


class Turn(Closed):
    """A message of a chat that was, or might have been, before."""

    by: Literal["user", "assistant", "system"]
    text: str


class ChatForm(Closed):
    """What a chat model is told."""

    system: str = ""
    """Left out or "": there is no system message."""
    turns: tuple[Turn, ...] = ()
    """What stands between the two."""
    user: str


class CompletionForm(Closed):
    """What a completion model goes on from, and the strings that end its reply."""

    text: str
    stop: tuple[str, ...] = ()


class Forms(Closed):
    """What a model is told, in both forms."""

    chat: ChatForm
    completion: CompletionForm


class Prompt(Closed):
    """A prompt file: what the model is told, in both forms. Text in braces is a variable."""

    variables: tuple[str, ...]
    """The variables it uses, all of them."""
    example: str = ""
    """How one demonstration is written; for instructions it is always a line of a numbered list."""
    separator: str = "\n\n"
    """What stands between two demonstrations."""
    format: dict[Output, str] = Field(default_factory=dict)
    """What stands at `{format}`, for each form of output."""
    chat: ChatForm
    completion: CompletionForm
    classification_only: Forms | None = None
    """For instructions: both forms of a chain with `classification_only: true`; where there are none, those above."""

    def for_classification(self) -> Prompt:
        """The prompt of a chain with `classification_only: true`."""
        own = self.classification_only or self
        return self.model_copy(
            update={"chat": own.chat, "completion": own.completion, "classification_only": None},
        )

    def texts(self) -> dict[str, str]:
        """What the model is told, by dotted key, the stop strings and the demonstrations apart."""
        forms = {"chat.system": self.chat.system, "chat.user": self.chat.user, "completion.text": self.completion.text}
        forms |= {f"chat.turns.{number}.text": turn.text for number, turn in enumerate(self.chat.turns)}
        return forms | {f"format.{output}": text for output, text in self.format.items()}


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
