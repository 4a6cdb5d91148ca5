"""A reply cut up at its labels."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.characters import BLANKS
from selfinstruct_chains.method.labels.choice import labels
from selfinstruct_chains.method.labels.lines import Token, fences, tokens
from selfinstruct_chains.method.labels.names import NAMES, Names
from selfinstruct_chains.method.labels.part import (
    Part,
    body,
    closed,
    is_chat,
    without_name,
    without_remark,
    without_titles,
)
from selfinstruct_chains.method.labels.tables import table_parts
from selfinstruct_chains.method.labels.tags import tagged_parts

if TYPE_CHECKING:
    from selfinstruct_chains.method.rendering import Form

_NOT_A_LINE_END = re.compile(r"[^\n]")
_UNDERLINED = re.compile(r"[^\n:\uff1a]{1,80}\n[ \t]{0,3}(?:-{3,80}|={3,80})(?=\n)")
_BLOCK = re.compile(r"[|>][-+]?[ \t]*\n(?=[ \t])")
_BEFORE_TITLE = " \t:.)(-\u2013\u2014*_\uff1a"


class Cut(NamedTuple):
    """A reply in its parts."""

    parts: list[Part]
    """What stands before the first label and behind each."""
    is_ended: bool = False
    """Another task's text, left out here, follows."""
    fields: frozenset[str] = frozenset()
    """Names that stand in most of its instances; one that does not is text."""


def parts(text: str, form: Form, names: Names = NAMES) -> Cut:
    """A reply cut up at its labels.

    There are no parts where the reply is not labelled: no label at all, or a text that only has examples in it.
    """
    for each in (text, _unwrapped(text)):
        if (found := _parts(each, form, names)).parts:
            return found
    return Cut([])


def _parts(text: str, form: Form, names: Names) -> Cut:
    found = tokens(text, names)
    chosen = labels(found, form)
    is_sure = any(token.kind == "output" and token.rank == 0 for token in chosen)
    if not is_sure and (special := tagged_parts(text, form, names) or table_parts(text, names)):
        return Cut(special)
    kept, end = _ended(chosen)
    instances = sum(token.kind == "output" for token in kept)
    fields = frozenset(name for name, count in Counter(token.name for token in found).items() if 2 * count > instances)
    cut = _cut_up(text[:end], kept, names, fields, echoed=bool(chosen) and chosen[0].kind == "task")
    return Cut(cut, end is not None, fields) if cut and not _is_prose(cut, kept) else Cut([])


def _unwrapped(text: str) -> str:
    """A text with blanks for its code fences' marks and the chat around those; "" if there is more around them."""
    pieces, end = [], 0
    for start, stop in fences(text):
        fenced = text[start:stop]
        opening, closing = fenced.index("\n"), fenced.rindex("\n")
        around = text[end:start] + fenced[:opening]
        if body(text[end:start]) and not is_chat(body(text[end:start])):
            return ""
        pieces += [_blank(around), fenced[opening : closing + 1], _blank(fenced[closing + 1 :])]
        end = stop
    return "".join([*pieces, text[end:]]) if end and not body(text[end:]) else ""


def _blank(text: str) -> str:
    return _NOT_A_LINE_END.sub(" ", text)


def _ended(chosen: list[Token]) -> tuple[list[Token], int | None]:
    """The labels without those of repeated tasks, up to where another task begins."""
    begun = next((index for index, token in enumerate(chosen) if token.kind != "task"), len(chosen))
    last = next((index for index in reversed(range(len(chosen))) if chosen[index].kind != "task"), -1)
    kept = []
    for index, token in enumerate(chosen[begun:], start=begun):
        if token.kind != "task" or chosen[index - 1].kind == "example":
            kept.append(token)
        elif _begins_task(token, chosen[index + 1].kind if index < last else None):
            return kept, token.start
    return kept, None


def _begins_task(token: Token, following: str | None) -> bool:
    if token.rank in {0, 1}:
        return following is not None or token.after_blank
    return following in {"input", "output"}


def _cut_up(text: str, kept: list[Token], names: Names, fields: frozenset[str], *, echoed: bool) -> list[Part]:
    if not kept:
        return []
    edges = [0, *(token.start for token in kept), len(text)]
    above, *raws = [text[start:end] for start, end in pairwise(edges)]
    ends = [index for index, token in enumerate(kept[1:]) if token.kind == kept[0].kind]  # the last of an instance
    raws = without_remark(raws, ends)
    above, *untitled = without_titles([above, *(raws[index] for index in ends)])
    for index, raw in zip(ends, untitled, strict=True):
        raws[index] = raw
    lead = "" if echoed else body(above).lstrip(BLANKS)
    found = [Part("lead", lead, 0)] if lead and not is_chat(lead) else []
    are_swapped = {token.kind for token in kept if token.is_counted} >= {"input", "output"}  # a count opens an instance
    for token, raw in zip(kept, raws, strict=True):
        found += [Part("example", "", token.start)] if are_swapped and token.is_counted else []
        found += [_part(token, raw, names, fields)] if token.kind != "task" else []
    return found


def _part(token: Token, raw: str, names: Names, fields: frozenset[str]) -> Part:
    underline = _UNDERLINED.match(raw)
    text = raw[underline.end() :] if underline else raw[token.body - token.start :]
    behind = _block(closed(text.lstrip(BLANKS), token.mark))
    if token.kind == "example":
        title, _, rest = behind.partition("\n")
        title = title.lstrip(_BEFORE_TITLE).rstrip(" \t*_")
        return Part("example", body(rest) or title, token.start, title)
    if token.kind == "input" and token.rank > 1:
        return Part("input", without_name(raw, names, fields), token.start)
    return Part("output" if token.kind == "output" else "input", body(behind), token.start)


def _block(text: str) -> str:
    """A text as it is, or what YAML's block of lines holds."""
    opening = _BLOCK.match(text)
    return dedent(text[opening.end() :]) if opening else text


def _is_prose(cut: list[Part], kept: list[Token]) -> bool:
    """Whether a text goes before names that texts have too: an answer with its examples or its result in it."""
    is_labelled = any(token.kind == "input" or (token.kind == "output" and token.rank == 0) for token in kept)
    return cut[0].kind == "lead" and not is_labelled
