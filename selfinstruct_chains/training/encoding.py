"""Examples as tokens: the prompt, the answer, and the token that ends it. What is too long is left out, never cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.training.asked import plain_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.training.data import Example
    from selfinstruct_chains.training.settings import PromptStyle


class Encoded(NamedTuple):
    """One example."""

    ids: list[int]
    """Prompt, answer and end."""
    prompt: int
    """How many of them are the prompt's."""
    end: int
    """How many, at the end, only say that the answer is over."""


class Fitting(NamedTuple):
    """The examples that can be trained on, and how many were left out."""

    kept: list[Encoded]
    too_long: int = 0
    """With more tokens than are allowed."""
    blank: int = 0
    """Without an answer."""

    @property
    def longest(self) -> int:
        """Tokens."""
        return max((len(one.ids) for one in self.kept), default=0)

    @property
    def tokens(self) -> int:
        """Of all that was kept."""
        return sum(len(one.ids) for one in self.kept)


def fitting(tokenizer: Any, examples: Sequence[Example], style: PromptStyle, max_tokens: int) -> Fitting:
    """The examples as tokens of a transformers tokenizer, those left out that are blank or have too many.

    Raises:
        ConfigError: the tokenizer has no end token, or no chat template where one is wanted.
    """
    check_tokenizer(tokenizer, style)
    answered = [one for one in examples if one.output.strip()]
    every = [encoded(tokenizer, one, style) for one in answered]
    kept = [one for one in every if len(one.ids) <= max_tokens]
    return Fitting(kept, too_long=len(every) - len(kept), blank=len(examples) - len(answered))


def check_tokenizer(tokenizer: Any, style: PromptStyle) -> None:
    """Refuse a tokenizer that a model can't be tuned with.

    Raises:
        ConfigError: it has no end token, or no chat template where one is wanted.
    """
    if tokenizer.eos_token_id is None:
        raise ConfigError("the base's tokenizer has no end token (eos_token), so that no answer could ever end")
    if style == "chat" and not tokenizer.chat_template:
        raise ConfigError("the base's tokenizer has no chat template: use --set prompt=plain")


def encoded(tokenizer: Any, example: Example, style: PromptStyle) -> Encoded:
    """One example as tokens; prompt and answer are cut into tokens together, as a model writes them.

    With a chat template the end is what it puts behind an answer, else the tokenizer's end token.
    """
    prompt, answer, end = _texts(tokenizer, example, style)
    special = style != "chat" or example.ready  # a template has its own beginning
    asked = _ids(tokenizer, prompt, special=special)
    whole = _ids(tokenizer, prompt + answer, special=special)
    same = next((n for n, (one, other) in enumerate(zip(asked, whole, strict=False)) if one != other), len(asked))
    ending = _ids(tokenizer, end, special=False) if end else [tokenizer.eos_token_id]
    return Encoded(whole + ending, prompt=min(same, len(whole)), end=len(ending))


def _texts(tokenizer: Any, example: Example, style: PromptStyle) -> tuple[str, str, str]:
    """Prompt, answer, and what the template puts behind it."""
    if example.ready:
        return example.instruction, example.output.removesuffix(tokenizer.eos_token), ""
    if style == "plain":
        return plain_prompt(example.instruction, example.input), f" {example.output}", ""
    question = f"{example.instruction}\n\n{example.input}" if example.input.strip() else example.instruction
    asked = [{"role": "user", "content": question}]
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    mark = "\N{OBJECT REPLACEMENT CHARACTER}"
    whole = tokenizer.apply_chat_template([*asked, {"role": "assistant", "content": mark}], tokenize=False)
    return prompt, example.output, whole.rpartition(mark)[2].rstrip()


def _ids(tokenizer: Any, text: str, *, special: bool) -> list[int]:
    """With the tokens that a text of this model begins with, but not those that it ends with."""
    ids: list[int] = tokenizer(text, add_special_tokens=special)["input_ids"]
    return ids[:-1] if special and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id else ids
