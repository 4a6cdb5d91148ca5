"""Replies in tags: <example><input>...</input><output>...</output></example>."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.characters import BLANKS
from selfinstruct_chains.method.labels.names import NAMES, Kind, Names, read_name
from selfinstruct_chains.method.labels.part import Part, body, is_chat

if TYPE_CHECKING:
    from selfinstruct_chains.method.rendering import Form

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[^\W\d][\w -]{0,30})(?: [\w-]{1,20}=[^<>\n]{1,40})?>")


class _Tag(NamedTuple):
    name: str
    kind: Kind | None
    closes: bool
    start: int
    end: int
    is_class: bool


def elements(text: str) -> list[str]:
    """What the elements hold that a reply is made of, `<task>...</task>` one after another, or inside one of them."""
    tag = _TAG.match(text, len(text) - len(text.lstrip()))
    inner = tag and _TAG.match(text, tag.end() + len(text[tag.end() :]) - len(text[tag.end() :].lstrip()))
    tag = inner if inner and not inner["close"] else tag
    if tag is None or tag["close"]:
        return []
    opening = re.compile(rf"<{re.escape(tag['name'])}(?: [^<>]{{0,80}})?>")
    pieces = text.split(f"</{tag['name']}>")[:-1]
    return [piece[match.end() :] for piece in pieces if (match := opening.search(piece))]


def tagged_parts(text: str, form: Form, names: Names = NAMES) -> list[Part]:
    """The parts of a reply that tags open, each up to the tag that closes it; none if it is of another kind.

    HTML has <input>, <label> and <output> too: an output must be closed, and no <label> opens an input-first reply.
    """
    found = [_tag(match, names) for match in _TAG.finditer(text)]
    first = next((index for index, tag in enumerate(found) if tag.kind), len(found))
    is_html = first < len(found) and found[first].is_class and form == "input_first"
    if first > 1 or not found or is_html or not _opens(text, found[: first + 1], names):
        return []
    known = [tag for tag in found if tag.kind]
    pairs = zip(known, [*known[1:], None], strict=False)
    parts = [part for tag, following in pairs if (part := _part(text, tag, following))]
    return parts if any(tag.closes and tag.kind == "output" for tag in known) else []


def _opens(text: str, found: list[_Tag], names: Names) -> bool:
    """Whether a reply opens with these tags, but for chat and "Example 1"."""
    chat, between = body(text[: found[0].start]), text[found[0].end : found[-1].start]
    above, _, last = chat.rpartition("\n")
    label = read_name(last.strip(" #:")[:80], names).label
    chat = body(above) if label and label.kind == "example" else chat
    return (not chat or is_chat(chat)) and not between.strip()


def _tag(match: re.Match[str], names: Names) -> _Tag:
    name = read_name(match["name"], names)
    kind = name.label.kind if name.label else None
    is_class = name.label is not None and name.label.family == "class"
    return _Tag(name.text, kind, bool(match["close"]), match.start(), match.end(), is_class)


def _part(text: str, tag: _Tag, following: _Tag | None) -> Part | None:
    if tag.closes or tag.kind not in {"example", "input", "output"}:
        return None
    behind = text[tag.end : following.start if following else len(text)]
    own = body(behind.lstrip(BLANKS))
    if tag.kind == "example":
        return Part("example", "" if is_chat(own) else own, tag.start)
    return Part("input" if tag.kind == "input" else "output", own, tag.start)
