"""Yes or no, in whatever way a model says it."""

from __future__ import annotations

import re

from selfinstruct_chains.method.json_text import json_value, looks_like_json

_STATED = 500  # characters at the start and the end of a reply in which an answer is looked for
_ANSWER = re.compile(
    "(?:(?:the |my |final |correct )*(?:answer|classification|result|label|output|is classification|decision)"
    r"\W+(?:is\W+)?)?(?P<word>yes|no|true|false)\b(?P<both>\W{1,3}(?:or\W+)?(?:yes|no|true|false)\b)?"
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_STATEMENT = re.compile(r"(?P<before>.*?)\b(?P<non>non-?\s?)?classification\b(?P<after>[^,;]*)", re.DOTALL)
_NOT = re.compile(r"\b(?:not|isn't|doesn't|cannot|can't|no|never|rather than|instead of|nor|neither)\b")
_CONCLUSION = re.compile(
    r"\b(?:answer|classification|decision|result)(?: (?:is|would be|should be))?\W+(?P<word>yes|no)\b"
)
_CLOSING = re.compile(r"(?:\A|[.!?:,;\n]\W*)(?P<word>yes|no)\W*\Z")


def answer(text: str) -> bool | None:
    """What a reply answers by its first word, a JSON value, or a plain statement; None if it says neither or both."""
    value = json_value(text) if looks_like_json(text) else text
    for item in value.values() if isinstance(value, dict) else [value]:
        said = item if isinstance(item, bool) else _said(item) if isinstance(item, str) else None
        if said is not None:
            return said
    return None


def _said(text: str) -> bool | None:
    lower = text.replace("*", "").replace("_", " ").replace("\u2019", "'").strip(" \t\n\"'`#>-([{.:").lower()
    start, end = lower[:_STATED], lower[-_STATED:]
    if first := _ANSWER.match(start):
        both = first["both"] and first["word"] not in first["both"]
        return None if both else first["word"] in {"yes", "true"}
    if conclusion := _CONCLUSION.search(start) or _CONCLUSION.search(end) or _CLOSING.search(end):
        return conclusion["word"] == "yes"
    return next((stated for each in _SENTENCE.findall(start) if (stated := _stated(each)) is not None), None)


def _stated(sentence: str) -> bool | None:
    """Whether a sentence says that it is classification; None for a question, or if it is about something else."""
    match = _STATEMENT.match(sentence)
    if match is None or sentence.endswith("?"):
        return None
    return not (match["non"] or _NOT.search(match["before"]) or _NOT.search(match["after"]))
