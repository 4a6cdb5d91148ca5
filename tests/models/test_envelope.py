"""The door: what a real client makes of a real response becomes typed and bounded values, before the journal."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.prompt_values import StringPromptValue
from langchain_openai import ChatOpenAI

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models import envelope
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.models.replying import from_chat
from selfinstruct_chains.run.entry import Entry
from tests.models.raw_server import RawServer

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),  # openai's, of what it was sent
]
PROMPT = StringPromptValue(text="Say hello.")
USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
COUNTED = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
HI = {"role": "assistant", "content": "Hi"}


def chat(message: Any = HI, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """A response by OpenAI's chat protocol."""
    choice = {"index": 0, "finish_reason": finish, "message": message}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": USAGE,
    } | more


def completion(finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """A response by OpenAI's completion protocol."""
    choice = {"index": 0, "finish_reason": finish, "text": "Hi", "logprobs": None}
    return {
        "id": "x",
        "object": "text_completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": USAGE,
    } | more


async def answered(body: Any, provider: str = "openai", kind: Any = "chat", **values: Any) -> AIMessage:
    """What a configured model makes of a response."""
    with RawServer(body) as server:
        return await asked(server, provider, kind, **values)


async def asked(server: RawServer, provider: str = "openai", kind: Any = "chat", **values: Any) -> AIMessage:
    """What a configured model makes of a server's response."""
    address = server.base_url if provider == "openai" else server.url
    config = ModelConfig(provider=provider, kind=kind, name="m", base_url=address, timeout=20, **values)
    model = ConfiguredModel(config)
    try:
        return await model.ainvoke(PROMPT)
    finally:
        await model.aclose()


def journalled(message: AIMessage) -> AIMessage:
    """The reply after the journal has had it."""
    return Entry.of_line(Entry.of_message("instructions/000000/1", "0", message, 1).line()).message()


@pytest.mark.parametrize("envelope", [chat, completion])
@pytest.mark.parametrize("model", [12, 1.5, True, None, {"a": 1}, ["m"], "", "m\ud800", "m\x1b[31m", "m" * 10_000])
async def test_a_model_that_is_no_name(envelope: Callable[..., Any], model: Any) -> None:
    """A model's name that is no short printable text is unknown, and the journal's line with it can be read again."""
    reply = await answered(envelope(model=model), kind="chat" if envelope is chat else "completion")

    assert reply.content == "Hi"
    assert reply.response_metadata["model_name"] in {None, "m"}  # LangChain may put in what was asked for
    assert journalled(reply).content == "Hi"


@pytest.mark.parametrize("envelope", [chat, completion])
@pytest.mark.parametrize(
    ("read", "counted"),
    [
        (math.nan, None),
        (math.inf, None),
        ("many", None),
        (10**4000, None),
        (-5, None),
        (12.5, None),
        ([5], None),
        (12.0, 12),
        (10**9, 10**9),
        (10**9 + 1, None),
    ],
)
async def test_counts_of_tokens(envelope: Callable[..., Any], read: Any, counted: int | None) -> None:
    """Tokens are whole numbers from 0 to a billion, or unknown; the reply itself is taken all the same."""
    usage = {"prompt_tokens": read, "completion_tokens": 3, "total_tokens": 0}
    reply = await answered(envelope(usage=usage), kind="chat" if envelope is chat else "completion")

    assert reply.content == "Hi"
    assert (reply.usage_metadata and reply.usage_metadata["input_tokens"]) == counted
    assert journalled(reply).usage_metadata == reply.usage_metadata


@pytest.mark.parametrize("value", [True, False, "5", None, b"5", -1, 10**4000, 1e300, math.nan])
def test_what_is_no_count(value: Any) -> None:
    """A bool, a text, a number out of range are no counts, whatever class of LangChain's let them through."""
    assert envelope.count(value) is None


@pytest.mark.parametrize(
    ("message", "finish", "found"),
    [
        ({"role": "assistant", "content": None}, "stop", ("", "stop")),
        ({"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}, "stop", ("Hi", "stop")),
        ({"role": "assistant", "content": "a\ud800b"}, "stop", ("a\ufffdb", "stop")),
        ({"role": "assistant", "content": None, "refusal": "I can't help with that."}, "stop", ("", "refusal")),
        (HI, None, ("Hi", "unknown")),
        (HI, {"a": 1}, ("Hi", "unknown")),
        (HI, "CONTENT_FILTER", ("Hi", "content_filter")),
        (HI, "insufficient_system_resource", ("Hi", "insufficient_system_resource")),
    ],
)
async def test_what_a_message_may_hold(message: Any, finish: Any, found: tuple[str, str]) -> None:
    """No content, blocks, half characters, a refusal and odd reasons each become a text and one word."""
    reply = await answered(chat(message, finish))

    assert (reply.content, reply.response_metadata["finish_reason"]) == found


@pytest.mark.parametrize("arguments", ['{"tasks": ["Write a poem."]}', '{"tasks": ["Write a po'])
async def test_arguments_of_a_tool_are_what_was_said(arguments: str) -> None:
    """A reply that calls one tool and says nothing else says the tool's arguments, whole or cut."""
    call = {"id": "a", "type": "function", "function": {"name": "reply", "arguments": arguments}}
    reply = await answered(chat({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"))

    assert (reply.content, reply.response_metadata["finish_reason"]) == (arguments, "tool_calls")


@pytest.mark.parametrize(
    "body",
    [
        {key: value for key, value in chat().items() if key != "choices"},
        chat(choices=[]),
        chat(usage=[1]),
        chat({"role": "assistant", "content": 5}),
        chat({"role": "assistant", "content": [{"type": "text", "text": 5}, 7]}),
    ],
)
async def test_what_langchain_refuses_is_no_bug_of_ours(body: Any) -> None:
    """An envelope that LangChain itself can't take is raised by it, below a model call, and never half a reply."""
    from selfinstruct_chains.models.faults import fault_of

    with pytest.raises(Exception) as raised:  # noqa: PT011 - whichever LangChain has for it
        await answered(body)

    assert fault_of(raised.value, "m").text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("logprobs", "found"),
    [
        ([{"token": "Yes", "logprob": -0.1}], {"Yes": -0.1}),
        ([{"token": "Yes", "logprob": math.nan}, {"token": "No", "logprob": -1}], {"No": -1}),
        ([{"token": "Yes", "logprob": "-0.1"}, {"token": 5, "logprob": -1}, 7, None], {}),
        ([{"token": "Yes", "logprob": -math.inf}, {"token": "No", "logprob": -(10**400)}], {}),
        ([{"token": "\ud800", "logprob": -1}], {"\ufffd": -1}),
        ([{"token": "x" * 1000, "logprob": -1}], {}),
        ("none", {}),
        ({}, {}),
    ],
)
def test_log_probabilities_are_numbers(logprobs: Any, found: dict[str, float]) -> None:
    """Candidates are texts with finite numbers, in each shape; all else is left out."""
    first = logprobs[0] if isinstance(logprobs, list) else logprobs

    assert envelope.first_token({"content": [{"token": "Yes", "top_logprobs": logprobs}]}) == (
        found if isinstance(logprobs, list) and len(logprobs) else {}
    )
    assert envelope.first_token({"top_logprobs": first if first == "none" else [first]}) is not None


@pytest.mark.parametrize(
    ("body", "reason"),
    [(chat(finish=None), "unknown"), (completion(finish=None), "unknown")],
    ids=["chat", "completion"],
)
async def test_a_provider_that_does_not_say_why(body: Any, reason: str) -> None:
    """From a configured provider a reply without a reason is cut."""
    reply = await answered(body, kind="chat" if body["object"].startswith("chat") else "completion")

    assert reply.response_metadata["finish_reason"] == reason


async def test_a_model_of_ones_own_that_never_says_why() -> None:
    """A model of the user's own whose class has no place for a reason is believed to be whole; one that has, is not."""
    from langchain_core.language_models import FakeListChatModel

    fake = await own_model(FakeListChatModel(responses=["Hi"])).ainvoke(PROMPT)
    with RawServer(chat(finish=None)) as server:
        mine = ChatOpenAI(model="m", base_url=server.base_url, api_key="none", max_retries=0)
        real = await own_model(mine).ainvoke(PROMPT)

    assert fake.response_metadata["finish_reason"] is None
    assert real.response_metadata["finish_reason"] == "unknown"


def test_a_broken_envelope_of_an_older_version(tmp_path: Any) -> None:
    """A line with a bad value that an older version let in is named as damaged, and nothing is guessed of it."""
    line = {"v": 1, "key": "instructions/000000/1", "prompt_sha256": "0", "reply": "Hi", "finish_reason": "stop"}
    for bad in (
        {"model": 12},
        {"model": {"a": 1}},
        {"usage": {"input_tokens": math.nan}},
        {"usage": {"input_tokens": -5}},
    ):
        with pytest.raises(ValueError, match=r"model|input_tokens"):
            Entry.of_line((json.dumps(line | {"usage": None, "model": None, "ms": 1} | bad) + "\n").encode())


def test_a_message_that_is_shaped_stays_as_it_is() -> None:
    """What went through the door once goes through it again unchanged."""
    usage: Any = {**COUNTED, "input_token_details": {"cache_read": 2, "cache_creation": 1}}
    once = from_chat(AIMessage("Hi", usage_metadata=usage, response_metadata={"stop_reason": "end_turn"}))

    assert from_chat(once).usage_metadata == once.usage_metadata == usage
    assert from_chat(once).response_metadata == once.response_metadata
