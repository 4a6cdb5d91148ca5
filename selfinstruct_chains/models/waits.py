"""How long a provider asks to be left alone: seconds, from headers, from the body, and from prose, in this order."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LONGEST = 366 * 86400.0  # seconds: what is longer is no wait that anybody meant
_NUMBER = re.compile(r"\d{1,16}(?:\.\d+)?", re.ASCII)
_UNIT = r"(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_DURATION = rf"(?:\d{{1,9}}(?:\.\d{{1,12}})?\s?{_UNIT}[\s,]*(?:and\s)?){{1,5}}"
_PARTS = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,12}})?)\s?({_UNIT})", re.IGNORECASE)
_PROSE = re.compile(
    rf"(?:\b(?:try again|retry(?:ing)?|resets?|available|wait(?:ing)?)(?: \w+)? (?:in|after|for)|\bwait) (?:about )?"
    rf"({_DURATION}(?![a-z\d]))",
    re.IGNORECASE,
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_IETF = re.compile(r"(?:^|;)\s*r=0\b.*?;\s*t=(\d{1,9})")
_EPOCH_MS = 1e11  # from where on an instant is in milliseconds


def wait_of(headers: Mapping[str, str], documents: Iterable[Any], words: str) -> float | None:
    """The seconds that an answer asks to wait; None when it names none that can be kept.

    Args:
        headers: by name in lower case.
        documents: the JSON of the body.
        words: what the body says to people.
    """
    for name, read in _HEADERS.items():
        if name in headers and (found := _kept(read(headers[name]))) is not None:
            return found
    for name, value in _named(list(documents), 0):
        if (found := _kept(_BODY[name](str(value)))) is not None:
            return found
    return min((found for text in _PROSE.findall(words) if (found := _kept(_duration(text))) is not None), default=None)


def _kept(seconds: float | None) -> float | None:
    return seconds if seconds is not None and math.isfinite(seconds) and 0 <= seconds <= _LONGEST else None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def _thousandths(text: str) -> float | None:
    number = _number(text)
    return None if number is None else number / 1000


def _seconds_or_date(text: str) -> float | None:
    """Retry-After of RFC 9110, 10.2.3: seconds, or a date, which counts as now when it is over."""
    number = _number(text)
    if number is not None:
        return number
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, _until(when))


def _until(when: datetime) -> float:
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _duration(text: str) -> float | None:
    """Seconds of "7m12s", "644ms", "2 hours", "21599.96s"; a bare number counts as seconds."""
    parts = _PARTS.findall(text)
    if not parts:
        return _number(text)
    return sum(float(number) * _seconds_of(unit.lower()) for number, unit in parts)


def _seconds_of(unit: str) -> float:
    if unit in {"ms", "millisecond", "milliseconds"}:
        return _SECONDS["ms"]
    return _SECONDS[unit[0]]


def _reset(text: str) -> float | None:
    """Seconds, or until an instant: a number that is no wait, or a date. One in the past says nothing."""
    number = _number(text)
    if number is None:
        return _until_date(text) if not _PARTS.match(text) else _duration(text)
    if number <= _LONGEST:
        return number
    return (number / 1000 if number >= _EPOCH_MS else number) - datetime.now(UTC).timestamp()


def _until_date(text: str) -> float | None:
    try:
        return _until(datetime.fromisoformat(text.replace(" UTC", "Z")))
    except (ValueError, OverflowError):
        return None


def _ietf(text: str) -> float | None:
    """`"api";r=0;t=55` of the RateLimit header (draft-ietf-httpapi-ratelimit-headers): nothing remains, for 55 s."""
    found = _IETF.search(text)
    return float(found[1]) if found else None


def _named(value: Any, depth: int) -> Iterable[tuple[str, Any]]:
    """The fields of a body that name a wait, wherever they stand."""
    if depth > 8:  # noqa: PLR2004 - deeper than any provider's
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from _named(inner, depth + 1)
            elif str(key).lower() in _BODY and not isinstance(inner, bool | None):
                yield str(key).lower(), inner
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _named(inner, depth + 1)


_HEADERS: dict[str, Callable[[str], float | None]] = {
    "retry-after-ms": _thousandths,  # OpenAI, Azure, Anthropic
    "retry-after": _seconds_or_date,
    "ratelimit": _ietf,  # Hugging Face
    "ratelimitbysize-reset": _number,  # Mistral
    "x-ratelimit-reset": _reset,  # Together in seconds, others as an instant
    "reset_at": _reset,  # LiteLLM
}
_BODY: dict[str, Callable[[str], float | None]] = {
    "retrydelay": _duration,  # Google's RetryInfo
    "quotaresetdelay": _duration,  # Google Code Assist
    "retry_after_ms": _thousandths,
    "retry_after": _duration,
    "estimated_time": _number,  # Hugging Face, while a model loads
    "x-ratelimit-reset": _reset,  # OpenRouter's metadata.headers
    "reset_at": _reset,
    "resets_at": _reset,  # OpenRouter's budgets
}
"""Fields by name in lower case. `x-ratelimit-reset-requests` and the like come with every answer, and tell nothing."""
