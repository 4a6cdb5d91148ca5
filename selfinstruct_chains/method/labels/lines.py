"""The lines of a reply that begin with a label: the tokens that `labels` makes instances of.

Every line is looked at once, and of each only its beginning, so the time is linear in the reply's length.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.characters import BLANKS, INVISIBLE
from selfinstruct_chains.method.labels.names import LONGEST_NAME, NAMES, Kind, Name, Names, read_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOKED_AT = 120  # characters at a line's start among which a label stands
_DEEPEST = 12
# All repetitions are bounded: a label's ornaments are few.
_SIGN = rf"(?:[\u00b7\u30fb\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?[{BLANKS}]{{0,2}}){{0,2}}"
_ORNAMENT = re.compile(
    rf"(?P<indent>[{BLANKS}]{{0,{_DEEPEST}}})(?P<heading>(?:(?:[-*+•>]|\#{{1,6}}|\d{{1,2}}[.)])[{BLANKS}]{{1,4}}){{0,2}})"
    rf"{_SIGN}(?P<mark>\*{{1,3}}|_{{1,3}}|`)?{_SIGN}(?:\d{{1,2}}[.)][{BLANKS}]{{1,4}})?(?P<bracket>[\[【《〈])?"
)
_COLON = re.compile(r"[:\uff1a\ufe55\ufe13]")
_HINT = re.compile(
    r"[:\uff1a\ufe55\ufe13\]】》〉#*_`\d\u2013\u2014\u2192]|例| -"
)  # of which a line with a label has one
_DASH = re.compile(r"[ \t](?:[-\u2013\u2014\u2192]|->|=>)[ \t]")
_BRACKET = re.compile(r"[\]】》〉]")
_OWN_NAME = re.compile(r"[^\W\d_][\w'\u2019&/ -]*")
_FORM = frozenset({"input", "output", "class"})
_MOST_WORDS = 4
_TO_NUMBER = re.compile(r"\D{1,20}\d{1,3}[.)]?")
_COUNT = re.compile(rf"(?:\#{{1,6}} |\*\*)?\#?\d{{1,3}}[.)](?:\*\*)?[{BLANKS}]*")
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_BULLETS = tuple("-*+•")
_FENCES = ("```", "~~~")


class Token(NamedTuple):
    """A label at the start of a line."""

    kind: Kind
    name: str
    """Folded, without its number."""
    rank: int
    """How surely it is one: 0 surely, 1 in lower case, 2 a name that texts have too, 3 that in lower case."""
    start: int
    """Where its line begins."""
    body: int
    """Where the text behind it begins."""
    mark: str
    """Emphasis that it opened and did not close, or ""."""
    indent: int
    after_blank: bool
    """It opens the reply or a paragraph."""
    is_class: bool
    """It names the class label."""
    is_listed: bool
    """A bullet stands before it."""
    is_numbered: bool = False
    is_counted: bool = False
    """A count stands alone above it."""
    is_below: bool = False
    """Nothing stands between it and the label before it."""


class _Head(NamedTuple):
    name: Name
    raw: str
    body: int
    mark: str
    colon: str
    """Its colon, and what the text behind it begins with."""
    is_alone: bool
    """Nothing but blanks follows on its line."""


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with where it begins."""
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def fences(text: str) -> list[tuple[int, int]]:
    """Where code fences begin and where their last lines end; one that is never closed is none."""
    found, opened = [], None
    if not any(mark in text for mark in _FENCES):
        return []
    for start, line in lines(text):
        if line[:6].lstrip(" ").startswith(_FENCES) and not line.startswith("    "):
            if opened is None:
                opened = start
            else:
                found.append((opened, start + len(line)))
                opened = None
    return found


def tokens(text: str, names: Names = NAMES) -> list[Token]:
    """The labels of a text in their order, but for those inside code fences.

    A count that stands alone above a label ("2.") belongs to it.
    """
    skipped, found = fences(text), []
    after_blank, count, has_text = True, None, True  # has_text: something stands behind the last label
    for start, line in lines(text):
        beginning = line[:_LOOKED_AT]
        token = _token(start, line, names, after_blank=after_blank) if _may_begin(beginning) else None
        if token and not _is_within(start, skipped):
            is_own = token.kind == "field"
            token = token._replace(is_below=not has_text)
            found.append(
                token if count is None or is_own else token._replace(start=count, after_blank=True, is_counted=True)
            )
            has_text = has_text if is_own else False
            beginning = beginning if is_own else line[token.body - start :][:_LOOKED_AT]
        count = start if has_text and after_blank and _COUNT.fullmatch(beginning) and token is None else None
        after_blank = not line[:_LOOKED_AT].strip()
        has_text = has_text or bool(beginning.strip())
    return found


def _may_begin(beginning: str) -> bool:
    return len(beginning) <= LONGEST_NAME or bool(_HINT.search(beginning))


def _is_within(start: int, ranges: list[tuple[int, int]]) -> bool:
    before = bisect_right(ranges, start, key=itemgetter(0))
    return bool(before) and start <= ranges[before - 1][1]


def _token(start: int, line: str, names: Names, *, after_blank: bool) -> Token | None:
    opening = _ORNAMENT.match(line)
    head = _head(line, opening, names) if opening else None
    if opening is None or head is None or (kind := _kind(head)) is None:
        return None
    label = head.name.label
    rank = (2 if label is None or label.is_loose else 0) + (head.raw[0].islower() or not head.colon)
    if kind == "example":
        rank = 0 if head.is_alone else 2
    indent = len(opening["indent"].expandtabs(4))
    is_class = label is not None and label.family == "class"
    is_listed = opening["heading"][:1] in _BULLETS
    return Token(
        kind,
        head.name.text,
        rank,
        start,
        start + head.body,
        head.mark,
        indent,
        after_blank,
        is_class,
        is_listed,
        head.name.is_numbered,
    )


def _head(line: str, opening: re.Match[str], names: Names) -> _Head | None:
    """The name at the start of a line: before a colon, or alone on a line that is a heading, bold or in brackets."""
    window, mark = line[: opening.end() + _LOOKED_AT], opening["mark"] or ""
    end = _BRACKET if opening["bracket"] else _COLON
    colon = end.search(window, opening.end(), opening.end() + LONGEST_NAME + len(mark) + 1)
    is_inner = colon is not None and line[colon.end() : colon.end() + 1].strip()  # as in 3:15
    if (colon is None or is_inner) and (bare := _bare(window, opening.end(), names)):
        return bare
    raw = _HIDDEN.sub("", window[opening.end() : colon.start() if colon else len(window)]).rstrip()
    body = colon.end() if colon else len(line)
    closed = bool(mark) and raw.endswith(mark)
    raw = raw[: -len(mark)].rstrip() if closed else raw
    if mark and not closed and line.startswith(mark, body):
        closed, body = True, body + len(mark)
    if opening["bracket"] and colon and (after := _COLON.match(line, body)):
        body = after.end()
    if not raw or len(raw) > LONGEST_NAME:
        return None
    name = read_name(raw, names)
    is_example = bool(name.label and name.label.kind == "example" and name.is_numbered)
    stands_out = closed or "#" in opening["heading"]
    if not colon and not is_example and not (stands_out and name.label):
        return None
    if is_example and (number := _TO_NUMBER.match(raw)) and number.end() < len(raw):
        body = opening.end() + number.end()  # a title follows
    is_alone = not line[body : body + _LOOKED_AT].strip()
    return _Head(name, raw, body, "" if closed else mark, colon[0] + line[body : body + 1] if colon else "", is_alone)


def _bare(window: str, start: int, names: Names) -> _Head | None:
    """A name of the form with a dash instead of a colon, "Input - Peru", or alone on its line."""
    dash = _DASH.search(window, start, start + LONGEST_NAME)
    raw = window[start : dash.start() if dash else len(window)].strip()
    name = read_name(raw, names) if raw[:1].isalpha() and not raw[0].islower() and len(raw) <= LONGEST_NAME else None
    if name is None or name.label is None or name.label.family not in _FORM:
        return None
    return _Head(name, raw, dash.end() if dash else len(window), "", "", not dash)


def _kind(head: _Head) -> Kind | None:
    label = head.name.label
    if label is None:
        return "field" if _is_own_name(head) else None
    if label.kind == "example" and not (head.name.is_numbered or head.colon[1:].isspace() or head.is_alone):
        return None
    return label.kind


def _is_own_name(head: _Head) -> bool:
    """Whether it looks like the name of a field: few words, capitalised where the script has capitals."""
    raw = unicodedata.normalize("NFKC", head.raw)
    if head.colon[:1] == ":" and not (head.is_alone or head.colon[1:].isspace() or not head.colon[1:]):
        return False  # "Https://", "Room 12:30"
    return not raw[0].islower() and len(raw.split()) <= _MOST_WORDS and bool(_OWN_NAME.fullmatch(raw))
