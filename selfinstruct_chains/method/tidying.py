"""What is taken off every reply before it is read."""

from __future__ import annotations

import re

from selfinstruct_chains.characters import whole_characters

_SPECIAL_TOKEN = re.compile(r"<\|(?:endoftext|im_end|im_start|eot_id|end)\|>")
_THOUGHTS = re.compile(r"\s*<think(?:ing)?>(?:.*?</think(?:ing)?>|.*)", re.DOTALL)
_FENCED = re.compile(r"\A\s*```[^\n`]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)


def tidied(text: str) -> str:
    """The reply with plain line ends, without thoughts, what follows an end token, and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return whole_characters(_SPECIAL_TOKEN.split(spoken(text), maxsplit=1)[0])


def spoken(text: str) -> str:
    """What a model says after its thoughts; "" when it was cut while it thought.

    Some servers send the closing tag alone, as the opening one stood in their template.
    """
    if thoughts := _THOUGHTS.match(text):
        return text[thoughts.end() :].lstrip()
    return text.partition("</think>")[2].lstrip() if "</think>" in text else text


def unfenced(text: str) -> str:
    """What a reply that is one code fence holds."""
    match = _FENCED.match(text)
    return match[1] if match and "\n```" not in match[1] else text
