"""What is read from what LangChain says of a reply, without a server: each key, and what is made of nothing."""

from typing import Any

import pytest
from langchain_core.language_models import LLM, FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult, Generation, LLMResult
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from selfinstruct_chains.errors import ItemRefused
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.replying import Replying, ask, from_chat, from_completion, shaped
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion
from selfinstruct_chains.testing.author import Reply

PROMPT = StringPromptValue(text="Say hello.")
STOP = {"finish_reason": "stop"}


class ChatPerplexity(ScriptedChat):
    """By its name, a class that keeps no word for why a reply ended."""

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello"))])

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return self._generate(messages)


class ChatAnybody(ChatPerplexity):
    """Any other."""


class Plain(LLM):
    """A completion model that gives bare text."""

    @property
    def _llm_type(self) -> str:
        return "plain"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        return f"after {prompt}"


def chat(reply: Any = "Hello") -> ScriptedChat:
    return ScriptedChat(reply=lambda prompt, seed: reply)


def completion() -> ScriptedCompletion:
    return ScriptedCompletion(reply=lambda prompt, seed: f"after {prompt}")


def result(text: str = "Hi", output: dict[str, Any] | None = None, **info: Any) -> LLMResult:
    return LLMResult(generations=[[Generation(text=text, generation_info=info or None)]], llm_output=output)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (chat(), "stop"),
        (ChatPerplexity(reply=lambda prompt, seed: ""), None),
        (ChatAnybody(reply=lambda prompt, seed: ""), "unknown"),
        (FakeListChatModel(responses=["Hello"]), None),
        (Plain(), None),
    ],
)
async def test_a_reply_without_a_word(model, reason):
    """It is cut, save from a class that keeps none."""
    assert Replying(model).invoke(PROMPT).response_metadata["finish_reason"] == reason
    assert (await Replying(model).ainvoke(PROMPT)).response_metadata["finish_reason"] == reason


def test_a_model_in_the_shape():
    """By default it is of its own family, under its own name."""
    assert [Replying(model).kind for model in (chat(), completion())] == ["chat", "completion"]
    assert [Replying(chat(), kind=kind).kind for kind in ("chat", "completion")] == ["chat", "completion"]
    assert Replying(chat()).get_name() == "ScriptedChat"
    assert Replying(chat()).get_name(name="mine") == "mine"


def test_the_longest_reply():
    """A text of so many characters is taken, one more is no reply; None is any number."""
    message = AIMessage("x" * 1000, response_metadata=STOP)

    assert shaped(message, longest=1000).content == shaped(message).content == "x" * 1000
    with pytest.raises(NoReply) as refused:
        shaped(message, longest=999)
    assert str(refused.value) == "a reply of more than 999 characters came (model.max_response_mib)"
    with pytest.raises(NoReply):
        Replying(chat("Hello"), longest=4).invoke(PROMPT)


def test_silence():
    """Only where a class is not silent is a missing word one that is missing."""
    reasons = [shaped(AIMessage("Hi"), silent=silent).response_metadata["finish_reason"] for silent in (True, False)]

    assert reasons == [None, "unknown"]
    assert shaped(AIMessage("Hi", response_metadata=STOP), silent=False).response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (AIMessage("", additional_kwargs={"refusal": "I can't."}, response_metadata=STOP), "refusal"),
        (AIMessage("Hi", additional_kwargs={"refusal": "I can't."}, response_metadata=STOP), "stop"),
        (AIMessage("", additional_kwargs={"refusal": None}, response_metadata=STOP), "stop"),
        (AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]), "tool_calls"),
        (AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}], response_metadata=STOP), "stop"),
        (AIMessage("Hi"), None),
        (AIMessage("Hi", response_metadata=STOP | {"prompt_feedback": {"safety_ratings": []}}), "stop"),
        (AIMessage("Hi", response_metadata=STOP | {"prompt_feedback": "none"}), "stop"),
    ],
)
def test_why_a_chat_ended(message, reason):
    """By the provider's word, else by what came."""
    assert from_chat(message).response_metadata["finish_reason"] == reason


def test_why_a_prompt_was_blocked():
    """What the provider says of it is quoted, up to a length."""
    feedback = {"block_reason": "SAFETY", "why": "x" * 1000}
    with pytest.raises(ItemRefused) as refused:
        from_chat(AIMessage("Hi", response_metadata={"prompt_feedback": feedback}))

    assert str(refused.value).startswith("the prompt was blocked: {'block_reason': 'SAFETY', 'why': 'xxx")
    assert len(str(refused.value)) == 300


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"model_name": "a", "model": "b", "model_id": "c"}, "a"),
        ({"model": "b", "model_id": "c"}, "b"),
        ({"model_id": "c"}, "c"),
        ({"model_name": 5, "model": "b"}, "b"),
        ({}, None),
    ],
)
def test_the_models_name(metadata, name):
    """As it is reported, under the first key that holds one."""
    assert from_chat(AIMessage("Hi", response_metadata=metadata)).response_metadata["model_name"] == name
    assert from_completion(result(output=metadata)).response_metadata["model_name"] == name
    assert from_completion(result(**metadata)).response_metadata["model_name"] == name


def test_a_completions_name():
    """What is said of the whole goes before what is said of its text."""
    found = from_completion(result(output={"model_name": "whole"}, model_name="text"))

    assert found.response_metadata == {"finish_reason": None, "model_name": "whole"}


def counted(read: int, wrote: int, **details: Any) -> dict[str, Any]:
    return {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote, **details}


OPENAI = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
CACHED = OPENAI | {"prompt_tokens_details": {"cached_tokens": 3}}
THOUGHT = OPENAI | {"completion_tokens_details": {"reasoning_tokens": 2}}


@pytest.mark.parametrize(
    ("output", "info", "usage"),
    [
        (None, {}, None),
        ({}, STOP, None),
        ({"token_usage": OPENAI}, {}, counted(9, 4)),
        ({"token_usage": CACHED}, {}, counted(9, 4, input_token_details={"cache_read": 3})),
        ({"token_usage": THOUGHT}, {}, counted(9, 4, output_token_details={"reasoning": 2})),
        ({"token_usage": OPENAI | {"prompt_tokens_details": None}}, {}, counted(9, 4)),
        ({"token_usage": OPENAI | {"total_tokens": 20}}, {}, counted(9, 11)),
        ({"token_usage": "many"}, {}, None),
        ({}, {"prompt_eval_count": 9, "eval_count": 4}, counted(9, 4)),
        ({"token_usage": OPENAI}, {"prompt_eval_count": 1, "eval_count": 1}, counted(9, 4)),
        ({"token_usage": OPENAI}, {"usage_metadata": counted(2, 1)}, counted(2, 1)),
        ({"token_usage": OPENAI}, {"usage_metadata": None}, None),
    ],
)
def test_a_completions_tokens(output, info, usage):
    """By LangChain's own count, else by OpenAI's words, else by Ollama's."""
    assert from_completion(result(output=output, **info)).usage_metadata == usage


def test_a_chats_tokens():
    """LangChain's count, and what the provider says of a cache."""
    metadata = STOP | {"token_usage": OPENAI | {"prompt_cache_hit_tokens": 5}}
    found = from_chat(AIMessage("Hi", usage_metadata=counted(9, 4), response_metadata=metadata))

    assert found.usage_metadata == counted(9, 4, input_token_details={"cache_read": 5})


@pytest.mark.parametrize(
    ("text", "info", "is_reply"),
    [
        ("Hi", {}, True),
        ("", {"finish_reason": "stop"}, True),
        ("", {"finish_reason": None}, False),
        ("", {}, False),
        ("", {"usage_metadata": counted(2, 1)}, True),
        ("", {"usage_metadata": counted(2, 1), "finish_reason": None}, True),
    ],
)
def test_what_is_nothing(text, info, is_reply):
    """No text, no word for why it ended, and no tokens; any of them is a reply."""
    if is_reply:
        assert from_completion(result(text, **info)).content == text
        return
    with pytest.raises(NoReply, match=r"^the response holds no reply$"):
        from_completion(result(text, **info))


def test_log_probabilities_of_both_families():
    """They are read where they came, and there is no key where none did."""
    logprobs = {"content": [{"token": "a", "logprob": -1.5}]}
    message = AIMessage("a", response_metadata=STOP | {"logprobs": logprobs})

    assert from_chat(message).response_metadata["first_token"] == {"a": -1.5}
    assert from_completion(result("a", logprobs=logprobs)).response_metadata["first_token"] == {"a": -1.5}
    assert "first_token" not in from_completion(result("a", logprobs=None, **STOP)).response_metadata


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (PROMPT, "after Say hello."),
        ("Say bye.", "after Say bye."),
        ([HumanMessage("Say hi.")], "after Human: Say hi."),
        (ChatPromptValue(messages=[HumanMessage("Say hi.")]), "after Human: Say hi."),
    ],
)
def test_what_a_completion_model_is_given(given, text):
    """Whatever LangChain's models take is its prompt."""
    said = ask(completion(), given, None, {})

    assert isinstance(said, LLMResult)
    assert said.generations[0][0].text == text


def test_options_and_traces():
    """A call's options reach the model under its own names, and the run its tags and its name."""
    seen: list[Any] = []

    class Keeping(ScriptedCompletion):
        def _generate(self, prompts: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> LLMResult:
            seen.append((stop, kwargs, run_manager.tags, run_manager.metadata["a"]))
            return super()._generate(prompts)

    model = Keeping(reply=lambda prompt, seed: Reply("Hello"))
    config = {"tags": ["mine"], "metadata": {"a": 1}, "run_name": "asked"}
    Replying(model, send_seed=False).invoke(PROMPT, config, seed=7, stop=["x"])
    Replying(model).invoke(PROMPT, config, seed=7)

    assert seen == [(["x"], {}, ["mine"], 1), (None, {"seed": 7}, ["mine"], 1)]
