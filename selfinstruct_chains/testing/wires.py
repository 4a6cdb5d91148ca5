"""The HTTP protocols that `testing_server` speaks: how a prompt is read from a request, and how a reply is written.

Only what LangChain's clients send and read, without streaming.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.testing.author import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Body = dict[str, Any]

BROKEN = ("hang", "reset", "cut", "cut_json", "html", "blank", "null", "no_choices", "not_utf8", "error_200")
"""Faults besides the HTTP statuses ("429"): no answer at all, the connection reset before or cut within the response,
and envelopes with status 200 that hold half a JSON, HTML, nothing, nulls, no choices, bytes that are no UTF-8, or an
error."""
POOR = ("empty", "noise", "truncated", "huge", "wrong_shape")
"""Replies that came, and are no good: nothing, gibberish, cut by the token limit, a megabyte, JSON of another shape."""

CUT_RESPONSE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"id": "scr'


class Wire(NamedTuple):
    """One protocol."""

    prompts: Callable[[Body], list[str]]
    """The prompts of a request; a chat's messages as one string, as LangChain writes them."""
    seed: Callable[[Body], int | None]
    reply: Callable[[Sequence[Reply], Body], Body]
    """The response to a request, from a reply for each of its prompts."""
    error: Callable[[int, str], Body]
    """What stands in the response of a failed request."""


def wire(path: str) -> Wire | None:
    """The protocol of a request's path, whatever stands before it; None: there is no such endpoint."""
    if path.endswith("generateContent"):
        return _GOOGLE
    return next((found for ending, found in _WIRES.items() if path.endswith(ending)), None)


def _chat_prompts(body: Body) -> list[str]:
    roles = {"system": "System", "developer": "System", "user": "Human", "assistant": "AI"}
    return ["\n".join(f"{roles.get(m['role'], m['role'])}: {_plain(m['content'])}" for m in body["messages"])]


def _plain(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)


def _completion_prompts(body: Body) -> list[str]:
    prompt = body["prompt"]
    return list(prompt) if isinstance(prompt, list) else [prompt]


def _openai_error(status: int, message: str) -> Body:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": str(status)}}


def _openai_usage(replies: Sequence[Reply]) -> Body:
    read, wrote = sum(r.input_tokens for r in replies), sum(r.output_tokens for r in replies)
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def _chat_reply(replies: Sequence[Reply], body: Body) -> Body:
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": reply.text},
            "finish_reason": reply.finish_reason,
            "logprobs": {"content": [_content_logprobs(reply.text)]} if body.get("logprobs") else None,
        }
        for index, reply in enumerate(replies)
    ]
    return _openai_envelope("chat.completion", body, choices, replies)


def _completion_reply(replies: Sequence[Reply], body: Body) -> Body:
    choices = [
        {
            "index": index,
            "text": reply.text,
            "finish_reason": reply.finish_reason,
            "logprobs": {"tokens": [], "top_logprobs": [_first_token(reply.text)]} if body.get("logprobs") else None,
        }
        for index, reply in enumerate(replies)
    ]
    return _openai_envelope("text_completion", body, choices, replies)


def _openai_envelope(kind: str, body: Body, choices: list[Body], replies: Sequence[Reply]) -> Body:
    return {
        "id": "scripted",
        "object": kind,
        "created": 0,
        "model": body.get("model", ""),
        "choices": choices,
        "usage": _openai_usage(replies),
    }


def _first_token(text: str) -> dict[str, float]:
    """Nine tenths for the reply's first word, the rest for yes or no, whichever it isn't."""
    word = text[: len(text) - len(text.lstrip())] + (text.split() or [""])[0]
    other = " No" if "yes" in word.lower() else " Yes"
    return {word: math.log(0.9), other: math.log(0.1)}


def _content_logprobs(text: str) -> Body:
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in _first_token(text).items()]
    return {**top[0], "top_logprobs": top}


def _anthropic_prompts(body: Body) -> list[str]:
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    return _chat_prompts({"messages": [*system, *body["messages"]]})


def _anthropic_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    return {
        "id": "scripted",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", ""),
        "content": [{"type": "text", "text": reply.text}],
        "stop_reason": {"stop": "end_turn", "length": "max_tokens"}.get(reply.finish_reason, reply.finish_reason),
        "stop_sequence": None,
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
    }


def _anthropic_error(status: int, message: str) -> Body:
    return {"type": "error", "error": {"type": f"error_{status}", "message": message}}


def _google_prompts(body: Body) -> list[str]:
    system = [{"role": "system", "content": body["systemInstruction"]["parts"]}] if "systemInstruction" in body else []
    return _chat_prompts({"messages": system + [{**m, "content": m["parts"]} for m in body["contents"]]})


def _google_reply(replies: Sequence[Reply], body: Body) -> Body:  # noqa: ARG001 - one signature for all
    [reply] = replies
    finish = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}.get(reply.finish_reason, "STOP")
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": reply.text}]}, "finishReason": finish}],
        "usageMetadata": {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "totalTokenCount": reply.input_tokens + reply.output_tokens,
        },
        "modelVersion": "scripted",
    }


def _google_error(status: int, message: str) -> Body:
    return {"error": {"code": status, "message": message, "status": "UNAVAILABLE"}}


def _ollama_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    text = {"message": {"role": "assistant", "content": reply.text}} if "messages" in body else {"response": reply.text}
    return {
        "model": body.get("model", ""),
        "created_at": "2026-01-01T00:00:00Z",
        **text,
        "done": True,
        "done_reason": reply.finish_reason,
        "prompt_eval_count": reply.input_tokens,
        "eval_count": reply.output_tokens,
    }


def _ollama_error(status: int, message: str) -> Body:  # noqa: ARG001 - one signature for all
    return {"error": message}


def _seed(body: Body) -> int | None:
    return body.get("seed")


def _generation_seed(body: Body) -> int | None:
    seed: int | None = body.get("generationConfig", {}).get("seed")
    return seed


def _options_seed(body: Body) -> int | None:
    seed: int | None = (body.get("options") or {}).get("seed")
    return seed


_GOOGLE = Wire(_google_prompts, _generation_seed, _google_reply, _google_error)
_WIRES = {
    "/chat/completions": Wire(_chat_prompts, _seed, _chat_reply, _openai_error),
    "/completions": Wire(_completion_prompts, _seed, _completion_reply, _openai_error),
    "/messages": Wire(_anthropic_prompts, _seed, _anthropic_reply, _anthropic_error),
    "/api/chat": Wire(_chat_prompts, _options_seed, _ollama_reply, _ollama_error),
    "/api/generate": Wire(_completion_prompts, _options_seed, _ollama_reply, _ollama_error),
}


_REPLIES = ("choices", "content", "candidates", "message", "response")  # where they stand, in any protocol


def broken(fault: str, protocol: Wire, body: Body, prompts: int) -> bytes:
    """What stands in a response with status 200 that is no reply."""
    good = protocol.reply([Reply("Yes")] * prompts, body)
    bodies = {
        "html": b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        "blank": b"",
        "null": json.dumps({**good, **dict.fromkeys(_REPLIES)}).encode(),
        "no_choices": json.dumps({**good, **dict.fromkeys(_REPLIES, ())}).encode(),
        "not_utf8": json.dumps(good).encode().replace(b"Yes", b"\xff\xfe\x80"),
        "error_200": json.dumps(protocol.error(502, "upstream gave no reply")).encode(),
        "cut_json": json.dumps(good).encode()[:40],
    }
    if fault not in bodies:
        raise ValueError(f"no fault {fault!r}; there are statuses, {', '.join(BROKEN)}")
    return bodies[fault]


def worse(reply: Reply, how: str) -> Reply:
    """The reply as it would be if it were poor in the way `how`."""
    match how:
        case "empty":
            return reply._replace(text="")
        case "noise":
            return reply._replace(text="��# ]] }{ \x00 lorem" * 3)
        case "truncated":
            return reply._replace(text=reply.text[: len(reply.text) // 2], finish_reason="length")
        case "huge":
            return reply._replace(text=(reply.text + "\n") * (1 + 2**20 // (len(reply.text) + 1)))
        case "wrong_shape":
            return reply._replace(text='{"tasks": {"a": [1, 2, {"b": null}]}}')
        case _:
            raise ValueError(f"no poor reply {how!r}; there are {', '.join(POOR)}")
