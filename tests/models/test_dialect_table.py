"""What the table says of each family: how sure its best form is, how many alternatives it reports; and who is who."""

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_openai import AzureChatOpenAI, ChatOpenAI, OpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI

from selfinstruct_chains.models.dialect_table import CHATS, CLASSES, COMPLETION, COMPLETIONS, SERVER, Dialect
from selfinstruct_chains.models.dialects import at_openais, dialect, is_openais, takes
from selfinstruct_chains.testing import ScriptedChat

HERE = "http://127.0.0.1:9/v1"


def test_who_is_sure():
    """These hold all their models to the best form by a grammar, or say that all have it; of others it is asked."""
    assert {name for name, found in CHATS.items() if found.sure} == {
        *("llamacpp", "embedded", "vllm", "sglang", "lmstudio", "fireworks", "deepseek", "xai", "mistralai", "mistral"),
        "perplexity",
    }
    assert {name for name, found in CLASSES.items() if found.sure} == {
        *("ChatOllama", "OllamaLLM", "ChatMistralAI", "ChatFireworks", "ChatPerplexity"),
        *("ScriptedChat", "ScriptedCompletion"),
    }
    assert {name for name, found in COMPLETIONS.items() if found.sure} == {"llamacpp", "embedded", "vllm"}
    assert (SERVER.sure, COMPLETION.sure) == (False, False)


def test_who_has_a_system_role():
    """Closed models have one; of these it is the chat template that says."""
    assert {name for name, found in CHATS.items() if found.system_role is None} == {
        *("llamacpp", "vllm", "sglang", "lmstudio", "tgi", "nvidia", "huggingface")
    }
    unknown = {name for name, found in CLASSES.items() if found.system_role is None}
    assert unknown == {
        *("ChatGoogleGenerativeAI", "GoogleGenerativeAI", "ChatBedrockConverse", "ChatBedrock", "ChatHuggingFace")
    }
    every = [*CHATS.values(), *CLASSES.values(), *COMPLETIONS.values(), COMPLETION, SERVER]
    assert {found.system_role for found in every} == {True, None}


def most(found: Dialect) -> int:
    """How many alternatives are asked for where more are wanted; 0: there are none."""
    return max(found.logprobs(10**6).values()) if found.logprobs else 0


def test_alternatives():
    """Each gives as many alternatives of a token as its page says."""
    many = dict.fromkeys(
        [
            "openai",
            "azure_openai",
            "llamacpp",
            "embedded",
            "vllm",
            "sglang",
            "openrouter",
            "deepseek",
            "cerebras",
            "nebius",
            "nvidia",
        ],
        20,
    )
    few = {"tgi": 5, "fireworks": 5, "xai": 8}
    none = dict.fromkeys(["lmstudio", "groq", "together", "mistralai", "mistral", "perplexity", "huggingface"], 0)

    assert {name: most(found) for name, found in CHATS.items()} == many | few | none
    assert {name: most(found) for name, found in COMPLETIONS.items()} == dict.fromkeys(COMPLETIONS, 20)
    assert (most(COMPLETION), most(SERVER), most(CLASSES["ChatOllama"])) == (5, 20, 20)


class ChatDeepSeek(BaseChatOpenAI):
    """By its name, LangChain's class for a service that speaks OpenAI's protocol."""


class Aliased(FakeListChatModel):
    """A class that has a seed."""

    responses: Any = ("Hello",)
    seed: int | None = None


def chat(kind: type = ChatOpenAI, **values: Any) -> Any:
    return kind(**{"model": "m", "api_key": "k", **values})


def azure() -> AzureChatOpenAI:
    return AzureChatOpenAI(azure_endpoint="http://127.0.0.1:9", api_key="k", api_version="2024-10-21", model="m")


NEWER = {"max_tokens": "max_completion_tokens"}


@pytest.mark.parametrize(
    ("make", "provider", "found"),
    [
        (chat, None, CHATS["openai"]._replace(**NEWER)),
        (chat, "openai", CHATS["openai"]._replace(**NEWER)),
        (lambda: chat(base_url=HERE), None, SERVER._replace(**NEWER)),
        (lambda: chat(BaseChatOpenAI, base_url=HERE), "openai", SERVER),
        (lambda: chat(BaseChatOpenAI, base_url=HERE), "vllm", CHATS["vllm"]),
        (lambda: chat(BaseChatOpenAI, base_url=HERE), "litellm", SERVER),
        (lambda: chat(ChatDeepSeek, base_url=HERE), None, CHATS["deepseek"]),
        (lambda: chat(ChatDeepSeek, base_url=HERE), "groq", CHATS["groq"]),
        (azure, None, CHATS["azure_openai"]._replace(**NEWER)),
        (lambda: chat(use_responses_api=True), None, Dialect("OpenAI's Responses API in LangChain")),
        (lambda: chat(OpenAI), None, COMPLETION),
        (lambda: chat(OpenAI), "openai", COMPLETION),
        (lambda: chat(OpenAI), "vllm", COMPLETIONS["vllm"]),
        (lambda: ScriptedChat(reply=lambda prompt, seed: ""), "openai", CLASSES["ScriptedChat"]),
        (lambda: FakeListChatModel(responses=[""]), None, Dialect("FakeListChatModel")),
        (Aliased, None, Dialect("Aliased", seed="seed")),
        (lambda: FakeListLLM(responses=[""]), "anything", Dialect("FakeListLLM")),
    ],
)
def test_which(make, provider, found):
    """By the provider's name, else by the class; a server of one's own is not OpenAI's, whosever class it is."""
    assert dialect(make(), provider) == found


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        (None, True),
        ("", True),
        ("https://api.openai.com/v1", True),
        ("https://openai.com", True),
        ("https://eu.api.openai.com/v1/", True),
        ("https://mine.openai.azure.com/openai/v1", True),
        ("https://mine.openai.azure.us", True),
        ("https://mine.openai.azure.cn", True),
        ("https://notopenai.com", False),
        ("https://api.openai.com.example.com", False),
        (HERE, False),
        ("openai.com", False),
    ],
)
def test_openais_addresses(url, theirs):
    """OpenAI's hosts and Azure's, and none that only sound like them."""
    assert is_openais(url) is theirs


def test_at_openais():
    """A class over OpenAI's client is asked where that goes; all others are no server of one's own."""
    assert [at_openais(model) for model in (chat(), chat(base_url=HERE), azure(), Aliased())] == [
        True,
        False,
        False,
        True,
    ]


def test_takes():
    """A field counts by its name and by its alias, of a model and of its class."""
    names = ("request_timeout", "timeout", "top_k")

    assert [[takes(one, name) for name in names] for one in (chat(), ChatOpenAI)] == [[True, True, False]] * 2
