"""Text made ready for a decoder of JSON, each character in its place: LaTeX's backslashes and blanks of other kinds."""

from __future__ import annotations

import re

# Same length as the backslash that it stands for, and in no text: U+FDD0 is no character.
BACKSLASH = "\ufdd0"
_CERTAIN = (
    "(?:t(?:heta|imes|ilde|frac|ext(?:bf|it|rm|tt)?|anh|herefore|riangle|binom)"
    "|n(?:abla|leq|geq|otin|exists|parallel|subset|subseteq|earrow|warrow|ewcommand)"
    "|r(?:ho|ight|ightarrow|angle|ceil|floor|brace|vert))(?![a-z])|neq(?![a-z.])"
)
_IN_MATHS = "(?:t(?:an|au|o|op)|n(?:e|eg|i|ot|u)|r(?:e|m))(?![a-z])"
_ESCAPE = re.compile(
    rf"\\(?={_CERTAIN})|(?<=[$_^])\\(?={_IN_MATHS})"
    r"|(\\(?:[\"\\/nrt]|u[0-9a-fA-F]{4}|f(?![A-Za-z])))|\\"
)
"""A backslash that is meant as one, or (the group) an escape of JSON's. `\\f` before a letter is LaTeX's \\frac, not a
form feed; `\\b` is never a backspace; `\\theta`, `\\nabla`, `\\rho` have letters that no word goes on with."""
_ODD = "\u00a0\u202f\u3000\u200b\u2060\ufeff"
_ODD_BLANKS = re.compile(rf"(?<=\":)[{_ODD}]+(?=[\"\[{{\dtfn-])|(?<=[\n,{{\[])[ {_ODD}]+(?=[\"{{}}\[\]])")
"""Blanks that JSON has not, between its tokens."""


def decodable(text: str) -> str:
    """`text` with BACKSLASH for each backslash that is no escape of JSON's, and plain blanks between its tokens."""
    if not text.isascii():
        text = _ODD_BLANKS.sub(lambda match: " " * len(match[0]), text)
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: match[1] or BACKSLASH, text.replace(BACKSLASH, "\ufffd"))
