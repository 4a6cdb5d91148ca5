"""What is taken off every reply before it is read."""

from __future__ import annotations

import re

from selfinstruct_chains.characters import INVISIBLE, whole_characters
from selfinstruct_chains.method.thoughts import without_thoughts
from selfinstruct_chains.method.turns import begun, end_of_turn, unwrapped

_FENCE = "```"
_QUOTE = re.compile("^> ?", re.MULTILINE)
_LINE_END = re.compile("\r\n?|[\u2028\u2029\u0085]")
_AT_EDGE = re.compile(f"^[{INVISIBLE}]+|(?<![{INVISIBLE}])[{INVISIBLE}]+$", re.MULTILINE)


def tidied(text: str) -> str:
    """The reply with plain line ends, without thoughts, what follows the model's turn, and halves of characters.

    At either end of a line marks of width 0 go, as of a direction: what stands there is to be a label or a number.
    """
    text = _LINE_END.sub("\n", text)
    text = text if text.isascii() else _AT_EDGE.sub("", text)
    return whole_characters(end_of_turn(unwrapped(without_thoughts(begun(text)))))


def unfenced(text: str) -> str:
    """What a reply that is one code fence, or quoted ("> ") from end to end, holds."""
    body = text.strip()
    lines = [line for line in body.split("\n") if line] if body.startswith(">") else []
    if lines and all(line.startswith(">") for line in lines):
        return _QUOTE.sub("", body)
    opening, line_end, inside = body.partition("\n")
    is_fence = opening.startswith(_FENCE) and "`" not in opening[3:] and line_end and inside.endswith(_FENCE)
    inside = inside.removesuffix(_FENCE).rstrip(" \t").removesuffix("\n")
    return inside if is_fence and f"\n{_FENCE}" not in f"\n{inside}" else text
