"""Which language an instruction is in, by py3langid: naive Bayes over bytes, 140 languages, a third of a millisecond.

What an instruction works on may be in another language than what it asks: quoted texts, code and addresses are left
out, and where what stands before a colon or a line's end speaks for a language, that counts.

The limits were found on the 833 instructions of tests/method/test_identifying.py, in ten languages: of the right ones
none is foreign, of the foreign ones 2% of the longer are missed, and 21% of those with five words or fewer. With
lingua-language-detector (96 MB), which was given no such reading of quotes and heads, and limits by which no right one
is dropped either, 17% and 31% are missed. Both were measured on the texts that the limits were chosen on.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.characters import QUOTES, TITLES
from selfinstruct_chains.config import UNDETERMINED, whole_language
from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LONGEST = 300  # characters that are looked at
_CLEAR = 0.4
"""Probability from which on a text shows its language: names, numbers and code stay below, and decide nothing."""
_BESIDE = 0.1
"""Of the likeliest language's probability: from there on the beginning of a text may be in another one as well."""
_NOTHING = "zxx"
"""BCP 47's tag of what is no language."""
_QUOTED = "|".join(rf"{pair[0]}[^{pair}\n]{{1,2000}}{pair[1]}" for pair in (*QUOTES, *TITLES))
_MATERIAL = re.compile(
    rf"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|{_QUOTED}|(?<!\w)'[^'\n]+'(?!\w)",
    re.DOTALL,
)
_END_OF_HEAD = re.compile(r":\s|\uff1a|\n")
_FEWEST_LETTERS = 2


class Language(NamedTuple):
    """Which language a text is in, as it looks."""

    tag: str
    """BCP 47, without script and region; "und" where it shows none clearly."""
    wanted: float
    """Probability, 0 to 1, that it is in the language that was asked about."""


def rank(text: str) -> list[tuple[str, float]]:
    """All languages by the probability that `text` is in them, the likeliest first; of a short one the guess is poor.

    Raises:
        ConfigError: the identifier can't be loaded.
    """
    ranked: list[tuple[str, float]] = _identifier().rank(text[:_LONGEST])
    return ranked


def shown(instruction: str, wanted: str = UNDETERMINED) -> Language:
    """The language that an instruction shows, and how likely `wanted` is."""
    ranked = _ranked(_without_material(instruction))
    tag, probability = next(iter(ranked.items()))
    clear = probability >= _CLEAR and tag != _NOTHING
    return Language(tag if clear else UNDETERMINED, ranked.get(whole_language(wanted), 0.0))


def is_foreign(instruction: str, wanted: str, probability: float) -> bool:
    """Whether an instruction is clearly in another language than `wanted`, and in that with less than `probability`.

    What shows no language is not foreign, whatever its length; nor is anything where `wanted` is not known.
    """
    wanted = whole_language(wanted)
    if wanted == UNDETERMINED or wanted not in known():
        return False
    found = shown(instruction, wanted)
    if found.tag in {UNDETERMINED, wanted} or found.wanted >= probability:
        return False
    head = _ranked(_head(instruction))
    return head[wanted] < _BESIDE * next(iter(head.values()))


@cache
def known() -> frozenset[str]:
    """The languages that can be told apart."""
    return frozenset(map(whole_language, _identifier().labels))


@lru_cache(maxsize=64)
def _ranked(text: str) -> dict[str, float]:
    """Whole languages by their probability, the likeliest first."""
    shares: dict[str, float] = {}
    for tag, probability in rank(text):
        whole = whole_language(tag)
        shares[whole] = shares.get(whole, 0.0) + probability
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _without_material(instruction: str) -> str:
    rest = _MATERIAL.sub(" ", instruction).strip()
    return rest if _has_letters(rest) else instruction


def _head(instruction: str) -> str:
    """What stands before the first colon or the end of the first line."""
    rest = _without_material(instruction)
    head = _END_OF_HEAD.split(rest, maxsplit=1)[0]
    return head if _has_letters(head) else rest


def _has_letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _FEWEST_LETTERS


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:  # it unpacks its model into the temporary folder
        raise ConfigError(
            f"languages can't be told apart, as the temporary folder can't be written ({error.strerror}); make room "
            "there"
        ) from None
