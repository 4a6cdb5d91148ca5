"""The filters of a chain file; `method.filters` has their rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import Field

from selfinstruct_chains.config.base import Closed, Count, Positive, Real, Share
from selfinstruct_chains.config.subject import asks_for


class LengthFilter(Closed):
    """Drops instructions with too few or too many words (separated by spaces)."""

    kind: Literal["length"]
    """Which filter it is."""
    min_words: Count = 4
    """Words, from which on an instruction stays; in scripts without spaces two characters are one."""
    max_words: Positive = 150
    """Words, up to which it stays."""


class KeywordFilter(Closed):
    """Drops instructions that ask for what a text model can't see, open or fetch."""

    kind: Literal["keywords"]
    """Which filter it is."""
    words: tuple[str, ...] = ()
    """Whole words or phrases that drop an instruction, besides the built-in rules of `method.filters`."""
    builtin: bool = True
    """Whether the built-in rules apply."""


class OpeningFilter(Closed):
    """Drops instructions that start with punctuation, in another script than every seed, or like the paper's code."""

    kind: Literal["opening"]
    """Which filter it is."""
    write_a_program: bool = True
    """Also drop "Write a program ..." without the language it is to be written in."""


class EchoFilter(Closed):
    """Drops instances whose output repeats the input."""

    kind: Literal["echo"]
    """Which filter it is."""
    similarity: Share = 0.95
    """Normalised similarity of output and input (Indel over characters, 0 to 1) from which on it is an echo."""


class RefusalFilter(Closed):
    """Drops what refuses, talks about being a model, or is a placeholder: instructions, and outputs of instances."""

    kind: Literal["refusal"]
    """Which filter it is."""
    phrases: tuple[str, ...] = ()
    """Further openings that count as a refusal."""


class LanguageFilter(Closed):
    """Drops instructions, and these alone, that are in another language than their request asked for.

    A chain that asks for a language has it without saying so: see `with_implied`.
    """

    kind: Literal["language"]
    """Which filter it is."""
    probability: Annotated[Real, Ge(0), Le(1)] = 0.1
    """Of the language that was asked for: what is less likely in it, and clearly in another, is dropped. 0: nothing."""


class SimpleFilter(Closed):
    """Rules without settings: see `method.filters`."""

    kind: Literal["empty", "colon", "conflict", "duplicate"]
    """Which filter it is."""


Filter = Annotated[
    LengthFilter | KeywordFilter | OpeningFilter | EchoFilter | RefusalFilter | LanguageFilter | SimpleFilter,
    Field(discriminator="kind"),
]


def with_implied(filters: Any, language: Any) -> Any:
    """The filters of a chain as plain values, and a `language` filter as the last where it asks for one and has none.

    Args:
        filters: what stands under `filters`; whatever is no list is left to others to find.
        language: what stands under `language`.
    """
    if not isinstance(filters, list | None) or not asks_for(language):
        return filters
    kinds = [each.get("kind") for each in filters or [] if isinstance(each, dict)]
    return filters if "language" in kinds else [*(filters or []), {"kind": "language"}]
