"""The words of a text, as ROUGE counts them and as other scripts need them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, TypeAlias

import regex  # type: ignore[import-untyped]  # has no stubs of its own

from selfinstruct_chains.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

Tokenizer: TypeAlias = Literal["rouge", "unicode"]

_ASCII_WORD = re.compile("[a-z0-9]+")
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
# A mark with no letter before it (the variation selector after an emoji) is no word: all emoji would be alike.
_WORD = regex.compile(
    rf"[{_UNSPACED}&&[\p{{L}}\p{{N}}]]\p{{M}}*|[[\p{{L}}\p{{N}}]--{_UNSPACED}][[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]*",
    regex.V1,
)


def rouge_words(text: str) -> list[str]:
    """The tokens that rouge_score 0.1.2 makes without a stemmer: lower-cased runs of ASCII letters and digits."""
    return _ASCII_WORD.findall(text.lower())


def unicode_words(text: str) -> list[str]:
    """Runs of letters, marks and numbers after NFKC and case folding; for ASCII text the same as `rouge_words`.

    In scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) each character with its marks is a word.
    """
    if text.isascii():
        return rouge_words(text)
    words: list[str] = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return words


def words_by(tokenizer: Tokenizer) -> Callable[[str], list[str]]:
    """The function that makes a text's words for `tokenizer`; ConfigError for an unknown one."""
    known: dict[str, Callable[[str], list[str]]] = {"rouge": rouge_words, "unicode": unicode_words}
    if tokenizer not in known:
        hint = did_you_mean(str(tokenizer), known)
        raise ConfigError(f"unknown tokenizer {tokenizer!r}: use {' or '.join(known)}{hint}")
    return known[tokenizer]
