"""What models call the parts of an instance: the names that stand before a colon, by language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from selfinstruct_chains.config import Family, Language

Kind: TypeAlias = Literal["example", "task", "input", "output", "field"]
"""What a label says of the text behind it; "field" is a name of the model's own."""

LONGEST_NAME = 40  # characters of a name before its colon
_LOOSE: frozenset[Family] = frozenset({"echo", "material", "answer"})
_KINDS: dict[Family, Kind] = {"echo": "task", "material": "input", "class": "output", "answer": "output"}


class Label(NamedTuple):
    """What a name stands for."""

    family: Family
    kind: Kind
    is_loose: bool
    """It is common inside texts too."""


# English is the form that the shipped prompts ask for, and always read; prompts/languages/ has the other languages.
_ENGLISH: dict[Family, str] = {
    "example": "example, instance, sample",
    "task": "task",
    "echo": "instruction, task description, problem statement",
    "input": "input, inputs, input text, input sentence, input data",
    "material": "question, q, text, sentence, sentences, email, e-mail, review, passage, paragraph, article, "
    "document, comment, tweet, post, thread, message, statement, list, code, code snippet, problem, equation, "
    "dialogue, dialog, conversation, query, context, story, headline, description, word, words, phrase, poem, "
    "product, topic, numbers, opinion, claim, book, movie, product review, movie review, customer review, "
    "social media post",
    "output": "output, outputs, output text",
    "class": "class label, class, label, class name",
    "answer": "answer, a, response, result, solution, reply, category, classification, sentiment, type, genre, "
    "prediction, verdict, completion",
}
_NOTHING = "n/a, none, no input, no input needed, no input required, noinput, empty, not applicable, -"


_ADJECTIVES = re.compile(
    "(?:expected|correct|sample|example|desired|final|predicted|true|gold|target|model|given|new|user|actual|suggested"
    "|the) (?P<name>.+)"
)
_NUMBER = re.compile(r"\s?(?:[#№]\s?)?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[.)]?\Z")
_OF_EXAMPLE = re.compile(r"(?P<example>\w{1,20}) \d{1,3} (?P<name>\w.*)")
_QUALIFIER = re.compile(r"\s?\(|\s[-\u2013\u2014]\s")


@dataclass(frozen=True, eq=False)
class Names:
    """The names that are known; one of `NAMES`, or of `names_of`."""

    labels: Mapping[str, Label]
    """By name, folded."""
    nothing: frozenset[str]
    """What models write where there is no input, in lower case and without brackets."""


def names_of(languages: Iterable[Language]) -> Names:
    """The names of English and of `languages`; one that several have is the first one's."""
    labels = dict(NAMES.labels)
    nothing = set(NAMES.nothing)
    for language in languages:
        found = ((name, family) for family, names in language.labels.items() for name in names)
        labels = {_folded(name): _label(family) for name, family in found} | labels
        nothing |= set(map(str.casefold, language.nothing))
    return Names(labels, frozenset(nothing))


class Name(NamedTuple):
    """A name as it was written before a colon, or alone on its line."""

    text: str
    """Folded: one width, one case, without number and qualifier."""
    is_numbered: bool
    label: Label | None
    """What it stands for; None for a name of the model's own."""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _label(family: Family) -> Label:
    return Label(family, _KINDS.get(family, family), family in _LOOSE)  # type: ignore[arg-type]


NAMES = Names(
    {_folded(name): _label(family) for family, names in _ENGLISH.items() for name in names.split(", ")},
    frozenset(_NOTHING.split(", ")),
)
"""English ones."""


@lru_cache(maxsize=8192)
def read_name(raw: str, names: Names = NAMES) -> Name:
    """What a name of at most LONGEST_NAME characters stands for, in any case and width: "INPUT 2", "Input 1 - List"."""
    folded = _folded(raw).replace("_", " ")
    words = " ".join(folded.strip(" \t*`\"'[]<>【】「」").split())
    text = _QUALIFIER.split(words, maxsplit=1)[0]
    match = None if text in names.labels else _NUMBER.search(text)
    text = text[: match.start()] if match else text
    label = names.labels.get(text)
    return Name(text, match is not None, label or _qualified(text, names.labels))


def _qualified(text: str, labels: Mapping[str, Label]) -> Label | None:
    """What "expected output" and "example 2 input" stand for."""
    match = _OF_EXAMPLE.fullmatch(text)
    if match and (label := labels.get(match["example"])) and label.kind == "example":
        return labels.get(match["name"])
    described = _ADJECTIVES.fullmatch(text)
    return labels.get(described["name"]) if described else None
