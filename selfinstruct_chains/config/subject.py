"""What a chain's tasks are about, and in which languages: `domain`, `topics` and `language` of a chain file."""

from __future__ import annotations

from collections import Counter
from math import isclose
from typing import Annotated, Any, Self

from annotated_types import Gt, Len
from pydantic import Field, PlainValidator, StringConstraints, model_validator

from selfinstruct_chains.config.base import Closed, Count, Real
from selfinstruct_chains.config.languages import UNDETERMINED, tag

MOST_TOPICS = 10_000
Domain = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=4000)]
"""A sentence or a paragraph: who asks, for what, about what."""
TopicName = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=300)]
Weight = Annotated[Real, Gt(0)]


class Topics(Closed):
    """Topics, of which each request is about one."""

    names: Annotated[tuple[TopicName, ...], Len(max_length=MOST_TOPICS)] = ()
    """What each is called, in a few words."""
    weights: Annotated[tuple[Weight, ...], Len(max_length=MOST_TOPICS)] = ()
    """How much of the dataset is to be about each, in proportion to one another; () is the same for all."""
    ask: Annotated[Count, Field(le=1000)] = 0
    """How many the model writes first, before a run's first request."""

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        """A list of names, or names with their weights."""
        if isinstance(value, list | tuple):
            return {"names": value}
        if isinstance(value, dict) and value and not value.keys() <= cls.model_fields.keys():
            return {"names": list(value), "weights": list(value.values())}
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.names) == bool(self.ask):
            raise ValueError("a list of topics, topics with weights, or {ask: N} is expected")
        if self.weights and len(self.weights) != len(self.names):
            raise ValueError("as many weights as names are expected")
        [twice] = Counter(" ".join(name.split()).casefold() for name in self.names).most_common(1) or [("", 0)]
        if twice[1] > 1:
            raise ValueError(f"{twice[0]!r} stands there twice")
        return self

    @property
    def shares(self) -> dict[str, float]:
        """The weight of each topic; one that stands for those to come where the model writes them."""
        if self.ask:
            return {f"(one of {self.ask} that the model writes first)": 1.0}
        return dict(zip(self.names, self.weights or (1.0,) * len(self.names), strict=True))


def _languages(value: Any) -> Any:
    if isinstance(value, str) or value is False:
        return tag(value)
    if not isinstance(value, dict) or len(value) < 2:  # noqa: PLR2004
        raise ValueError("must be a BCP 47 tag, as de, or several with their shares, as {de: 0.5, en: 0.5}")
    for share in value.values():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise ValueError(f"the share {share!r} must be a number between 0 and 1")
    if not isclose(sum(value.values()), 1, abs_tol=0.01):
        raise ValueError(f"the shares add up to {sum(value.values()):g}; 1 is expected")
    shares = {tag(name): float(share) for name, share in value.items()}
    if len(shares) < len(value):
        raise ValueError("two of the tags are one language")
    return shares


Languages = Annotated[str | dict[str, float], PlainValidator(_languages, json_schema_input_type=str | dict[str, float])]
"""A BCP 47 tag, or several with the share of the tasks in each."""


def asks_for(language: Any) -> bool:
    """Whether a chain with this `language` asks for it: the prompts are English, and ask for nothing where it is too.

    What is no language is not asked for; others find it.
    """
    if language in (None, UNDETERMINED, "en"):
        return False
    try:
        return _languages(language) not in (UNDETERMINED, "en")
    except ValueError:
        return False
