"""How models refuse, and what they leave where a text should stand; English."""

from __future__ import annotations

import re
from functools import lru_cache

_MODEL = r"an? (?:(?:large )?language model|ai(?: language)?(?: model| assistant| chatbot)?)\b"
_CANNOT = (
    "i(?: |'m |'d )?(?:cannot|can't|can not|couldn't|could not|(?:am )?(?:not able|unable) to|won't be able to|won't"
    "|will not)"
)
# Letters decline and apologise too ("I am unable to attend", "I'm sorry to hear"): only what models decline counts.
_DO = (
    "(?:directly |actually |currently |physically )*(?:assist|help (?:you )?with (?:that|this)|fulfil|comply|provide"
    "|answer|process|access|generate|complete (?:this|the|your)|see (?:the|any|an) (?:image|picture|video|file|input)"
    "|view|browse|open|display|create|engage|do that|perform|determine|produce|write|translate|respond|identify"
    r"|analy[sz]e|classify)\b"
)
_SORRY = r"(?:(?:i(?:'m| am) (?:so |very )?sorry|sorry|unfortunately|my apologies|i apologi[sz]e)[,.!:;]?\s+(?:but )?)?"
_REFUSAL = re.compile(
    f"{_SORRY}(?:{_CANNOT} {_DO}"
    f"|as {_MODEL}(?:,|[;]? (?:i|my)\\b)|i(?: am|'m) (?:just |only |merely )?{_MODEL}"
    "|i (?:do not|don't) have (?:the (?:ability|capability)|access to|enough (?:information|context)|real-time)"
    "|(?:there is )?no (?:input|text|image|sentence|passage) (?:was |is |has been )?(?:provided|given)"
    r"|(?:please|could you(?: please)?) provide (?:me with )?(?:the|an?|your|more)\b)"
)
_PLACEHOLDER = re.compile(
    r"[\[<({]+(?:your |the |insert |add |enter |some )*(?:\w+ ){0,3}(?:here|output|input|answer|text|response)[\]>)}]+"
    r"|(?:your |the |insert |expected )*(?:output|input|label|answer|response|text)(?:\.(?:json|txt))*"
    r"(?: goes)?(?: here)?[.:]?|\.{3,}|…|_{3,}|lorem ipsum.*"
)
_OPENING = 200  # characters in which a refusal shows


def refuses(text: str, phrases: tuple[str, ...] = ()) -> bool:
    """Whether a text begins as a model that refuses or talks of itself does, or with one of `phrases`."""
    opening = _folded(" ".join(text[: 2 * _OPENING].split()).lstrip("\"'*([ "))
    return bool(_REFUSAL.match(opening)) or opening.startswith(_all_folded(phrases))


def is_placeholder(text: str) -> bool:
    """Whether a text stands for one that is still to be written: "[your answer here]", "..."."""
    return len(text) <= _OPENING and bool(_PLACEHOLDER.fullmatch(text.strip().casefold()))


def _folded(text: str) -> str:
    return text.replace("\u2019", "'").casefold()


@lru_cache(maxsize=64)
def _all_folded(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_folded, phrases))
