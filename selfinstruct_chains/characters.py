"""Characters that no file can hold, or no terminal should get."""

from __future__ import annotations

import json
import re
import unicodedata

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
BLANKS = " \t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"
"""Blanks that stand within a line."""
INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks of width 0 that are no part of a word (of direction, byte order, a break), as in a class of characters."""
QUOTES = (
    '""',
    "\u201c\u201d",
    "\u201e\u201c",
    "\u201e\u201d",
    "«»",
    "»«",
    "\u2039\u203a",
    "\u203a\u2039",
    "「」",
    "『』",
)
"""Pairs of quotation marks, the one that opens first; without those that are apostrophes too."""
QUOTE_MARKS = "".join(dict.fromkeys("".join(QUOTES)))
"""Each of their marks, as in a class of characters."""
TITLES = ("《》", "〈〉")
"""What stands around a title of a book or a song in Chinese."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HARMLESS = "\n\t\u200c\u200d"


def whole_characters(text: str) -> str:
    """The text with halves of a surrogate pair joined, and U+FFFD for each lone one.

    JSON escapes bring them, a cut reply for example, and UTF-8 has none.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _LONE_SURROGATE.search(text) else text


def printable(text: str) -> str:
    """The text with a blank for each character that a terminal would obey, line ends included."""
    return "".join(character if character.isprintable() else " " for character in text)


def visible(text: str) -> str:
    """The text as a terminal may get it, whoever wrote it: what is obeyed or hidden is shown as JSON escapes it.

    That are control characters but line end and tab (C0, C1, DEL), halves of surrogate pairs, line and paragraph
    separators, and format characters: what turns the direction of text, marks, tags, and blanks of no width. The two
    joiners stay, which Persian, Indic scripts and emoji are written with. JSON stays JSON, of the same value.
    """
    return "".join(json.dumps(one)[1:-1] if _is_hidden(one) else one for one in text)


def short_name(value: object, longest: int) -> str | None:
    """`value`, if it is a name: a text of up to `longest` characters, all of them printable; else None."""
    name = value.strip() if isinstance(value, str) else ""
    return name if name and len(name) <= longest and name.isprintable() else None


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN and character not in _HARMLESS
