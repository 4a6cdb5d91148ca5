"""The words of languages, made ready: what the rules look for, and how replies name their parts and say yes and no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from selfinstruct_chains.method.answers import ANSWERS, Answers, answers_of
from selfinstruct_chains.method.labels.names import NAMES, Names, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.config import Language

_STOP = r"\A\W*|[.;:,!?。\uff0c；\uff01\uff1f、।؟،\n]\W*"  # noqa: RUF001


@dataclass(frozen=True)
class KeywordRules:
    """When an instruction asks for what a text model can't do, in one language."""

    always: re.Pattern[str]
    orders: re.Pattern[str]
    explained: re.Pattern[str]
    as_text: re.Pattern[str]


class Lexicon:
    """What is known of the languages of a chain; without any it has the rules that need none.

    Patterns are for `folded` texts, and made when they are first looked for.

    Args:
        languages: those that tasks are written in: their refusals, keywords and so on are dropped.
        answers: how yes and no are said in replies.
        names: how replies name their parts.
    """

    def __init__(self, languages: tuple[Language, ...] = (), answers: Answers = ANSWERS, names: Names = NAMES) -> None:
        self.languages = languages
        self.answers = answers
        self.names = names

    @cached_property
    def refusals(self) -> re.Pattern[str]:
        """At the beginning of a text: it refuses, or speaks of being a model."""
        return self._any("refusals")

    @cached_property
    def requests(self) -> re.Pattern[str]:
        """At the beginning of an output: it asks for what was not given."""
        return self._any("requests")

    @cached_property
    def edits(self) -> re.Pattern[str]:
        """In an instruction: its output is nearly its input."""
        return self._any("edits")

    @cached_property
    def dummies(self) -> re.Pattern[str]:
        """In an instruction: a file's name, or filler text, is meant as it stands."""
        return self._any("dummies")

    @cached_property
    def placeholders(self) -> re.Pattern[str]:
        """A whole text that stands for one that is still to be written."""
        return self._any("placeholders")

    @cached_property
    def keywords(self) -> tuple[KeywordRules, ...]:
        """For each language."""
        return tuple(map(_keywords, self.languages))

    def _any(self, key: str) -> re.Pattern[str]:
        return re.compile("|".join(each.expression(getattr(each, key)) for each in self.languages) or "(?!)")


def lexicon(rules: Iterable[Language], read: Iterable[Language] = ()) -> Lexicon:
    """The words of languages.

    Args:
        rules: those that tasks are written in.
        read: those whose labels, yes and no are understood in replies, besides English.
    """
    read = tuple(read)
    return Lexicon(tuple(rules), answers_of(read), names_of(read))


def _keywords(language: Language) -> KeywordRules:
    words = language.keywords
    before = rf"(?:{_STOP}|{language.expression(words.leads)}\W*)" if words.leads else ""
    return KeywordRules(
        always=re.compile(language.expression(words.always)),
        orders=re.compile(before + language.expression(words.orders)),
        explained=re.compile(language.expression(words.explained)),
        as_text=re.compile(language.expression(words.as_text)),
    )
