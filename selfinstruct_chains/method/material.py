"""Whether an instruction carries the material that it works on, so that an instance of it needs no input."""

from __future__ import annotations

import re

from selfinstruct_chains.characters import QUOTES

_OPTIONS = re.compile(r"(?:(?<=\s)|\A)(?:\(([A-Ha-h1-8])\)|([A-Ha-h1-8])[.)])(?=\s*\S)")
_QUOTED = re.compile("|".join(rf"{pair[0]}([^{pair}\n]{{1,2000}}){pair[1]}" for pair in QUOTES))
_FEWEST_OPTIONS = 2
_FEWEST_WORDS = 3
_FEWEST_CHARACTERS = 8  # of a text without blanks between its words


def carries_material(instruction: str) -> bool:
    """Whether an instruction has its material in it: marked options, a quoted text, or text on further lines.

    Names of classes in quotes ("Satisfied" or "Not satisfied") are no material: a quoted text has at least 3 words.
    """
    options = {match[1] or match[2] for match in _OPTIONS.finditer(instruction)}
    first, _, rest = instruction.strip().partition("\n")
    quoted = ("".join(filter(None, groups)) for groups in _QUOTED.findall(instruction))
    return len(options) >= _FEWEST_OPTIONS or bool(first and rest.strip()) or any(map(_is_text, quoted))


def _is_text(quoted: str) -> bool:
    words = quoted.split()
    return len(words) >= _FEWEST_WORDS or (
        not quoted.isascii() and len(words) == 1 and len(quoted) >= _FEWEST_CHARACTERS
    )
