"""The plain prompt: the one in which a model is trained, and in which it is asked later."""

from __future__ import annotations


def plain_prompt(instruction: str, input: str) -> str:  # noqa: A002 - the word of the method
    """What a model without a chat template is asked with. Its answer begins with a blank."""
    return f"Instruction: {instruction}\n" + (f"Input: {input}\n" if input.strip() else "") + "Output:"
