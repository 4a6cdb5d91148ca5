"""The door, value by value: what each count, name, candidate and text becomes, without a client."""

from __future__ import annotations

import math
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains.models import envelope

CALL: Any = {"name": "reply", "args": {"a": "\u00fc"}, "id": "1"}
CUT: Any = {"name": "reply", "args": '{"a": "b', "id": "1", "error": "cut"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (AIMessage("Hi"), "Hi"),
        (AIMessage("Hi", tool_calls=[CALL]), "Hi"),
        (AIMessage("", tool_calls=[CALL]), '{"a": "\u00fc"}'),
        (AIMessage("", invalid_tool_calls=[CUT]), '{"a": "b'),
        (AIMessage("", tool_calls=[CALL, CALL]), ""),
        (AIMessage("", tool_calls=[CALL], invalid_tool_calls=[CUT]), ""),
        (AIMessage(""), ""),
    ],
)
def test_what_was_said(message: AIMessage, text: str) -> None:
    """The text; where there is none, the arguments of the one tool that is called."""
    assert envelope.spoken(message) == text


@pytest.mark.parametrize(
    ("value", "counted"), [(0, 0), (7, 7), (12.0, 12), (10**9, 10**9), (10**9 + 1, None), (-1, None), (0.5, None)]
)
def test_counts(value: Any, counted: int | None) -> None:
    """Whole numbers from 0 to a billion."""
    assert envelope.count(value) == counted


@pytest.mark.parametrize(("length", "is_name"), [(1, True), (200, True), (201, False)])
def test_names(length: int, is_name: bool) -> None:
    """Up to 200 characters."""
    assert envelope.model_name("m" * length) == ("m" * length if is_name else None)


def counted(read: int, wrote: int, cached: int = 0, written: int = 0, thought: int = 0) -> dict[str, Any]:
    """LangChain's form of such numbers: details of what there is alone."""
    inside = {"cache_read": cached, "cache_creation": written}
    found: dict[str, Any] = {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}
    if cached or written:
        found["input_token_details"] = {kind: number for kind, number in inside.items() if number}
    return found | ({"output_token_details": {"reasoning": thought}} if thought else {})


def given(wrote: Any = 3, total: Any = None, **details: Any) -> dict[str, Any]:
    """Five tokens of a prompt and some of a reply, with details of the prompt's."""
    return {"input_tokens": 5, "output_tokens": wrote, "total_tokens": total, "input_token_details": details}


@pytest.mark.parametrize(
    ("usage", "raw", "known"),
    [
        (None, None, None),
        ([1], None, None),
        ({"input_tokens": 0, "output_tokens": 3}, None, None),
        ({"output_tokens": 3}, None, None),
        ({"input_tokens": 5}, None, None),
        (given(0), None, counted(5, 0)),
        (given(), None, counted(5, 3)),
        (given(total=6), None, counted(5, 3)),
        (given(total=8), None, counted(5, 3)),
        (given(total=12), None, counted(5, 7)),
        (given(cache_read=2, cache_creation=1), None, counted(5, 3, 2, 1)),
        (given(cache_read=9, cache_creation=1), None, counted(5, 3, 5)),
        (given(cache_read=2, cache_creation=9), None, counted(5, 3, 2, 3)),
        (given(cache_creation=4), None, counted(5, 3, 0, 4)),
        (given(ephemeral_5m_input_tokens=2, ephemeral_1h_input_tokens=1), None, counted(5, 3, 0, 3)),
        (given(flex_cache_read=2, priority_cache_read=1), None, counted(5, 3, 3)),
        (given(cache_read="many", cache_creation=None, audio=4), None, counted(5, 3)),
        (given(), {"prompt_cache_hit_tokens": 4}, counted(5, 3, 4)),
        (given(), {"prompt_cache_hit_tokens": 0, "cached_tokens": 3}, counted(5, 3, 3)),
        (given(), {"cached_tokens": "many"}, counted(5, 3)),
        (given(cache_read=2), {"cached_tokens": 4}, counted(5, 3, 2)),
        (given() | {"output_token_details": {"reasoning": 2}}, None, counted(5, 3, thought=2)),
        (given() | {"output_token_details": {"reasoning": 9, "audio": 1}}, None, counted(5, 3, thought=3)),
        (given(total=12) | {"output_token_details": {"flex_reasoning": 4}}, None, counted(5, 7, thought=4)),
    ],
)
def test_tokens(usage: Any, raw: Any, known: dict[str, Any] | None) -> None:
    """No detail is more than what it is a part of; a total beyond both is of the reply; nothing is made up."""
    assert envelope.tokens(usage, raw) == known


YES: dict[str, Any] = {"token": "Yes", "logprob": -0.5}
NO: dict[str, Any] = {"token": "No", "logprob": -1}


@pytest.mark.parametrize(
    ("logprobs", "found"),
    [
        (None, {}),
        ([], {}),
        ([YES, NO], {"Yes": -0.5}),
        ([YES | {"top_logprobs": [YES, NO]}, NO], {"Yes": -0.5, "No": -1}),
        ({"content": [YES | {"top_logprobs": []}, NO]}, {"Yes": -0.5}),
        ({"content": [NO | {"top_logprobs": [YES]}]}, {"Yes": -0.5}),
        ({"content": [], "top_logprobs": [{"Yes": -0.5, "No": -1}, {"Maybe": -2}]}, {"Yes": -0.5, "No": -1}),
        ({"content": [5], "top_logprobs": [{"Yes": -0.5}]}, {}),
        ({"top_logprobs": []}, {}),
        ({"top_logprobs": [{"x" * 200: -(10**9), "x" * 201: -1}]}, {"x" * 200: -(10**9)}),
        ({"top_logprobs": [{"a": -(10**9) - 1, "b": True, "c": math.inf, "d": math.nan, "e": 0}]}, {"e": 0}),
        ({"top_logprobs": [{f"{number}": 0 for number in range(150)}]}, {f"{number}": 0 for number in range(100)}),
    ],
)
def test_candidates_for_the_first_token(logprobs: Any, found: dict[str, float]) -> None:
    """Of the first token alone, in the shapes of chat, of Ollama and of completions; a hundred at most."""
    assert envelope.first_token(logprobs) == found
