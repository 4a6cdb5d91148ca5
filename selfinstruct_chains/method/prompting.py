"""prompts/*.yaml -> LangChain prompt templates.

Demonstrations stand before what varies, so that providers and llama.cpp can reuse the prefix. They are passed as one
value: a template would expand braces in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.prompts import ChatPromptTemplate, PromptTemplate

from selfinstruct_chains.config import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.prompts import BasePromptTemplate

    from selfinstruct_chains.config import Kind, Output, Prompt


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
    prompt = prompt.about(Subject())  # in words that hold for any subject, where the chain has not said its own

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
