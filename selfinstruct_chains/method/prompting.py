"""prompts/*.yaml and seed demonstrations -> LangChain prompt templates.

Demonstrations are drawn from the seeds, fixed for a whole run, and stand before what varies, so that providers and
llama.cpp can reuse the prefix. They are joined here and passed as one value: a template would expand braces in them.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.prompts import ChatPromptTemplate, PromptTemplate

from selfinstruct_chains.config import written
from selfinstruct_chains.method.rendering import instances_json, instances_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.prompts import BasePromptTemplate

    from selfinstruct_chains.config import ClassificationRole, InstanceRole, Kind, Output, Prompt
    from selfinstruct_chains.method.rendering import Form
    from selfinstruct_chains.tasks import Task

CHARACTERS_PER_TOKEN = 3
"""A careful guess, for keeping a prompt below a number of tokens without its model's tokenizer."""


class Demonstrations(NamedTuple):
    """The examples a role's prompt shows."""

    text: str
    shown: int
    """How many examples are in `text`."""
    left_out: int
    """How many more were due, but had no room (`prompt_tokens`) or no seed."""


def template(
    prompt: Prompt, kind: Kind, output: Output, *, system_role: bool = True, **fixed: str
) -> BasePromptTemplate[Any]:
    """The prompt for a chat or a completion model, with the `fixed` variables filled in; the others are its input.

    Args:
        prompt: a prompt file.
        kind: which of its forms.
        output: what the reply is to be written as.
        system_role: whether a chat model takes a system message; if not, its text begins the user's.
        fixed: the variables to fill in.
    """

    def filled_in(text: str) -> str:
        return text.strip("\n").replace("{format}", prompt.format.get(output, "").strip("\n"))

    if kind == "chat":
        turns = [(turn.by, filled_in(turn.text)) for turn in prompt.chat.turns]
        pieces = [("system", filled_in(prompt.chat.system)), *turns, ("user", filled_in(prompt.chat.user))]
        said = [(by, text) for by, text in pieces if by != "system" or text.strip()]
        return ChatPromptTemplate.from_messages(said if system_role else _without_system(said)).partial(**fixed)
    return PromptTemplate.from_template(filled_in(prompt.completion.text)).partial(**fixed)


def _without_system(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same by user and assistant alone, in turns: templates without a system role want them to alternate."""
    turns: list[tuple[str, str]] = []
    for told_by, text in pieces:
        by = "user" if told_by == "system" else told_by
        if turns and turns[-1][0] == by:
            turns[-1] = by, f"{turns[-1][1]}\n\n{text}"
        else:
            turns.append((by, text))
    return turns


def classification_examples(role: ClassificationRole, seeds: Sequence[Task], seed: int) -> Demonstrations:
    """Classification and other seed instructions with their answers, mixed: paper section 2.2 shows 12 and 19."""
    random = Random(f"{seed}:classification")
    texts = []
    for count, answer in ((role.yes_examples, "Yes"), (role.no_examples, "No")):
        tasks = [task for task in seeds if task.is_classification == (answer == "Yes")]
        written = [role.prompt.example.format(instruction=task.instruction, answer=answer) for task in tasks]
        texts += _drawn(random, written, count, role.example_characters)
    random.shuffle(texts)
    return _joined(texts, role.prompt, role.prompt_tokens, due=role.yes_examples + role.no_examples)


def instance_examples(
    role: InstanceRole, form: Form, seeds: Sequence[Task], seed: int, max_instances: int
) -> Demonstrations:
    """Seed tasks of the role's kind with their instances, shortest first among those drawn."""
    render = instances_json if written(role.output) == "json_schema" else instances_text
    examples = [
        role.prompt.example.format(instruction=task.instruction, instances=render(task.instances[:max_instances], form))
        for task in seeds
        if task.is_classification == (form == "output_first")
    ]
    texts = _drawn(Random(f"{seed}:{form}"), examples, role.examples, role.example_characters)
    return _joined(sorted(texts, key=len), role.prompt, role.prompt_tokens, due=role.examples)


def _drawn(random: Random, texts: list[str], count: int, longest: int | None) -> list[str]:
    """`count` of the texts at random; of those that are short enough, if there are so many, else of the shortest."""
    if longest is not None:
        fitting = sum(len(text) <= longest for text in texts)
        texts = sorted(texts, key=len)[: max(fitting, count)]
    return random.sample(texts, min(count, len(texts)))


def _joined(texts: list[str], prompt: Prompt, tokens: int | None, due: int) -> Demonstrations:
    room = (tokens or 10**9) * CHARACTERS_PER_TOKEN - len(prompt.completion.text)
    kept: list[str] = []
    for text in texts:
        room -= len(text) + len(prompt.separator)
        if kept and room < 0:
            break
        kept.append(text)
    return Demonstrations(prompt.separator.join(kept), len(kept), due - len(kept))
