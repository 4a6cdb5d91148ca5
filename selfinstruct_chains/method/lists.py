"""The items of a numbered or bulleted list as models write them: raw items first, then each one's own text."""

from __future__ import annotations

import re
from typing import NamedTuple

from selfinstruct_chains.characters import QUOTES
from selfinstruct_chains.method.labels.names import read_name
from selfinstruct_chains.method.labels.tables import table_column
from selfinstruct_chains.method.labels.tags import elements
from selfinstruct_chains.method.list_marks import Mark, bullets, letters, numbers

_INSIDE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][\"'\u201d)]))[ \t]+(?P<number>\d{1,3})\.[ \t]+(?=[\"'\u201c]?[A-Z])")
_SURE = 3  # a lower number inside the last item may be of a list inside it

_PREAMBLE = re.compile(r"(?i)(?:sure|certainly|of course|absolutely|okay|ok|great|here (?:is|are)|here's)\b")
_SURELY = re.compile(r"(?i)(?:sure|certainly|of course|absolutely)[,.!]")
_REMARK = re.compile(
    "(?i)(?:please )?(?:let me know|i hope|hope (?:this|these)|feel free|would you like"
    r"|these (?:tasks|instructions|examples))\b"
)
_FIELD = re.compile(r"[ \t]*(?:[-*•][ \t]+)?(?:\*\*|__)?(?P<name>[^\W\d_][^:\uff1a*]{0,39})(?:\*\*|__)?\s?[:\uff1a]")
_FIELDS = frozenset({"example", "input", "output", "class", "answer"})
_FENCE = "```"
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_TITLE = re.compile(r"(?:\#{1,6}[ \t]+.+|\*\*[^*]+\*\*:?|__[^_]+__:?)[ \t]*")
_BOLD_LABEL = re.compile(r"(?:\*\*[^*\n]{1,60}:[ \t]*\*\*|\*\*[^*\n]{1,60}\*\*[ \t]*[:\u2013\u2014-])\s*")
_LABEL = re.compile(r"(?i)(?:new )?(?:task|instruction|prompt|question)(?:[ \t]*\#?\d+)?[ \t]*:\s*")
_BOLD_RUN = re.compile(r"(?<!\w)(\*\*|__)(?=\S)((?:(?!\1).)*)(?<=\S)\1(?!\w)")
_AROUND = (*QUOTES, "''", "\u2018\u2019", "**", "__", "``")
_TITLE_WORDS = 6


class Item(NamedTuple):
    """One item of a list."""

    text: str
    """What it says, on one line."""
    raw: str
    """As the model wrote it, without its mark."""
    closed: bool
    """Whether something followed its text: a cut at the end of the reply did not touch it."""


def list_items(text: str, *, continues: bool) -> list[Item]:
    """The items of a list in their order, those without a text left out, but for the last.

    Args:
        text: The reply, with plain line ends.
        continues: The reply goes on after a mark that the prompt ends with, so it starts inside its first item.
            Otherwise what precedes the first mark is a preamble, and a reply without marks has an item on each line.
    """
    lines = text.split("\n")
    whole = len(lines)
    marks, end = numbers(lines, continues=continues)
    lines = lines[:end]
    marks = marks or ([] if continues else bullets(lines) or letters(lines))
    if not marks and not continues:
        return [_item(each) for each in elements(text) or table_column(lines)] or _unmarked(lines)
    starts = [*([Mark(-1, "", 0)] if continues else []), *marks]
    items = []
    for mark, following in zip(starts, [*starts[1:], None], strict=True):
        raw = "\n".join([mark.text, *lines[mark.line + 1 : following.line if following else None]])
        items += [_item(part) for part in _run_on(raw, mark.number, following.number if following else 0)]
    if len(lines) < whole:
        items[-1] = items[-1]._replace(closed=True)
    return [item for item in items[:-1] if item.text] + items[-1:]


def _run_on(raw: str, number: int, following: int) -> list[str]:
    """An item, and those that run on in it: "... rain? 10. List ... 11. Explain ...", where lines give 9 and 12.

    Only numbers that continue `number` (0 if unknown) and stay below `following` (0 if it is the last) are marks.
    """
    found = [(match, int(match["number"])) for match in _INSIDE.finditer(raw)]
    backwards = following and not number
    if found and not number and not following:
        number = found[0][1] - 1
    expected = following - 1 if backwards else number + 1
    ends = []
    for match, value in reversed(found) if backwards else found:
        if value == expected and (value < following or (not following and number >= _SURE)):
            ends.append(match)
            expected += -1 if backwards else 1
    ends = ends[::-1] if backwards else ends
    edges = [0, *(match.end() for match in ends)], [*(match.start() for match in ends), len(raw)]
    return [raw[start:end] for start, end in zip(*edges, strict=True)]


def _unmarked(lines: list[str]) -> list[Item]:
    """A chat reply without marks: each line is an item, but for words around the list."""
    kept = [line for line in lines if line.strip()]
    if len(kept) > 1 and (kept[0].rstrip().endswith((":", "\uff1a")) or _PREAMBLE.match(kept[0].lstrip())):
        del kept[0]
    if len(kept) > 1 and _REMARK.match(kept[-1].lstrip()):
        del kept[-1]
    return [_item(line) for line in kept]


def _item(raw: str) -> Item:
    paragraphs = _BLANK_LINES.split(raw.lstrip())
    if len(paragraphs) > 1 and _is_title(paragraphs[0]):
        del paragraphs[0]
    first, *others = paragraphs[0].split("\n")
    lines = [first, *(line for line in others if any(map(str.isalnum, line)) or line.strip() == _FENCE)]
    if len(lines) > 1 and _TITLE.fullmatch(lines[0].strip()):
        lines = lines[1:] if _is_title(lines[0]) else lines[:1]
    end = next((index for index, line in enumerate(lines) if index and _is_field(line)), len(lines))
    closed = len(paragraphs) > 1 or end < len(lines) or bool(re.search(r"[^:\s]\s*\n\Z", raw))
    text = plain(" ".join(" ".join(lines[:end]).split()))
    is_chat = _SURELY.match(text) or (_PREAMBLE.match(text) and text.endswith(":"))
    return Item("" if is_chat else text, raw.strip(), closed)


def _is_field(line: str) -> bool:
    """Whether a line below an instruction begins an instance of it: "- Input: ..."."""
    match = _FIELD.match(line)
    label = read_name(match["name"]).label if match and not match["name"][0].islower() else None
    return label is not None and label.family in _FIELDS


def _is_title(line: str) -> bool:
    """A short bold line or heading that is no sentence: "**Creative writing**"."""
    words = line.strip("#*_: \t")
    return bool(_TITLE.fullmatch(line.strip())) and len(words.split()) <= _TITLE_WORDS and words[-1:] not in ".?!"


def plain(text: str) -> str:
    """One line without Markdown's marks, leading labels ("Task:") and quotes around the whole."""
    text = text.lstrip("#").strip()
    for label in (_BOLD_LABEL, _LABEL, _BOLD_LABEL):
        match = label.match(text)
        if match and match.end() < len(text):
            text = text[match.end() :]
    if "**" in text or "__" in text:
        text = _BOLD_RUN.sub(r"\2", text).strip()
    if text.count("**") == 1:
        text = text.removeprefix("**").removesuffix("**").strip()
    if text.endswith(",") and text[:1] + text[-2:-1] in _AROUND:
        text = text.removesuffix(",")
    inner = text[1:-1]
    return inner.strip() if text[:1] + text[1:][-1:] in _AROUND and not {text[0], text[-1]} & set(inner) else text
