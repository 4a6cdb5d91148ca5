"""What is taken off every reply before it is read."""

from __future__ import annotations

import re

_SPECIAL_TOKEN = re.compile(r"<\|(?:endoftext|im_end|im_start|eot_id|end)\|>")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_FENCED = re.compile(r"\A\s*```[^\n`]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)


def tidied(text: str) -> str:
    """The reply with plain line ends, without thoughts, what follows an end token, and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if "</think>" in text:
        text = text.partition("</think>")[2]
    elif text.lstrip().startswith("<think>"):
        text = ""
    return whole_characters(_SPECIAL_TOKEN.split(text, maxsplit=1)[0])


def whole_characters(text: str) -> str:
    """The text with each lone half of a surrogate pair replaced: JSON escapes bring them, and UTF-8 has none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _LONE_SURROGATE.search(text) else text


def unfenced(text: str) -> str:
    """What a reply that is one code fence holds."""
    match = _FENCED.match(text)
    return match[1] if match and "\n```" not in match[1] else text
