"""Yes or no, in whatever way and language a model says it."""

from __future__ import annotations

import re
from typing import Any

from selfinstruct_chains.method.json_text import json_value, looks_like_json

_YES = (
    *("yes", "true", "oui", "ja", "si", "sí", "sì", "sim", "да", "tak", "evet", "ya", "có"),
    *("是的", "是", "对", "はい", "예", "네", "نعم", "हाँ", "हां", "जी हाँ"),
)
_NO = (
    *("no", "false", "non", "nein", "nee", "não", "nao", "нет", "nie", "hay\u0131r", "tidak", "không"),
    *("不是", "否", "不", "いいえ", "아니요", "아니오", "لا", "नहीं", "जी नहीं"),
)
_ENGLISH = ("yes", "no", "true", "false")
_STATED = 500  # characters at the start and the end of a reply in which an answer is looked for
_KEYS = ("answer", "classification", "is_classification", "label", "result", "output", "decision", "verdict", "value")


def _words(words: tuple[str, ...]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


# A word of another language stands alone: "Si l'on ..." is an if, "Non-classification" a no of another kind.
_ALONE = r"(?=\s*(?:[.,;:!?)\]}*\"'»\u201d\u2019|/<\n。\uff0c、،\uff01؟।\uff08(\u2013\u2014-]|\Z))(?!-\w)"
_OTHERS = tuple(word for word in _YES + _NO if word not in _ENGLISH)
_WORD = rf"(?:(?:{_words(_ENGLISH)})\b|(?:{_words(_OTHERS)}){_ALONE})"
_OR = r"(?:\W{1,3}(?:or|ou|oder|o|или|czy|veya|또는|或|还是|または|أو|या)\W{1,3}|\s?[/,|]\s?)"
_ANSWER = re.compile(
    r"(?:(?:the |my |final |correct )*(?:answer|classification|result|label|output|is classification|decision)"
    rf"\W+(?:is\W+)?)?(?:{_WORD}{_OR}{_WORD}\W*?[:=?\u2013\u2014-]\W*)?(?P<word>{_WORD})"
    rf"(?P<both>(?:{_OR}|\W{{1,3}}(?:(?:and|und|et|y|e|и|和)\W+)?){_WORD})?"
)
_BOXED = re.compile(rf"\\boxed\{{\W*(?:text\{{\W*)?(?P<word>{_WORD})")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_STATEMENT = re.compile(r"(?P<before>.*?)\b(?P<non>non-?\s?)?classification\b(?P<after>[^,;]*)", re.DOTALL)
_NOT = re.compile(r"\b(?:not|isn't|doesn't|cannot|can't|no|never|rather than|instead of|nor|neither)\b")
_CONCLUSION = re.compile(
    rf"\b(?:answer|classification|decision|result)(?: (?:is|would be|should be))?\W+(?P<word>{_WORD})"
)
_CLOSING = re.compile(rf"(?:\A|[.!?:,;\n。\uff01\uff1f\uff1a\uff0c]\W*)(?P<word>{_WORD})\W*\Z")
_HELPFUL = re.compile(
    r"(?:yes|no)\b[,.!]?\s+(?:(?:i(?:'d|'ll| can| could| will| would| am|'m)\b|let me|here (?:is|are)|here's|of course"
    r"|happy to|sure|problem|worries|doubt)\b[^.!?\n]*[.!?]?\s*)"
)
"""What a model says about itself before it answers: "Yes, I can help with that."."""
_BRACKETED = re.compile(r"\s*\[\w")  # "[Yes]"
_SPEAKS_OF_TASK = re.compile(r"classification|categor|label|finite")


def answer(text: str) -> bool | None:
    """What a reply answers by its first word, a JSON value, or a plain statement; None if it says neither or both."""
    if not looks_like_json(text):
        return _said(text)
    value = json_value(text)
    return _said(text) if value is None and _BRACKETED.match(text) else _in_json(value)


def _in_json(value: Any) -> bool | None:
    """What a value says: in an object the key that means an answer first."""
    match value:
        case bool():
            return value
        case 0 | 1:
            return bool(value)
        case str():
            return _said(value)
        case dict():
            first = {key: item for key, item in value.items() if key.casefold() in _KEYS}
            items = [*first.values(), *(item for key, item in value.items() if key not in first)]
        case list():
            items = value
        case _:
            return None
    return next((said for item in items if (said := _in_json(item)) is not None), None)


def _said(text: str) -> bool | None:
    start, end = _plain(text[: 2 * _STATED])[:_STATED], _plain(text[-2 * _STATED :])[-_STATED:]
    if boxed := _BOXED.search(start) or _BOXED.search(end):
        return boxed["word"] in _YES
    helpful = _HELPFUL.match(start)
    if helpful and not _SPEAKS_OF_TASK.search(helpful[0]):
        start = _plain(start[helpful.end() :])
    if first := _ANSWER.match(start):
        return None if _says_both(first) else first["word"] in _YES
    if conclusion := _CONCLUSION.search(start) or _CONCLUSION.search(end) or _CLOSING.search(end):
        return conclusion["word"] in _YES
    return next((stated for each in _SENTENCE.findall(start) if (stated := _stated(each)) is not None), None)


def _plain(text: str) -> str:
    """Text without Markdown's marks and what stands before its first word."""
    text = text.replace("*", "").replace("_", " ").replace("\u2019", "'").replace("$", "")
    return text.strip(" \t\n\"'`#>-([{.:\u201c\u201d\u2018«»✅❌✓✗☑").lower()


def _says_both(first: re.Match[str]) -> bool:
    both = re.findall(_WORD, first["both"] or "")
    return any((word in _YES) != (first["word"] in _YES) for word in both)


def _stated(sentence: str) -> bool | None:
    """Whether a sentence says that it is classification; None for a question, or if it is about something else."""
    match = _STATEMENT.match(sentence)
    if match is None or sentence.endswith("?"):
        return None
    return not (match["non"] or _NOT.search(match["before"]) or _NOT.search(match["after"]))
