"""The filters of a chain file; `method.filters` has their rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from selfinstruct_chains.config.base import Closed, Count, Positive, Share


class LengthFilter(Closed):
    """Drops instructions with too few or too many words (separated by spaces)."""

    kind: Literal["length"]
    min_words: Count = 4
    max_words: Positive = 150


class KeywordFilter(Closed):
    """Drops instructions that ask for what a text model can't see, open or fetch."""

    kind: Literal["keywords"]
    words: tuple[str, ...] = ()
    """Whole words or phrases that drop an instruction, besides the built-in rules of `method.filters`."""
    builtin: bool = True


class OpeningFilter(Closed):
    """Drops instructions that start with punctuation, in another script than every seed, or like the paper's code."""

    kind: Literal["opening"]
    write_a_program: bool = True
    """Also drop "Write a program ..." without the language it is to be written in."""


class EchoFilter(Closed):
    """Drops instances whose output repeats the input."""

    kind: Literal["echo"]
    similarity: Share = 0.95
    """Normalised similarity of output and input (Indel over characters, 0 to 1) from which on it is an echo."""


class RefusalFilter(Closed):
    """Drops what refuses, talks about being a model, or is a placeholder: instructions, and outputs of instances."""

    kind: Literal["refusal"]
    phrases: tuple[str, ...] = ()
    """Further openings that count as a refusal."""


class SimpleFilter(Closed):
    """Rules without settings: see `method.filters`."""

    kind: Literal["empty", "colon", "conflict", "duplicate"]


Filter = Annotated[
    LengthFilter | KeywordFilter | OpeningFilter | EchoFilter | RefusalFilter | SimpleFilter,
    Field(discriminator="kind"),
]
