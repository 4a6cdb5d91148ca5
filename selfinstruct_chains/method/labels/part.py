"""The parts of a labelled reply, and what is taken off their texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.characters import BLANKS
from selfinstruct_chains.method.labels.lines import tokens

if TYPE_CHECKING:
    from selfinstruct_chains.method.labels.lines import Token
    from selfinstruct_chains.method.labels.names import Names

_RULES = frozenset("-*_=#")
_SHORTEST_RULE = 3
_TITLE = re.compile(
    r"(?:(?P<heading>\#{1,6})[ \t]+|(?P<bold>\*\*|__))?(?:\#?(?P<number>\d{1,3})[.):](?!\d))?"
    r".{0,80}?(?(bold)(?P=bold):?)"
)
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


def without_name(raw: str, names: Names, fields: frozenset[str]) -> str:
    """A text without the name of its only field, "Sentence: ..."; with several of these `fields`, as it is.

    A list below the name, such as of what speakers say, has no fields in it.
    """
    text = body(raw)
    found = [
        token
        for token in tokens(text, names)
        if token.kind == "input" or _is_unnumbered(token) or (token.kind == "field" and not token.is_listed)
    ]
    if not found or found[0].start or found[0].kind == "field" or any(other.name in fields for other in found[1:]):
        return text
    return body(closed(text[found[0].body :].lstrip(BLANKS), found[0].mark))


def _is_unnumbered(token: Token) -> bool:
    """As below a class label: "Example: I love it."."""
    return token.kind == "example" and not token.is_numbered


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
    return above.rstrip() if line_end and is_rule(last.strip()) else text


def is_rule(line: str) -> bool:
    """Whether a line is nothing but a separator."""
    return len(line) >= _SHORTEST_RULE and len(set(line)) == 1 and line[0] in _RULES


def without_titles(texts: list[str]) -> list[str]:
    """Texts without their last lines, if these are titles of what follows them: all alike, and numbered on if numbered.

    "2. Shopping list", "### Shopping list" or "**Shopping list**": what stands before the first label has one too.
    """
    above, _, last = zip(*(text.rstrip().rpartition("\n") for text in texts), strict=True)
    titles = [match for line in last if (match := _TITLE.fullmatch(line.strip()))]
    kinds = {(match["heading"], match["bold"], match["number"] is None) for match in titles}
    counts = [int(match["number"]) for match in titles if match["number"]]
    if len(titles) < max(len(texts), 2) or len(kinds) > 1 or kinds == {(None, None, True)}:
        return texts
    return list(above) if not counts or counts == list(range(counts[0], counts[0] + len(texts))) else texts


def without_remark(raws: list[str], ends: list[int]) -> list[str]:
    """Texts without a line to the asker that stands below a rule at the end of the last, as below every other instance.

    Args:
        raws: the reply, cut at its labels.
        ends: which of them end an instance, but for the last.
    """
    rules = {raws[index].rstrip().rpartition("\n")[2].strip() for index in ends}
    if len(rules) != 1 or not is_rule(rule := next(iter(rules))):
        return raws
    kept = [line.strip() for line in raws[-1].split("\n")]
    last = len(kept) - 1 - kept[::-1].index(rule) if rule in kept else len(kept)
    if len([line for line in kept[last + 1 :] if line]) > 1:
        return raws
    return [*raws[:-1], "\n".join(raws[-1].split("\n")[:last])]
