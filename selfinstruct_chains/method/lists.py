"""The items of a numbered or bulleted list as models write them: raw items first, then each one's own text."""

from __future__ import annotations

import re
from typing import NamedTuple

_BOLD = r"(?:\*\*|__)"
_NUMBER = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*•][ \t]+|A:[ \t]*)?(?P<heading>\#{1,6}[ \t]*)?(?P<bold>\*\*|__)?"
    r"(?:(?:Task|Instruction|Question|Prompt)[ \t]*\#?|\#|\()?(?P<number>\d{1,3})"
    r"(?(bold)(?P<closed>(?P=bold))?)[ \t]?[.):\u3001\uff0e\uff09\uff1a]"
    r"(?(bold)(?P<closed_after>(?P=bold))?)(?!\d)[ \t]*"
)
_BULLET = re.compile(r"(?P<indent>[ \t]*)[-*•‣◦\u2013][ \t]+(?=\S)")
_HIGHEST_FIRST = 300  # a first "1945." is a year
_LARGEST_STEP = 5
_INSIDE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][\"'\u201d)]))[ \t]+(?P<number>\d{1,3})\.[ \t]+(?=[\"'\u201c]?[A-Z])")
_SURE = 3  # a lower number inside the last item may be of a list inside it

_PREAMBLE = re.compile(r"(?i)(?:sure|certainly|of course|absolutely|okay|ok|great|here (?:is|are)|here's)\b")
_SURELY = re.compile(r"(?i)(?:sure|certainly|of course|absolutely)[,.!]")
_REMARK = re.compile(
    "(?i)(?:please )?(?:let me know|i hope|hope (?:this|these)|feel free|would you like"
    r"|these (?:tasks|instructions|examples))\b"
)
_FIELD_LINE = re.compile(
    rf"[ \t]*{_BOLD}?(?:(?:Expected )?Output|Input|Answer|Response|Solution|Example|Class label)(?:[ \t]*\d+)?{_BOLD}?:"
)
_RESTART = re.compile(
    r"(?i)(?:come up with|(?:here|below) (?:is|are)|generate|write|create|suggest)\b"
    r"(?!.*\b(?:the following|these|those)\b).*\b(?:tasks|instructions|prompts|questions|exercises)\b.*[:.]"
)
_LONGEST_RESTART = 300  # characters
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_TITLE = re.compile(r"(?:\#{1,6}[ \t]+.+|\*\*[^*]+\*\*:?|__[^_]+__:?)[ \t]*")
_BOLD_LABEL = re.compile(r"(?:\*\*[^*\n]{1,60}:[ \t]*\*\*|\*\*[^*\n]{1,60}\*\*[ \t]*[:\u2013\u2014-])\s*")
_LABEL = re.compile(r"(?i)(?:new )?(?:task|instruction|prompt|question)(?:[ \t]*\#?\d+)?[ \t]*:\s*")
_BOLD_RUN = re.compile(r"(?<!\w)(\*\*|__)(?=\S)((?:(?!\1).)*)(?<=\S)\1(?!\w)")
_QUOTES = dict(zip("\"'*_`«\u201c\u2018", "\"'*_`»\u201d\u2019", strict=True))
_TITLE_WORDS = 6


class Item(NamedTuple):
    """One item of a list."""

    text: str
    """What it says, on one line."""
    raw: str
    """As the model wrote it, without its mark."""
    closed: bool
    """Whether something followed its text: a cut at the end of the reply did not touch it."""


class _Mark(NamedTuple):
    line: int
    text: str
    """What stands behind it on its line."""
    number: int


def list_items(text: str, *, continues: bool) -> list[Item]:
    """The items of a list in their order, those without a text left out, but for the last.

    Args:
        text: The reply, with plain line ends.
        continues: The reply goes on after a mark that the prompt ends with, so it starts inside its first item.
            Otherwise what precedes the first mark is a preamble, and a reply without marks has an item on each line.
    """
    lines = text.split("\n")
    whole = len(lines)
    lines = lines[: _restart(lines, continues=continues)]
    marks = _numbers(lines, continues=continues) or ([] if continues else _bullets(lines))
    if not marks and not continues:
        return _unmarked(lines)
    starts = [*([_Mark(-1, "", 0)] if continues else []), *marks]
    items = []
    for mark, following in zip(starts, [*starts[1:], None], strict=True):
        raw = "\n".join([mark.text, *lines[mark.line + 1 : following.line if following else None]])
        items += [_item(part) for part in _run_on(raw, mark.number, following.number if following else 0)]
    if len(lines) < whole:
        items[-1] = items[-1]._replace(closed=True)
    return [item for item in items[:-1] if item.text] + items[-1:]


def _restart(lines: list[str], *, continues: bool) -> int | None:
    """Where a model that has listed something starts the prompt over: "Come up with a series of tasks:", then a 1."""
    found, following = None, False  # from the end: whether the next line that is not blank has the number 1
    first = 0 if continues else next((index for index, line in enumerate(lines) if _NUMBER.match(line)), len(lines))
    for index in range(len(lines) - 1, first, -1):
        mark = _NUMBER.match(lines[index])
        if following and _RESTART.fullmatch(lines[index][mark.end() if mark else 0 :][:_LONGEST_RESTART].strip()):
            found = index
        if lines[index].strip():
            following = bool(mark and int(mark["number"]) == 1)
    return found


def _numbers(lines: list[str], *, continues: bool) -> list[_Mark]:
    """The lines that a number opens as an item of the outer list."""
    found = [(index, match) for index, line in enumerate(lines) if (match := _NUMBER.match(line))]
    if not continues and found and any(_BULLET.match(line) for line in lines[: found[0][0]]):
        return []
    outer = [_Mark(index, _behind(lines[index], match), int(match["number"])) for index, match in _outer(found)]
    if len({mark.number for mark in outer}) == 1 and not continues:
        return outer  # "1." on every line: Markdown counts
    marks: list[_Mark] = []
    last, inner = 2 if continues else 0, 0
    for mark in outer:
        if inner and mark.number == inner + 1:
            inner += 1
        elif last < mark.number <= (last + _LARGEST_STEP if marks else _HIGHEST_FIRST):
            marks.append(mark)
            last, inner = mark.number, 0
        elif mark.number == 1 and mark.line and lines[mark.line - 1].rstrip().endswith(":"):
            inner = 1  # a list inside an item: its 2. and 3. are not the outer list's
    return marks


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


def _bullets(lines: list[str]) -> list[_Mark]:
    outer = _outer([(index, match) for index, line in enumerate(lines) if (match := _BULLET.match(line))])
    return [_Mark(index, lines[index][match.end() :], 0) for index, match in outer]


def _outer(found: list[tuple[int, re.Match[str]]]) -> list[tuple[int, re.Match[str]]]:
    """Those that are not indented deeper than the first."""
    if not found:
        return []
    depth = len(found[0][1]["indent"].expandtabs(4)) + 1
    return [(index, match) for index, match in found if len(match["indent"].expandtabs(4)) <= depth]


def _behind(line: str, mark: re.Match[str]) -> str:
    """What stands behind a mark, also one said twice ("9. 9."), in the bold or heading that the mark stood in."""
    opened = mark["bold"] and not (mark["closed"] or mark["closed_after"])
    again = _NUMBER.match(line, mark.end())
    end = again.end() if again and again["number"] == mark["number"] else mark.end()
    return ("# " if mark["heading"] else "") + ("**" if opened else "") + line[end:]


def _unmarked(lines: list[str]) -> list[Item]:
    """A chat reply without marks: each line is an item, but for words around the list."""
    kept = [line for line in lines if line.strip()]
    if len(kept) > 1 and (kept[0].rstrip().endswith(":") or _PREAMBLE.match(kept[0].lstrip())):
        del kept[0]
    if len(kept) > 1 and _REMARK.match(kept[-1].lstrip()):
        del kept[-1]
    return [_item(line) for line in kept]


def _item(raw: str) -> Item:
    paragraphs = _BLANK_LINES.split(raw.lstrip())
    if len(paragraphs) > 1 and _is_title(paragraphs[0]):
        del paragraphs[0]
    first, *others = paragraphs[0].split("\n")
    lines = [first, *(line for line in others if any(map(str.isalnum, line)))]
    if len(lines) > 1 and _TITLE.fullmatch(lines[0].strip()):
        lines = lines[1:] if _is_title(lines[0]) else lines[:1]
    end = next((index for index, line in enumerate(lines) if index and _FIELD_LINE.match(line)), len(lines))
    closed = len(paragraphs) > 1 or end < len(lines) or bool(re.search(r"[^:\s]\s*\n\Z", raw))
    text = plain(" ".join(" ".join(lines[:end]).split()))
    is_chat = _SURELY.match(text) or (_PREAMBLE.match(text) and text.endswith(":"))
    return Item("" if is_chat else text, raw.strip(), closed)


def _is_title(line: str) -> bool:
    """A short bold line or heading that is no sentence: "**Creative writing**"."""
    words = line.strip("#*_: \t")
    return bool(_TITLE.fullmatch(line.strip())) and len(words.split()) <= _TITLE_WORDS and words[-1:] not in ".?!"


def unnumbered(text: str) -> str:
    """A text without the number it starts with: models number the strings of a JSON list too."""
    match = _NUMBER.match(text)
    return text[match.end() :] if match else text


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
    close = _QUOTES.get(text[:1])
    if close and len(text) > 1 and text.endswith(close) and not {text[0], close} & set(text[1:-1]):
        text = text[1:-1].strip()
    return text
