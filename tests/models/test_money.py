"""What providers count and charge, from their real response bodies through LangChain's real classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ModelConfig, Price
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.models.registry import ConfiguredModel, describe
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.usage import Usage, dollars
from tests.models.raw_server import RawServer

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


def openai(usage: Mapping[str, Any], kind: str = "chat") -> dict[str, Any]:
    """A response of OpenAI's."""
    said = {"message": {"role": "assistant", "content": "Hi"}} if kind == "chat" else {"text": "Hi"}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, **said}
    return {"id": "x", "object": "x", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def anthropic(usage: Mapping[str, Any]) -> dict[str, Any]:
    """A response of Anthropic's."""
    content = [{"type": "text", "text": "Hi"}]
    named = {"id": "x", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**named, "content": content, "stop_reason": "end_turn", "usage": usage}


def gemini(usage: Mapping[str, Any]) -> dict[str, Any]:
    """A response of Gemini's."""
    content = {"role": "model", "parts": [{"text": "Hi"}]}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage, "modelVersion": "m"}


CACHED = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 192, "accepted_prediction_tokens": 0},
}
DEEPSEEK = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_cache_hit_tokens": 1920,
    "prompt_cache_miss_tokens": 86,
}
HIDDEN = {
    "prompt_tokens": 32,
    "completion_tokens": 9,
    "total_tokens": 135,
    "completion_tokens_details": {"reasoning_tokens": 94},
}
VLLM = {"prompt_tokens": 13, "total_tokens": 20, "completion_tokens": 7, "prompt_tokens_details": None}
CLAUDE = {
    "input_tokens": 50,
    "cache_read_input_tokens": 100_000,
    "cache_creation_input_tokens": 248,
    "output_tokens": 503,
}
CLAUDE_BY_AGE = CLAUDE | {
    "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
}
GEMINI = {
    "promptTokenCount": 2006,
    "cachedContentTokenCount": 1920,
    "candidatesTokenCount": 108,
    "thoughtsTokenCount": 192,
    "totalTokenCount": 2306,
}
OLLAMA = {
    "model": "m",
    "created_at": "2026-01-01T00:00:00Z",
    "message": {"role": "assistant", "content": "Hi"},
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 26,
    "eval_count": 290,
}

COUNTED = [
    ("openai", "chat", openai(CACHED), "gpt-4.1-mini", (2006, 300, 1920, 0, 192), 86 * 0.4 + 1920 * 0.1 + 300 * 1.6),
    (
        "openai",
        "completion",
        openai(CACHED, "text"),
        "gpt-4.1-mini",
        (2006, 300, 1920, 0, 192),
        86 * 0.4 + 1920 * 0.1 + 300 * 1.6,
    ),
    ("openai", "completion", openai(DEEPSEEK, "text"), "gpt-4.1-mini", (2006, 300, 1920, 0, 0), 706.4),
    ("vllm", "completion", openai(VLLM, "text"), "m", (13, 7, 0, 0, 0), 0),
    ("openai", "chat", openai(DEEPSEEK), "gpt-4.1-mini", (2006, 300, 1920, 0, 0), 706.4),
    ("openai", "chat", openai(HIDDEN), "gpt-4.1-mini", (32, 103, 0, 0, 94), 32 * 0.4 + 103 * 1.6),
    (
        "anthropic",
        "chat",
        anthropic(CLAUDE),
        "claude-sonnet-4-5",
        (100_298, 503, 100_000, 248, 0),
        50 * 3 + 100_000 * 0.3 + 248 * 3.75 + 503 * 15,
    ),
    (
        "anthropic",
        "chat",
        anthropic(CLAUDE_BY_AGE),
        "claude-sonnet-4-5",
        (100_298, 503, 100_000, 248, 0),
        50 * 3 + 100_000 * 0.3 + 248 * 3.75 + 503 * 15,
    ),
    (
        "google_genai",
        "chat",
        gemini(GEMINI),
        "gemini-2.5-flash",
        (2006, 300, 1920, 0, 192),
        86 * 0.3 + 1920 * 0.03 + 300 * 2.5,
    ),
    ("ollama", "chat", OLLAMA, "qwen3", (26, 290, 0, 0, 0), 0),
]


@pytest.mark.parametrize(("provider", "form", "body", "name", "counted", "millionths"), COUNTED)
async def test_what_a_reply_costs(  # noqa: PLR0913, PLR0917 - a row of the table
    provider: str, form: Any, body: Any, name: str, counted: tuple[int, ...], millionths: float
) -> None:
    """Cached, cache-write and thinking tokens reach the journal and the cost, by each provider's own way to count."""
    with RawServer(body) as server:
        address = server.base_url if provider in {"openai", "vllm"} else server.url
        config = ModelConfig(provider=provider, kind=form, name="m", base_url=address, timeout=20)
        model = ConfiguredModel(config.model_copy())
        reply = await model.ainvoke(StringPromptValue(text="Hi"))
        await model.aclose()
    line = Entry.of_message("instructions/000000/1", "0", reply, 1).line()
    spent: dict[Any, Usage] = {}
    Entry.of_line(line).spend(spent)
    [usage] = spent.values()
    found = (usage.input_tokens, usage.output_tokens)
    found += (usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens)

    assert found == counted
    assert Entry.of_line(line).message().usage_metadata == reply.usage_metadata
    listed = price(ModelConfig(provider=provider, kind=form, name=name))
    assert dollars(spent, {"instructions": listed}) == pytest.approx(millionths / 1e6)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "none")


@pytest.mark.parametrize(
    ("stated", "millionths"),
    [
        ({"input": 10, "output": 100}, 20 * 10 + 5 * 100),
        ({"input": 10, "output": 100, "cached_input": 1}, 12 * 10 + 8 * 1 + 5 * 100),
        ({"input": 10, "output": 100, "cached_input": 0, "cache_write": 20}, 9 * 10 + 3 * 20 + 5 * 100),
    ],
)
def test_a_stated_price(stated: dict[str, float], millionths: float) -> None:
    """What the chain file does not say of cached and written tokens costs as much as all input."""
    usage = Usage(1, 20, 5, cache_read_tokens=8, cache_write_tokens=3)

    assert usage.dollars(Price.model_validate(stated)) == pytest.approx(millionths / 1e6)


@pytest.mark.parametrize(
    ("address", "dollars"),
    [
        ("http://127.0.0.1:8000/v1", 0),
        ("https://api.openai.com/v1", 0.4),
        ("https://openrouter.ai/api/v1", None),
        ("https://gateway.example/v1", None),
        ("", 0.4),
    ],
)
@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_an_address_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, address: str, dollars: float | None
) -> None:
    """The address that OpenAI's client reads is shown, and priced as what it is; the chain file's wins over it."""
    monkeypatch.setenv(variable, address)
    config = ModelConfig(provider="openai", kind="chat", name="gpt-4.1-mini")
    found = price(config)

    assert (found.input if found else None) == (dollars if dollars is None else pytest.approx(dollars))
    assert address in describe(config)
    assert "http://127.0.0.1:1/v1" in describe(config.model_copy(update={"base_url": "http://127.0.0.1:1/v1"}))


def test_lines_of_older_versions_have_no_parts() -> None:
    """A journal's line without cached or thinking tokens is read as before, and one with a bad count is damaged."""
    old = b'{"v": 1, "key": "instructions/000000/1", "prompt_sha256": "0", "reply": "Hi", "finish_reason": "stop", '
    counted = b'"usage": {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8%s}, "model": null, "ms": 1}\n'
    message = Entry.of_line(old + counted % b"").message()

    assert message.usage_metadata == {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
    with pytest.raises(ValueError, match="cache_read_tokens"):
        Entry.of_line(old + counted % b', "cache_read_tokens": -1')
