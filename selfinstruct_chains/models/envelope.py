"""The door: what a provider says about a reply becomes values of a known type and range, or None.

LangChain hands on what stands in a response as it is, of any type and size. Nothing that comes from here can break a
journal, a count or a sum.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.characters import short_name, whole_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_core.messages.ai import UsageMetadata

_MOST_TOKENS = 10**9
"""More of them in one reply is no count."""
_LONGEST_NAME = 200  # characters; a model's may be the path of its file
_MOST_CANDIDATES = 100  # for a first token
_LONGEST_TOKEN = 200  # characters
_CACHE_HITS = ("prompt_cache_hit_tokens", "cached_tokens")
"""What DeepSeek and Moonshot call cached tokens, outside the details in which LangChain's class for OpenAI looks."""


def spoken(message: Any) -> str:
    """A message's text, in whole characters; where it has none, the arguments of the one tool that it calls.

    A call that was cut keeps its arguments as they were written, and all others are JSON.
    """
    text = str(message.text)
    calls = [*getattr(message, "tool_calls", ()), *getattr(message, "invalid_tool_calls", ())]
    if not text and len(calls) == 1:
        given = calls[0].get("args")
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return whole_characters(text)


def model_name(value: Any) -> str | None:
    """A model's name, if it is one: up to 200 printable characters."""
    return short_name(value, _LONGEST_NAME)


def count(value: Any) -> int | None:
    """A number of tokens from 0 to a billion; 12.0 is 12, as JSON has one kind of number; None for all else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def tokens(usage: Any, raw: Any = None) -> UsageMetadata | None:
    """The tokens of one reply; None when nobody counted them.

    No prompt has 0 tokens, so integrations that write 0 for unknown are found out. Tokens of the prompt include those
    read from a cache and written to one, as LangChain has it for all providers; tokens of the reply include hidden
    thinking: what a total has beyond both (Gemini by OpenAI's protocol, xAI) is paid for as such.

    Args:
        usage: in LangChain's form.
        raw: as the provider has it, where LangChain keeps that too.
    """
    given, more = _mapping(usage), _mapping(raw)
    read, wrote = count(given.get("input_tokens")), count(given.get("output_tokens"))
    if not read or wrote is None:
        return None
    wrote = max(wrote, (count(given.get("total_tokens")) or 0) - read)
    inside, outside = _mapping(given.get("input_token_details")), _mapping(given.get("output_token_details"))
    cached = _counted(inside, "cache_read") or next(filter(None, (count(more.get(name)) for name in _CACHE_HITS)), 0)
    written, thought = _counted(inside, "cache_creation", "ephemeral_"), _counted(outside, "reasoning")
    known: UsageMetadata = {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}
    cached = min(cached, read)
    details = {"cache_read": cached, "cache_creation": min(written, read - cached)}
    if any(details.values()):
        known["input_token_details"] = {kind: number for kind, number in details.items() if number}  # type: ignore[typeddict-item]
    if thought:
        known["output_token_details"] = {"reasoning": min(thought, wrote)}
    return known


def first_token(logprobs: Any) -> dict[str, float]:
    """Token -> log-probability for each candidate, from any shape; what is no text or no number is left out.

    The chat shape is a list of tokens, under "content" at OpenAI and llama.cpp (for completions too) and bare at
    Ollama; the older completion shape has a list of dicts under "top_logprobs".
    """
    listed = logprobs if isinstance(logprobs, list) else _mapping(logprobs).get("content")
    if isinstance(listed, list) and listed:
        first = _mapping(listed[0])
        candidates = first.get("top_logprobs") or [first]
        pairs = [(one.get("token"), one.get("logprob")) for one in map(_mapping, _list(candidates))]
    else:
        tops = _list(_mapping(logprobs).get("top_logprobs"))
        pairs = list(_mapping(tops[0]).items()) if tops else []
    return dict(_probable(pairs[:_MOST_CANDIDATES]))


def _probable(pairs: list[tuple[Any, Any]]) -> Iterator[tuple[str, float]]:
    for token, value in pairs:
        is_number = type(value) in {int, float} and abs(value) <= _MOST_TOKENS  # which neither nan nor inf is
        if isinstance(token, str) and len(token) <= _LONGEST_TOKEN and is_number:
            yield whole_characters(token), value


def _counted(details: Mapping[str, Any], *names: str) -> int:
    """All that was counted under keys that hold one of `names`: OpenAI's tiers put theirs before, as "flex_"."""
    return sum(count(value) or 0 for key, value in details.items() if any(name in str(key) for name in names))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
