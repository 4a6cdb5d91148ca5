"""A model's thoughts before its answer: tags, phrases and channels, from the table of special tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from selfinstruct_chains.method.labels.names import LONGEST_NAME, read_name
from selfinstruct_chains.method.mentions import Text
from selfinstruct_chains.method.special_tokens import TABLE, Row, either

_ROUNDS = 8  # families whose thoughts may follow one another
_LONGEST_ATTRIBUTES = 200
_NEAR = 100  # characters of blank between two thoughts

# gpt-oss: docs "OpenAI harmony response format". The second form is what a decoder that skips special tokens leaves.
_CHANNEL = re.compile(r"\s*(?:<\|start\|>\s*)?(?:assistant\s*)?<\|channel\|>")
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,80})?<\|message\|>")
_BARE_CHANNEL, _BARE_FINAL = re.compile(r"\s*(?:assistant)?analysis\S"), "assistantfinal"


class _Tags(NamedTuple):
    """One row of the table."""

    opening: re.Pattern[str]
    either: re.Pattern[str]
    is_word: bool


def _tags(row: Row) -> _Tags:
    opening, closing = either(row.opening), either(row.closing)
    if row.is_word:  # with attributes it opens no thoughts, but a closing tag belongs to it
        opening = "|".join(rf"{mark[:-1]}(?:\s[^<>]{{0,{_LONGEST_ATTRIBUTES}}})?>" for mark in row.opening)
    return _Tags(
        re.compile(rf"\s*(?:{either(row.opening)})", re.IGNORECASE),
        re.compile(rf"(?P<opening>{opening})|(?P<closing>{closing})", re.IGNORECASE),
        row.is_word,
    )


_TAGS = {row.closing: _tags(row) for row in TABLE if row.kind == "thoughts"}
# A phrase alone, without its opening one, is prose.
_ROW_OF = {mark.lower(): marks for marks in _TAGS for mark in marks if not mark[0].isalpha()}
_CLOSING = re.compile(either(_ROW_OF), re.IGNORECASE)
_ELEMENT = re.compile(r"(?P<blank>\s{0,99})<(?P<name>[a-zA-Z][\w.:-]{0,60})(?:\s[^<>]{0,200})?/?>")
_MARKUP = re.compile(r"\s{0,99}<[a-zA-Z!?]")
_MARKS = {mark for row in TABLE for mark in row.opening}
_ROOTS = {"html", "body", "svg", "div", "p", "table", "final", "final_answer"}


def without_thoughts(text: str) -> str:
    """What a model says after its thoughts; "" when it was cut while it thought.

    Some servers send the closing tag alone, as the opening one stood in their template. Tags that the text speaks of
    are part of it.
    """
    text = _final(text)
    for _ in range(_ROUNDS):
        tags = next((tags for tags in _TAGS.values() if tags.opening.match(text)), None)
        if tags is None:
            break
        end = _end(text, tags, is_open=True)
        if tags.is_word and end is not None and _is_document(text, tags, end):
            break
        text = text[end:].lstrip() if end is not None else ""
    rows = {_ROW_OF[mark[0].lower()] for mark in _CLOSING.finditer(text)}
    ends = [end for row in rows if (end := _end(text, _TAGS[row], is_open=False)) is not None]
    return text[max(ends) :].lstrip() if ends else text


def _is_document(text: str, tags: _Tags, end: int) -> bool:
    """Whether tags with a word's name stand in a document: around other tags up to its end, or right before one.

    Before the tag of an answer, an example or HTML, and before a text, what stands in them is thoughts.
    """
    opening, sibling = tags.opening.match(text), _ELEMENT.match(text, end)
    holds_tags = opening is not None and _MARKUP.match(text, opening.end()) is not None
    if sibling is None:
        return holds_tags and not text[end:].strip()
    name = sibling["name"].lower()
    is_answer = name in _ROOTS or f"<{name}>" in _MARKS or read_name(name[:LONGEST_NAME]).label is not None
    return not is_answer and (holds_tags or sibling["blank"].count("\n") < 2)  # noqa: PLR2004 - a blank line


def _final(text: str) -> str:
    """The final channel of a reply in gpt-oss's format; "" if it was cut before that, other replies as they are."""
    if _BARE_CHANNEL.match(text) and _BARE_FINAL in text:
        return text.rpartition(_BARE_FINAL)[2]
    look = Text(text)
    ends = [match.end() for match in _FINAL.finditer(text) if not look.is_code(match.start())]
    return text[ends[-1] :] if ends else "" if _CHANNEL.match(text) else text


def _end(text: str, tags: _Tags, *, is_open: bool) -> int | None:
    """Where the thoughts end: behind their last closing tag that is neither spoken of nor closes one in the answer."""
    look, end, spoken, inner = Text(text), None, None, 0
    for tag in tags.either.finditer(text):
        if tag["opening"]:
            if end is not None and tag.start() - end < _NEAR and not text[end : tag.start()].strip():
                end, is_open = None, True  # it thinks again
            elif end is not None or not is_open:
                inner += 1
        elif inner:
            inner -= 1
        elif look.speaks_of(tag.start(), tag.end()):
            spoken = spoken or tag.end()
        else:
            end = tag.end()
    return end if end is not None or not is_open else spoken
