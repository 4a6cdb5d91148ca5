"""How models refuse, and what they leave where a text should stand; in the languages of the chain."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from selfinstruct_chains.characters import QUOTE_MARKS
from selfinstruct_chains.config.phrases import folded

if TYPE_CHECKING:
    from selfinstruct_chains.method.lexicon import Lexicon
    from selfinstruct_chains.tasks import Instance

_NOTHING_YET = re.compile(r"(?:\.{3,}|…+|_{3,})")
_DUMMY_FILE = re.compile(r"(?:input|output|text|example|sample|file)\.(?:json|txt|csv|md)")
_BRACKETS = " \t\n[]<>(){}*`"
_OPENS = tuple("[<({.…_")
_OPENING = 200  # characters in which a refusal shows
_BEFORE = f"'*([ {QUOTE_MARKS}"


def refuses(text: str, lexicon: Lexicon, phrases: tuple[str, ...] = ()) -> bool:
    """Whether a text begins as a model that refuses or talks of itself does, or with one of `phrases`."""
    opening = folded(text[: 2 * _OPENING]).lstrip(_BEFORE)
    return bool(lexicon.refusals.match(opening)) or opening.startswith(_all_folded(phrases))


def asks_back(output: str, lexicon: Lexicon) -> bool:
    """Whether an output begins by asking for what was not given: "Please provide the text"."""
    return bool(lexicon.requests.match(folded(output[: 2 * _OPENING]).lstrip(_BEFORE)))


def has_placeholder(instruction: str, instance: Instance, lexicon: Lexicon) -> bool:
    """Whether an output or an input stands for one that is still to be written: "[your answer here]", "...".

    What the instruction itself speaks of is meant as it stands there; so is a text to work on, "Lorem ipsum" too.
    """
    given, made = instance.input.strip(), instance.output.strip()
    wants_dummies = bool(lexicon.dummies.search(folded(instruction)))
    if _stands_for(made, lexicon) or (_is_dummy(made) and not wants_dummies):
        return not _speaks_of(instruction, made)
    if _DUMMY_FILE.fullmatch(given.casefold()):
        return not (wants_dummies or given in made or _speaks_of(instruction, given))
    return given.startswith(_OPENS) and _stands_for(given, lexicon) and not _speaks_of(instruction, given)


def _stands_for(text: str, lexicon: Lexicon) -> bool:
    if not text or len(text) > _OPENING:
        return False
    inner = text.strip(_BRACKETS)
    return bool(_NOTHING_YET.fullmatch(inner) or lexicon.placeholders.fullmatch(folded(inner)))


def _is_dummy(text: str) -> bool:
    return text[:11].casefold() == "lorem ipsum" or bool(_DUMMY_FILE.fullmatch(text.casefold()))


def _speaks_of(instruction: str, text: str) -> bool:
    words = folded(text).strip(".:") or text
    return words in folded(instruction)


@lru_cache(maxsize=64)
def _all_folded(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(folded, phrases))
