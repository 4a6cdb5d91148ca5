"""One shape of reply, whatever the provider says and however it says it."""

import json

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import Generation, LLMResult
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.errors import ConfigError, ItemRefused
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.replying import from_chat, from_completion
from selfinstruct_chains.testing import Reply

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
PROMPT = StringPromptValue(text="Say hello.")
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 3}},
    "required": ["a"],
    "additionalProperties": False,
}


def _completion(text: str = "Hi", output: dict | None = None, **info) -> LLMResult:
    return LLMResult(generations=[[Generation(text=text, generation_info=info)]], llm_output=output)


async def test_one_shape(server, model_at, provider, kind):
    """Text, reason, tokens and model come from every client in the same place."""
    model = model_at(server, provider, kind)
    reply = await model.ainvoke(PROMPT)
    server.answer = lambda prompt, seed: Reply("Cut", finish_reason="length")
    cut = await model.ainvoke(PROMPT)
    await model.aclose()

    assert (reply.content, reply.response_metadata["finish_reason"]) == ("Hello", "stop")
    assert reply.usage_metadata == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    assert reply.response_metadata["model_name"] in {"m", "scripted"}
    assert (cut.content, cut.response_metadata["finish_reason"]) == ("Cut", "length")


async def test_options_of_a_call(server, model_at, provider, kind):
    """Limit, seed and stop strings reach every provider under its own names, and leave the model's parameters alone."""
    model = model_at(server, provider, kind, temperature=0.3, max_tokens=100)
    await model.ainvoke(PROMPT, seed=7, max_tokens=200, stop=["\n", "\n9."])
    await model.aclose()

    sent = json.dumps(server.asked[-1].body)
    assert '"temperature": 0.3' in sent
    assert ": 200" in sent
    assert ": 100" not in sent
    assert ('"seed": 7' in sent) == (provider != "anthropic")
    assert ('"\\n"' in sent) == (provider != "anthropic")  # it refuses stop strings of blanks alone
    assert '"\\n9."' in sent


@pytest.mark.parametrize("send", [True, False])
async def test_seed_by_config(server, model_at, send):
    """`send_seed` says whether a seed goes along, whatever the client could do."""
    model = model_at(server, send_seed=send)
    await model.ainvoke(PROMPT, seed=7)
    await model.aclose()

    assert ("seed" in server.asked[-1].body) == send


@pytest.mark.parametrize(
    ("client", "where"),
    [
        (("openai", "chat"), lambda body: body["response_format"]["json_schema"]["schema"]),
        (("vllm", "chat"), lambda body: body["response_format"]["json_schema"]["schema"]),
        (("vllm", "completion"), lambda body: body["structured_outputs"]["json"]),
        (("llamacpp", "completion"), lambda body: body["json_schema"]),
        (("anthropic", "chat"), lambda body: body["output_config"]["format"]["schema"]),
        (("google_genai", "chat"), lambda body: body["generationConfig"]["responseJsonSchema"]),
        (("ollama", "chat"), lambda body: body["format"]),
        (("ollama", "completion"), lambda body: body["format"]),
    ],
)
async def test_json_schema(server, model_at, client, where):
    """A reply's schema stands where each provider looks for it, without the keywords that it refuses."""
    model = model_at(server, *client)
    await model.ainvoke(PROMPT, json_schema=SCHEMA)
    await model.aclose()

    items = where(server.asked[-1].body)["properties"]["a"]
    assert items["items"]["type"] == "string"
    assert ("maxLength" in items["items"]) == (client[0] in {"vllm", "llamacpp", "ollama"})
    assert ("maxItems" in items) == (client[0] != "anthropic")


async def test_extra_body_is_kept(server, model_at):
    """A call's schema goes beside the chain file's own `extra_body`, not in its place."""
    model = model_at(server, "vllm", "completion", extra={"extra_body": {"min_p": 0.1}})
    await model.ainvoke(PROMPT, json_schema=SCHEMA)
    await model.aclose()

    assert server.asked[-1].body["min_p"] == 0.1
    assert "structured_outputs" in server.asked[-1].body


@pytest.mark.parametrize("client", [("openai", "chat"), ("openai", "completion"), ("vllm", "completion")])
async def test_log_probabilities(server, model_at, client):
    """The first token's alternatives come from the chat shape and from the older completion shape."""
    server.answer = lambda prompt, seed: " Yes"
    model = model_at(server, *client)
    reply = await model.ainvoke(PROMPT, top_logprobs=20)
    await model.aclose()

    first = reply.response_metadata["first_token"]
    assert set(first) == {" Yes", " No"}
    assert first[" Yes"] > first[" No"]


@pytest.mark.parametrize("client", [("openai", "completion"), ("anthropic", "chat"), ("google_genai", "chat")])
async def test_not_to_be_had(server, model_at, client):
    """A model without log-probabilities or a JSON schema says so, and what to use instead."""
    model = model_at(server, *client)
    options = {"json_schema": SCHEMA} if client[0] == "openai" else {"top_logprobs": 5}
    with pytest.raises(ConfigError, match=r"is not to be had from .*; use (output|decide): text"):
        await model.ainvoke(PROMPT, **options)
    await model.aclose()


async def test_not_streamed_by_a_tracer(server, model_at):
    """Watching the events of a chain does not turn its calls into streams, which would lose the tokens used."""
    model = model_at(server)
    await model.connect()
    events = [event async for event in model.astream_events(PROMPT, version="v2")]
    await model.aclose()

    assert "stream" not in server.asked[-1].body or not server.asked[-1].body["stream"]
    assert events[-1]["data"]["output"].usage_metadata["total_tokens"] == 15


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"finish_reason": "stop"}, "stop"),
        ({"stop_reason": "end_turn"}, "stop"),
        ({"stop_reason": "stop_sequence"}, "stop"),
        ({"stop_reason": "max_tokens"}, "length"),
        ({"finish_reason": "MAX_TOKENS"}, "length"),
        ({"done_reason": "length"}, "length"),
        ({"finish_reason": "SAFETY"}, "safety"),
        ({"stop_reason": "refusal"}, "refusal"),
        ({"finish_reason": "tool_calls"}, "tool_calls"),
        ({"stop_reason": "tool_use"}, "tool_calls"),
        ({"stopReason": "end_turn"}, "stop"),
        ({"stopReason": "guardrail_intervened"}, "guardrail_intervened"),
        ({"finish_reason": "COMPLETE"}, "stop"),
        ({"finish_reason": "model_length"}, "length"),
        ({"finish_reason": "insufficient_system_resource"}, "insufficient_system_resource"),
        ({"completionReason": "FINISHED"}, "stop"),
        ({"status": "completed"}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"finish_reason": None}, "unknown"),
        ({"finish_reason": {"a": 1}}, "unknown"),
        ({"finish_reason": "x\ud800"}, "unknown"),
        ({"finish_reason": "x" * 1000}, "unknown"),
        ({}, None),
    ],
)
def test_finish_reasons(said, found):
    """Each provider's word for why a reply ended has one meaning; unknown ones stay as they are."""
    assert from_chat(AIMessage("Hi", response_metadata=said)).response_metadata["finish_reason"] == found
    assert from_completion(_completion(**said)).response_metadata["finish_reason"] == found


@pytest.mark.parametrize(
    "tokens",
    [None, {}, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, {"total_tokens": 9}],
)
def test_unknown_usage(tokens):
    """Tokens that nobody counted are unknown, not 0."""
    assert from_completion(_completion(output={"token_usage": tokens})).usage_metadata is None


def test_chat_usage_of_zeros():
    """Integrations that write 0 for unknown are found out: no prompt has no tokens."""
    zeros = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}

    assert from_chat(AIMessage("Hi", usage_metadata=zeros)).usage_metadata is None


def test_empty_reply_is_a_reply():
    """An empty text with a reason is what the model said."""
    assert from_chat(AIMessage("", response_metadata={"finish_reason": "stop"})).content == ""


@pytest.mark.parametrize("result", [_completion(""), LLMResult(generations=[[]])])
def test_nothing_at_all(result):
    """No text, no reason, no tokens: no reply."""
    with pytest.raises(NoReply):
        from_completion(result)
    with pytest.raises(NoReply):
        from_chat(AIMessage(""))


def test_blocked_prompt():
    """A prompt that Google did not let through concerns its item alone."""
    with pytest.raises(ItemRefused) as refused:
        from_chat(AIMessage("", response_metadata={"prompt_feedback": {"block_reason": "SAFETY"}}))

    assert refused.value.reason == "content_filter"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Yes"}], "Yes"),
        ([{"type": "reasoning", "summary": []}, {"type": "text", "text": "Yes"}], "Yes"),
    ],
)
def test_thinking_is_kept_out(content, text):
    """What a model thought on the way, in blocks of its own, is no part of its reply."""
    assert from_chat(AIMessage(content, response_metadata={"finish_reason": "stop"})).content == text


def test_half_characters():
    """Halves of characters, which no UTF-8 file can hold, become U+FFFD; whole ones written in halves are joined."""
    assert from_completion(_completion("a\ud83d b", finish_reason="stop")).content == "a\ufffd b"
    assert from_completion(_completion("\ud83d\ude00", finish_reason="stop")).content == "\U0001f600"


@pytest.mark.parametrize(
    "logprobs",
    [
        {"content": [{"token": " Yes", "logprob": -0.1, "top_logprobs": [{"token": " Yes", "logprob": -0.1}]}]},
        {"content": [{"token": " Yes", "logprob": -0.1, "top_logprobs": []}]},
        {"tokens": [" Yes"], "token_logprobs": [-0.1], "top_logprobs": [{" Yes": -0.1}]},
        [{"token": " Yes", "logprob": -0.1}],
    ],
)
def test_shapes_of_log_probabilities(logprobs):
    """OpenAI's chat shape, llama.cpp's for completions, the older one, and Ollama's."""
    found = from_completion(_completion(" Yes", finish_reason="stop", logprobs=logprobs))

    assert found.response_metadata["first_token"] == {" Yes": -0.1}


def test_no_log_probabilities():
    """An empty report of them is an empty dict, not an error."""
    found = from_completion(_completion("x", finish_reason="stop", logprobs={"content": [], "top_logprobs": [None]}))

    assert found.response_metadata["first_token"] == {}
