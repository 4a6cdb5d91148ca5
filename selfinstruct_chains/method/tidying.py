"""What is taken off every reply before it is read."""

from __future__ import annotations

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.method.thoughts import without_thoughts
from selfinstruct_chains.method.turns import begun, end_of_turn, unwrapped

_FENCE = "```"


def tidied(text: str) -> str:
    """The reply with plain line ends, without thoughts, what follows the model's turn, and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return whole_characters(end_of_turn(unwrapped(without_thoughts(begun(text)))))


def unfenced(text: str) -> str:
    """What a reply that is one code fence holds."""
    body = text.strip()
    opening, line_end, inside = body.partition("\n")
    is_fence = opening.startswith(_FENCE) and "`" not in opening[3:] and line_end and inside.endswith(_FENCE)
    inside = inside.removesuffix(_FENCE).rstrip(" \t").removesuffix("\n")
    return inside if is_fence and f"\n{_FENCE}" not in f"\n{inside}" else text
