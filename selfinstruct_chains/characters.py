"""Characters that no file can hold, or no terminal should get."""

from __future__ import annotations

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def whole_characters(text: str) -> str:
    """The text with halves of a surrogate pair joined, and U+FFFD for each lone one.

    JSON escapes bring them, a cut reply for example, and UTF-8 has none.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _LONE_SURROGATE.search(text) else text


def printable(text: str) -> str:
    """The text with a blank for each character that a terminal would obey, line ends included."""
    return "".join(character if character.isprintable() else " " for character in text)


def short_name(value: object, longest: int) -> str | None:
    """`value`, if it is a name: a text of up to `longest` characters, all of them printable; else None."""
    name = value.strip() if isinstance(value, str) else ""
    return name if name and len(name) <= longest and name.isprintable() else None
