"""Yes or no, in whatever way and language a model says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.characters import QUOTE_MARKS
from selfinstruct_chains.method.json_text import json_value, looks_like_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.config import Language

_ENGLISH = frozenset({"yes", "no", "true", "false"})
_STATED = 500  # characters at the start and the end of a reply in which an answer is looked for
_AROUND = f" \t\n'`#>-([{{.:\uff08\uff09【】{QUOTE_MARKS}\u2018✅❌✓✗☑"  # what stands before and behind an answer
_KEYS = ("answer", "label", "result", "output", "decision", "verdict", "value")

# A word of another language stands alone: "Si l'on ..." is an if, "Non-classification" a no of another kind.
_ALONE = (
    rf"(?=\s*(?:[.,;:!?)\]}}*'{QUOTE_MARKS}\u2019|/<\n…。\uff0c、،؛\uff01؟।\uff08(\uff09】\u2013\u2014-]|\Z))(?!-\w)"
)
_OR = r"(?:\W{1,3}(?:or|ou|oder|o|или|czy|veya|또는|或|还是|または|أو|या)\W{1,3}|\s?[/,|]\s?)"
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_ASIDE = re.compile(r"\([^()]*\)|\"[^\"]*\"|\u201c[^\u201d]*\u201d")
_STATEMENT = re.compile(r"(?P<before>.*?)\b(?P<non>non-?\s?)?classification\b(?P<after>[^,;]*)", re.DOTALL)
_CLAUSE = re.compile(r"\b(?:it|(?:this|that|the) task|this|that|which|so|therefore|thus|hence|making)\b")
_REASON = re.compile(r"\b(?:because|since|as|where|whose|rather than|instead of)\b")
_DOUBT = re.compile(r"(?:n't|not|never) (?:think|believe|say|call|consider|see|regard|count)\b")
_NOT = re.compile(r"\b(?:not|isn't|doesn't|cannot|can't|no|never|rather than|instead of|nor|neither)\b")
_BRACKETED = re.compile(r"\s*\[\w")  # "[Yes]"
_ANSWER_NAMES = ("answer", "classification", "result", "label", "output", "is classification", "decision")
_IS = r"(?:is|would be|should be|ist|wäre|est|es|é|seria|является|是|为|は|هي|هو|है)"
_OFFERS = (
    r"(?:i(?:'d|'ll| can| could| will| would| am|'m)\b|let me|here (?:is|are)|here's|of course|happy to|sure|problem"
    r"|worries|doubt)\b"
)
_SPEAKS_OF_TASK = "classification|categor|label|finite"


@dataclass(frozen=True, eq=False)
class Answers:
    """How yes and no are said, in English and other languages; one of `ANSWERS`, or of `answers_of`."""

    yes: frozenset[str]
    """The words that mean yes."""
    word: re.Pattern[str]
    """A word that means either."""
    first: re.Pattern[str]
    """An answer that a reply begins with."""
    boxed: re.Pattern[str]
    conclusion: re.Pattern[str]
    """An answer that is named one."""
    closing: re.Pattern[str]
    """One that stands alone at the end."""
    helpful: re.Pattern[str]
    """What a model says about itself before it answers: "Yes, I can help with that."."""
    speaks_of_task: re.Pattern[str]
    """What makes an answer of that."""


def answers_of(languages: Iterable[Language]) -> Answers:
    """How yes and no are said in English and in `languages`."""
    languages = tuple(languages)
    yes = ["yes", "true", *(word.lower() for language in languages for word in language.yes_words)]
    others = {*yes, *(word.lower() for language in languages for word in language.no_words)} - _ENGLISH
    word = rf"(?:(?:{_words(_ENGLISH)})\b|(?:{_words(others)}){_ALONE})" if others else rf"(?:{_words(_ENGLISH)})\b"
    names = [name.lower() for each in languages for name in each.labels.get("answer", ())]
    named = rf"\b(?:{_words({*_ANSWER_NAMES, *names})})"
    offers = "|".join([_OFFERS, *(each.expression(each.offers) for each in languages if each.offers)])
    about = "|".join([_SPEAKS_OF_TASK, *(each.expression(each.about_classes) for each in languages)])
    patterns = {
        "word": word,
        "first": (
            rf"(?:(?:\w{{1,7}} ){{0,3}}{named}\W*(?:{_IS}\W*)?)?"
            rf"(?:{word}{_OR}{word}\W*?[:=?\u2013\u2014-]\W*)?(?P<word>{word})"
            rf"(?P<both>(?:{_OR}|\W{{1,3}}(?:(?:and|und|et|y|e|и|和)\W+)?){word})?"
        ),
        "boxed": rf"\\boxed\{{\W*(?:text\{{\W*)?(?P<word>{word})",
        "conclusion": rf"{named}\W*(?:{_IS})?\W+(?P<word>{word})",
        "closing": rf"(?:\A|[.!?:,;\n。\uff01\uff1f\uff1a\uff0c]\W*)(?P<word>{word})\W*\Z",
        "helpful": rf"{word}\W{{0,2}}\s*(?:{offers})[^.!?\n。\uff01\uff1f।؟]*[.!?。\uff01\uff1f।؟]?\s*",
        "speaks_of_task": about,
    }
    return Answers(frozenset(yes), **{name: re.compile(pattern) for name, pattern in patterns.items()})


def _words(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


ANSWERS = answers_of(())
"""English ones."""


def answer(text: str, answers: Answers = ANSWERS) -> bool | None:
    """What a reply answers by its first word, a JSON value, or a plain statement; None if it says neither or both."""
    if not looks_like_json(text):
        return _said(text, answers)
    value = json_value(text)
    return _said(text, answers) if value is None and _BRACKETED.match(text) else _in_json(value, answers)


def _in_json(value: Any, answers: Answers) -> bool | None:
    """What a value says: in an object the key that means an answer first."""
    match value:
        case bool():
            return value
        case 0 | 1:
            return bool(value)
        case str():
            return _said(value, answers)
        case dict():
            first = {key: item for key, item in value.items() if key.casefold() in _KEYS or "classif" in key.casefold()}
            items = [*first.values(), *(item for key, item in value.items() if key not in first)]
        case list():
            items = value
        case _:
            return None
    return next((said for item in items if (said := _in_json(item, answers)) is not None), None)


def _said(text: str, answers: Answers) -> bool | None:
    start, end = _plain(text[: 2 * _STATED])[:_STATED], _plain(text[-2 * _STATED :])[-_STATED:]
    if boxed := answers.boxed.search(start) or answers.boxed.search(end):
        return boxed["word"] in answers.yes
    helpful = answers.helpful.match(start)
    if helpful and not answers.speaks_of_task.search(helpful[0]):
        start = _plain(start[helpful.end() :])
    if first := answers.first.match(start):
        return None if _says_both(first, answers) else first["word"] in answers.yes
    if found := answers.conclusion.search(start) or answers.conclusion.search(end) or answers.closing.search(end):
        return found["word"] in answers.yes
    return next((stated for each in _SENTENCE.findall(start) if (stated := _stated(each)) is not None), None)


def _plain(text: str) -> str:
    """Text without Markdown's marks and what stands before its first word."""
    text = text.replace("*", "").replace("_", " ").replace("\u2019", "'").replace("$", "")
    return text.strip(_AROUND).lower()


def _says_both(first: re.Match[str], answers: Answers) -> bool:
    both = answers.word.findall(first["both"] or "")
    return any((word in answers.yes) != (first["word"] in answers.yes) for word in both)


def _stated(sentence: str) -> bool | None:
    """Whether a sentence says that it is classification; None for a question, or if it is about something else."""
    match = _STATEMENT.match(_ASIDE.sub("", sentence))
    if match is None or sentence.endswith("?"):
        return None
    *_, clause = 0, *(each.start() for each in _CLAUSE.finditer(match["before"]))
    about, behind = match["before"][clause:], _REASON.split(match["after"], maxsplit=1)[0]
    return not (match["non"] or _DOUBT.search(match["before"]) or _NOT.search(about) or _NOT.search(behind))
