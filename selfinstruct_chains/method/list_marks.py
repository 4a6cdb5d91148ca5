"""The marks of a list's items, "9.", "Task 9:", "⑨" or a bullet; and where a model starts the prompt over.

Every line is looked at a bounded number of times, so the time is linear in the reply's length.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from selfinstruct_chains.characters import BLANKS, QUOTE_MARKS

_KEYCAP = "\ufe0f?\u20e3"
_NUMBER = re.compile(
    rf"(?P<indent>[{BLANKS}]*)(?:[-*•][{BLANKS}]+|A:[{BLANKS}]*)?(?P<heading>\#{{1,6}}[{BLANKS}]*)?(?P<bold>\*\*|__)?"
    rf"(?:(?P<word>[^\W\d_]{{1,15}}[{BLANKS}]?)\#?|\#|[(\uff08]|\[)?"
    rf"(?:(?P<sign>[\u2460-\u249b]|\U0001f51f|(?:\d{_KEYCAP}){{1,3}})|(?P<number>\d{{1,3}})[번\u00ba\u00b0題题問问条條]?)"
    rf"(?(bold)(?P<closed>(?P=bold))?)(?P<end>[{BLANKS}]?\\?[.):\]\u3001\uff0e\uff09\uff1a](?!\d)-?"
    rf"|(?P<dash>[{BLANKS}]?[-\u2013\u2014])(?=[{BLANKS}]+[^\d\s{BLANKS}]))?"
    rf"(?(bold)(?P<closed_after>(?P=bold))?)[{BLANKS}]*(?P<rest>.)?"
)
_WORDS = frozenset({"", "task", "instruction", "question", "prompt"})
# "○○さん" is somebody, "□" a gap to fill: hollow signs need a blank behind them, full ones must not be doubled.
_BULLET = re.compile(
    rf"(?P<indent>[{BLANKS}]*)"
    rf"(?:[-+*•‣◦○□◇\u2013\u00b7➤►→✓✔✅☐☑][{BLANKS}]+|(?P<full>[・●■◆▪])(?!(?P=full))[{BLANKS}]*)"
    rf"(?:\[[ xX]\][{BLANKS}]+)?(?=\S)"
)
_HIGHEST_FIRST = 300  # a first "1945." is a year
_LARGEST_STEP = 5
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi")
_CHINESE = (*"一二三四五六七八九十", "十一", "十二", "十三", "十四", "十五", "十六")
_ORDERS = (_ROMAN, tuple("abcdefghijklmnop"), _CHINESE)
_LETTER = re.compile(
    rf"(?P<indent>[{BLANKS}]*)[(\uff08]?(?P<letter>[a-zA-Z]{{1,4}}|[{''.join(_CHINESE[:10])}]{{1,2}})[.)\u3001\uff0e\uff09][{BLANKS}]*"
)

_RESTART = re.compile(
    r"(?i)(?:come up with|(?:here|below) (?:is|are)|generate|write|create|suggest)\b"
    r"(?!.*\b(?:the following|these|those)\b).*\b(?:tasks|instructions|prompts|questions|exercises)\b.*[:.]"
)
_LONGEST_RESTART = 300  # characters
_SENTENCE = re.compile(rf"[.!?:。\uff01\uff1f\uff1a।؟][{QUOTE_MARKS}')]?\Z")
_QUESTIONS = tuple("?\uff1f؟")
_FEWEST, _FEWEST_IN_ITEM = 2, 5  # sentences of a list begun anew, below a line of its own or an item


class Mark(NamedTuple):
    """A mark at the start of a line."""

    line: int
    text: str
    """What stands behind it on its line."""
    number: int
    """0 of a bullet."""


class _Found(NamedTuple):
    line: int
    match: re.Match[str]
    word: str
    number: int


def numbers(lines: list[str], *, continues: bool) -> tuple[list[Mark], int]:
    """The lines that a number opens as an item of the outer list; and where the list ends, as one begins anew."""
    found = [each for index, line in enumerate(lines) if (each := _found(index, line))]
    end = _prompt_again(lines, found, continues=continues)
    found = _of_one_kind([each for each in found if each.line < end])
    if not continues and found and any(_BULLET.match(line) for line in lines[: found[0].line]):
        return [], end
    outer = [Mark(each.line, _behind(lines[each.line], each), each.number) for each in _outer(found)]
    if len({mark.number for mark in outer}) == 1 and not continues:
        return outer, end  # "1." on every line: Markdown counts
    marks: list[Mark] = []
    last, inner = 2 if continues else 0, 0
    for mark in outer:
        if inner and mark.number == inner + 1:
            inner += 1
        elif last < mark.number <= (last + _LARGEST_STEP if marks else _HIGHEST_FIRST):
            marks.append(mark)
            last, inner = mark.number, 0
        elif mark.number == 1 and mark.line and lines[mark.line - 1].rstrip().endswith((":", "\uff1a")):
            inner = 1  # a list inside an item: its 2. and 3. are not the outer list's
    behind = [mark for mark in outer if not marks or mark.line > marks[-1].line]
    begun = _anew(lines, marks[-1].line if marks else 0, behind) if marks or continues else end
    end = min(begun, end)
    return [mark for mark in marks if mark.line < end], end


def letters(lines: list[str]) -> list[Mark]:
    """The lines that I., II., or a), b), or 一、二、 open in this order, if the list begins at once or is announced."""
    found = [(index, match) for index, line in enumerate(lines) if (match := _LETTER.match(line))]
    above = [line.rstrip() for line in lines[: found[0][0]] if line.strip()] if found else []
    if above and not above[-1].endswith((":", "\uff1a")):
        return []
    marks: list[Mark] = []
    for order in _ORDERS:
        in_order: list[Mark] = []
        for index, match in found:
            if match["letter"].lower() == order[min(len(in_order), len(order) - 1)]:
                in_order.append(Mark(index, lines[index][match.end() :], len(in_order) + 1))
        marks = max(marks, in_order, key=len)
    return marks if len(marks) > 1 and all(_is_long(mark.text, words=2, characters=6) for mark in marks) else []


def bullets(lines: list[str]) -> list[Mark]:
    """The lines that a bullet opens as an item of the outer list."""
    found = [(index, match) for index, line in enumerate(lines) if (match := _BULLET.match(line))]
    outer = _outer([_Found(index, match, "", 0) for index, match in found])
    return [Mark(each.line, lines[each.line][each.match.end() :], 0) for each in outer]


def unnumbered(text: str) -> str:
    """A text without the number it starts with: models number the strings of a JSON list too."""
    found = _found(0, text)
    return text[_end(found.match) :] if found and found.word in _WORDS else text


def _found(index: int, line: str) -> _Found | None:
    """The number that a line begins with: with a point or the like behind it, a sign, or a word before it alone."""
    match = _NUMBER.match(line)
    if match is None:
        return None
    is_hash = match["heading"] == "#"  # "#9 Write ..."
    if not (match["sign"] or match["end"] or is_hash or (match["word"] and not match["rest"])):
        return None
    return _Found(index, match, (match["word"] or "").strip().casefold(), _value(match["sign"] or match["number"]))


def _value(written: str) -> int:
    if len(written) == 1:
        return int(unicodedata.numeric(written, 10))  # U+1F51F is ten, and no numeral
    return int("".join(filter(str.isdecimal, written)))


def _end(match: re.Match[str]) -> int:
    return match.start("rest") if match["rest"] else match.end()


def _of_one_kind(found: list[_Found]) -> list[_Found]:
    """Those without a word of their own; where there are none those with the commonest ("Aufgabe 9:"), if it recurs.

    Dashes behind numbers ("9 - Write ...") count if all have them, and there are two: "7 - 3" may begin a line.
    """
    if found and all(each.match["dash"] for each in found) and len(found) == 1:
        return []
    found = [each for each in found if not each.match["dash"]] or found
    plain = [each for each in found if each.word in _WORDS]
    if plain or not found:
        return plain
    [(word, count)] = Counter(each.word for each in found).most_common(1)
    return [each for each in found if each.word == word] if count > 1 else []


def _outer(found: list[_Found]) -> list[_Found]:
    """Those that are not indented deeper than the first."""
    if not found:
        return []
    depth = len(found[0].match["indent"].expandtabs(4)) + 1
    return [each for each in found if len(each.match["indent"].expandtabs(4)) <= depth]


def _behind(line: str, found: _Found) -> str:
    """What stands behind a mark, also one said twice ("9. 9."), in the bold or heading that the mark stood in."""
    match, end = found.match, _end(found.match)
    opened = match["bold"] and not (match["closed"] or match["closed_after"])
    again = _found(0, line[end : end + 60])
    end += _end(again.match) if again and again.number == found.number else 0
    rest = line[end:]
    return ("# " if match["heading"] and rest.strip() else "") + ("**" if opened else "") + rest


def _prompt_again(lines: list[str], found: list[_Found], *, continues: bool) -> int:
    """Where the prompt begins anew in English: "Come up with a series of tasks:", then a 1."""
    ends, numbered = len(lines), {each.line: each for each in found}
    first = 0 if continues else min(numbered, default=len(lines))
    following = False  # from the end: whether the next line that is not blank has the number 1
    for index in range(len(lines) - 1, first, -1):
        mark, line = numbered.get(index), lines[index]
        if following and _RESTART.fullmatch(line[_end(mark.match) if mark else 0 :][:_LONGEST_RESTART].strip()):
            ends = index
        if line.strip():
            following = mark is not None and mark.number == 1
    return ends


def _anew(lines: list[str], last: int, behind: list[Mark]) -> int:
    """Where the prompt begins anew in any language: 1., 2. and so on to the end, sentences, below a line with a colon.

    Such a list below an item's own line may be its material: more sentences are asked for, and not questions alone.
    """
    counts = [mark.number for mark in behind] == list(range(1, len(behind) + 1))
    above = behind[0].line - 1 if behind else 0
    while above > last and not lines[above].strip():
        above -= 1
    texts = [mark.text.strip() for mark in behind]
    sentences = [text for text in texts if _SENTENCE.search(text) and _is_long(text)]
    is_own_line = above > last and bool(_SENTENCE.search(lines[above - 1].strip())) and _is_long(lines[above])
    fewest = _FEWEST if is_own_line else _FEWEST_IN_ITEM
    are_tasks = len(sentences) >= max(fewest, len(texts) - 1) and not all(map(_is_question, sentences))
    announced = lines[above].rstrip().endswith((":", "\uff1a"))
    return above if counts and announced and are_tasks else len(lines)


def _is_long(text: str, words: int = 3, characters: int = 8) -> bool:
    """Whether a text has so many words, or so many characters of a script without blanks."""
    return len(text.split()) >= words or (not text.isascii() and len(text.strip()) >= characters)


def _is_question(text: str) -> bool:
    return text.endswith(_QUESTIONS)
