"""The parts of a labelled reply, and what is taken off their texts."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from selfinstruct_chains.method.labels.lines import tokens
from selfinstruct_chains.method.labels.names import NAMES, Names

_RULES = frozenset("-*_=#")
_SHORTEST_RULE = 3
_OPENER = re.compile(r"(?i)(?:sure|certainly|of course|absolutely|ok|okay|here (?:is|are)|here's|the following)\b")
_ABOUT = re.compile(r"(?i)\b(?:examples?|instances?|tasks?|inputs?|outputs?|answers?|labels?|requests?)\b")
_CODE = frozenset("()[]{}=<>;")


class Part(NamedTuple):
    """A piece of a reply."""

    kind: Literal["lead", "example", "input", "output"]
    text: str
    start: int
    """Where its label begins."""
    title: str = ""
    """What stands on the line of "Example 1: ..." itself."""


def without_name(raw: str, names: Names = NAMES) -> str:
    """A text without the name of its only field, "Sentence: ..."; with several fields, as it is.

    A list below the name, such as of what speakers say, has no fields in it.
    """
    text = body(raw)
    found = [
        token
        for token in tokens(text, names)
        if token.kind == "input" or (token.kind == "field" and not token.is_listed)
    ]
    if len(found) != 1 or found[0].start or found[0].kind != "input":
        return text
    return body(closed(text[found[0].body :].lstrip(" \t"), found[0].mark))


def closed(text: str, mark: str) -> str:
    """Text without the end of the emphasis that began before its label, at the end of its first line or its own."""
    if not mark:
        return text
    first, line_end, rest = text.partition("\n")
    if first.rstrip().endswith(mark):
        return first.rstrip().removesuffix(mark).rstrip() + line_end + rest
    return text.rstrip().removesuffix(mark)


def is_chat(text: str) -> bool:
    """Whether a line before the first label is talk about what follows: "Sure! Here are two examples:"."""
    line = text.strip()
    if "\n" in line:
        return False
    if line.endswith((":", "\uff1a")) and not _CODE & set(line):
        return True
    opener = _OPENER.match(line)
    if opener is None:
        return False
    return line.endswith("!") or not line[opener.end() :].strip(" .,") or bool(_ABOUT.search(line))


def body(text: str) -> str:
    """Text without its outer blank lines and a rule ("---") at its end; its inner layout is kept."""
    blank = len(text) - len(text.lstrip())
    text = text[text.rfind("\n", 0, blank) + 1 :].rstrip()
    above, line_end, last = text.rpartition("\n")
    rule = last.strip()
    is_rule = len(rule) >= _SHORTEST_RULE and len(set(rule)) == 1 and rule[0] in _RULES
    return above.rstrip() if line_end and is_rule else text
