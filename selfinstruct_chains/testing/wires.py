"""The HTTP protocols that `testing.server` speaks: how a prompt is read from a request, and how a reply is written.

OpenAI's chat and completion, and with them those of the many services that took them over; Anthropic's, also within
Bedrock's InvokeModel; Google's, Ollama's, Cohere's (v2), Bedrock's Converse, and Text Generation Inference's own.
Only what LangChain's clients send and read, without streaming.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selfinstruct_chains.testing.author import Reply

Body = dict[str, Any]


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
    return next((found for ending, found in _WIRES.items() if path.endswith(ending)), None)


def listing(path: str, models: Sequence[str]) -> Body | None:
    """The models, as a client asks for them at `path`, in all forms at once; None: it isn't asked for them."""
    if not path.endswith(("/models", "/api/tags")):
        return None
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "type": "model"} for name in models],
        "has_more": False,
        "models": [{"name": name, "model": name} for name in models],
    }


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
    counted = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
    cached = sum(r.cached_tokens for r in replies)
    return counted | ({"prompt_tokens_details": {"cached_tokens": cached}} if cached else {})


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
        "system_fingerprint": None,
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
        "usage": {
            "input_tokens": reply.input_tokens - reply.cached_tokens,
            "output_tokens": reply.output_tokens,
            "cache_read_input_tokens": reply.cached_tokens,
        },
    }


def _anthropic_error(status: int, message: str) -> Body:
    return {"type": "error", "error": {"type": f"error_{status}", "message": message}}


def _google_prompts(body: Body) -> list[str]:
    system = [{"role": "system", "content": body["systemInstruction"]["parts"]}] if "systemInstruction" in body else []
    return _chat_prompts({"messages": system + [{**m, "content": m["parts"]} for m in body["contents"]]})


def _google_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    finish = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}.get(reply.finish_reason, "STOP")
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": reply.text}]}, "finishReason": finish}],
        "usageMetadata": {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "cachedContentTokenCount": reply.cached_tokens,
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


def _text_error(status: int, message: str) -> Body:
    return {"error": message}


def _cohere_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    tokens = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
    return {
        "id": "scripted",
        "finish_reason": {"stop": "COMPLETE", "length": "MAX_TOKENS"}.get(reply.finish_reason, "ERROR"),
        "message": {"role": "assistant", "content": [{"type": "text", "text": reply.text}]},
        "usage": {"billed_units": tokens, "tokens": tokens, "cached_tokens": reply.cached_tokens},
    }


def _converse_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    ends = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": reply.text}]}},
        "stopReason": ends.get(reply.finish_reason, reply.finish_reason),
        "usage": {
            "inputTokens": reply.input_tokens - reply.cached_tokens,
            "cacheReadInputTokens": reply.cached_tokens,
            "outputTokens": reply.output_tokens,
            "totalTokens": reply.input_tokens + reply.output_tokens,
        },
        "metrics": {"latencyMs": 1},
    }


def _message_error(status: int, message: str) -> Body:
    return {"message": message}


def _text_prompts(body: Body) -> list[str]:
    return [body["inputs"]]


def _text_reply(replies: Sequence[Reply], body: Body) -> Body:
    [reply] = replies
    finish = {"stop": "eos_token"}.get(reply.finish_reason, reply.finish_reason)
    details = {"finish_reason": finish, "generated_tokens": reply.output_tokens, "prefill": [], "tokens": []}
    return {"generated_text": reply.text, "details": details}


def _seed(*where: str) -> Callable[[Body], int | None]:
    """What reads the seed, which stands under the keys `where`; Mistral's has a name of its own."""

    def read(body: Body) -> int | None:
        for key in where:
            body = body.get(key) or {}
        seed: int | None = body.get("seed", body.get("random_seed"))
        return seed

    return read


OPENAI = Wire(_chat_prompts, _seed(), _chat_reply, _openai_error)
_WIRES = {
    "/chat/completions": OPENAI,
    "/completions": Wire(_completion_prompts, _seed(), _completion_reply, _openai_error),
    "/messages": Wire(_anthropic_prompts, _seed(), _anthropic_reply, _anthropic_error),
    "generateContent": Wire(_google_prompts, _seed("generationConfig"), _google_reply, _google_error),
    "/api/chat": Wire(_chat_prompts, _seed("options"), _ollama_reply, _text_error),
    "/api/generate": Wire(_completion_prompts, _seed("options"), _ollama_reply, _text_error),
    "/v2/chat": Wire(_chat_prompts, _seed(), _cohere_reply, _message_error),
    "/converse": Wire(_anthropic_prompts, _seed(), _converse_reply, _message_error),
    "/invoke": Wire(_anthropic_prompts, _seed(), _anthropic_reply, _message_error),
    "/generate": Wire(_text_prompts, _seed("parameters"), _text_reply, _text_error),
}
"""By the end of the path; the first that fits."""
