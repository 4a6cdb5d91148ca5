"""prompts/*.yaml -> LangChain prompt templates.

Demonstrations stand before what varies, so that providers and llama.cpp can reuse the prefix. They are passed as one
value: a template would expand braces in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.prompts import ChatPromptTemplate, PromptTemplate

if TYPE_CHECKING:
    from langchain_core.prompts import BasePromptTemplate

    from selfinstruct_chains.config import Kind, Output, Prompt


def template(prompt: Prompt, kind: Kind, output: Output, **fixed: str) -> BasePromptTemplate[Any]:
    """The prompt for a chat or a completion model, with the `fixed` variables filled in; the others are its input."""

    def filled_in(text: str) -> str:
        return text.strip("\n").replace("{format}", prompt.format.get(output, "").strip("\n"))

    if kind == "chat":
        turns = [(turn.by, filled_in(turn.text)) for turn in prompt.chat.turns]
        pieces = [("system", filled_in(prompt.chat.system)), *turns, ("human", filled_in(prompt.chat.user))]
        return ChatPromptTemplate.from_messages(pieces if prompt.chat.system else pieces[1:]).partial(**fixed)
    return PromptTemplate.from_template(filled_in(prompt.completion.text)).partial(**fixed)
