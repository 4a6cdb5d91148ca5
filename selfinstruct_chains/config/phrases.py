"""The phrases of a language file, as regular expressions: a few signs instead of a pattern language.

`(a|b)` is one of them, `?` makes what stands before it optional, `+` takes it up to four times, `*` is the rest of a
word, `<name>` one of the file's own list of that name, ` … ` up to three words (a dozen characters in a script without
blanks) and ` …… ` up to six, `^` the text's beginning, and `!(a|b)` or `!<name>` says what may not follow. All else
stands for itself, in any case of letters; a blank also for the comma or stop that a text may have there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MARKS = "\u0900-\u0903\u093a-\u094f"  # vowel signs of Devanagari, which are no word characters to `re`
_IN_WORD = rf"[\w{_MARKS}]"
_SIGN = re.compile(
    r"(?P<gap> ?…+ ?)|(?P<perhaps> \?)|(?P<blank> )|!?<(?P<list>\w+)>|(?P<not>!\()|(?P<sign>[()|?*^+])|(?P<text>.)",
    re.DOTALL,
)
_SIGNS = {"(": "(?:", ")": ")", "|": "|", "?": "?", "*": f"{_IN_WORD}*", "^": r"\A\W*", "+": "{1,4}"}
_BLANK = {True: r"\W{1,3}", False: r"\W{0,3}"}
_GAP = {True: (r"[^\w.!?;।؟]{1,3}(?:[^\s.!?;:।؟]+\s+)", 3), False: ("[^。\uff01\uff1f!?\uff1b;\\n]", 12)}


def folded(text: str) -> str:
    """A text as phrases are compared with it: one case, one kind of apostrophe and of blank."""
    return " ".join(text.replace("\u2019", "'").casefold().split())


def expression(phrases: Iterable[str], lists: Mapping[str, tuple[str, ...]], *, spaced: bool) -> str:
    """A regular expression for one of `phrases`, to be looked for in a `folded` text; for none it never matches.

    Args:
        phrases: as a language file has them.
        lists: the file's lists, by name.
        spaced: whether words are written with blanks between them, so that a phrase is whole words.

    Raises:
        ValueError: a list is not there, or names itself.
    """
    found = "|".join(_expression(phrase, lists, spaced, ()) for phrase in phrases) or "(?!)"
    return rf"(?<!{_IN_WORD})(?:{found})(?!{_IN_WORD})" if spaced else f"(?:{found})"


def _expression(phrase: str, lists: Mapping[str, tuple[str, ...]], spaced: bool, within: tuple[str, ...]) -> str:  # noqa: FBT001
    pieces = []
    for match in _SIGN.finditer(phrase.casefold()):
        if name := match["list"]:
            if name not in lists or name in within:
                raise ValueError(f"<{name}>: {'names itself' if name in within else 'no such list'}")
            found = "|".join(_expression(each, lists, spaced, (*within, name)) for each in lists[name])
            pieces.append(rf"(?!\W{{0,3}}(?:{found})(?!\w))" if match[0][0] == "!" else f"(?:{found})")
        elif match["gap"]:
            piece, most = _GAP[spaced]
            pieces.append(f"{piece}{{0,{most * match[0].count('…')}}}?")
        elif match["perhaps"]:
            pieces.append(r"\W{0,3}")
        elif match["blank"]:
            pieces.append(_BLANK[spaced])
        elif match["not"]:
            pieces.append(r"(?!")
        else:
            pieces.append(_SIGNS[match["sign"]] if match["sign"] else re.escape(match["text"]))
    return "".join(pieces)
