"""The LangChain class of every provider, made for the loopback server: its own client, its own exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

Options = Callable[[str], dict[str, Any]]
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Client(NamedTuple):
    """A class of LangChain's, and whose answers it is to understand."""

    answers: str
    """The provider, as `testing.answers` names it."""
    package: str
    name: str
    options: Options
    """From the server's address to what the class takes."""
    call: Mapping[str, Any] = NOTHING
    """What each call takes besides, for what the class has no field for."""

    def made(self, url: str) -> Any:
        """The model for the server at `url`."""
        return getattr(import_module(self.package), self.name)(**self.options(url))


def at(path: str = "", **more: Any) -> Options:
    """The options that most classes take: their own retries are off."""
    plain = {"model": "m", "api_key": "none", "max_retries": 0, "timeout": 10}
    return lambda url: {**plain, "base_url": url + path, **more}


def azure(url: str) -> dict[str, Any]:
    """AzureChatOpenAI's."""
    address = {"azure_endpoint": url, "azure_deployment": "m", "api_version": "2024-10-21"}
    return {**address, "api_key": "none", "max_retries": 0, "timeout": 10}


def bedrock(url: str) -> dict[str, Any]:
    """ChatBedrockConverse's."""
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "region_name": "eu-west-1"}
    return {"model": "m", "endpoint_url": url, "max_retries": 0, **keys}


def perplexity(url: str) -> dict[str, Any]:
    """ChatPerplexity's, which takes no address."""
    from perplexity import AsyncPerplexity, Perplexity

    options = {"base_url": url, "api_key": "none", "max_retries": 0, "timeout": 10}
    return {
        "model": "m",
        "api_key": "none",
        "client": Perplexity(**options),
        "async_client": AsyncPerplexity(**options),
    }


class HubChat(BaseChatModel):
    """huggingface_hub's client as langchain-huggingface uses it, which can't be installed beside today's datasets."""

    base_url: str
    timeout: float

    @property
    def _llm_type(self) -> str:
        return "hub-chat"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        from huggingface_hub import InferenceClient

        client = InferenceClient(base_url=self.base_url, api_key="none", timeout=self.timeout)
        said = client.chat_completion([{"role": "user", "content": str(messages[-1].text)}]).choices[0]
        metadata = {"finish_reason": said.finish_reason}
        message = AIMessage(content=said.message.content, response_metadata=metadata)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        from huggingface_hub import AsyncInferenceClient

        async with AsyncInferenceClient(base_url=self.base_url, api_key="none", timeout=self.timeout) as client:
            said = (await client.chat_completion([{"role": "user", "content": str(messages[-1].text)}])).choices[0]
        metadata = {"finish_reason": said.finish_reason}
        message = AIMessage(content=said.message.content, response_metadata=metadata)
        return ChatResult(generations=[ChatGeneration(message=message)])


_CHAT = partial(Client, package="langchain_openai", name="ChatOpenAI", options=at("/v1", use_responses_api=False))
_SPEAK_OPENAI = (
    "openai",
    "deepseek",
    "fireworks",
    "groq",
    "huggingface",
    "litellm",
    "llamacpp",
    "mistralai",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
)
"""Whose servers take OpenAI's client, with a base_url."""

IN_DEV: dict[str, Client] = {
    **{f"ChatOpenAI at {provider}": _CHAT(provider) for provider in _SPEAK_OPENAI},
    "OpenAI": Client("openai", "langchain_openai", "OpenAI", at("/v1")),
    "AzureChatOpenAI": Client("azure_openai", "langchain_openai", "AzureChatOpenAI", azure),
    "ChatAnthropic": Client("anthropic", "langchain_anthropic", "ChatAnthropic", at()),
    "ChatGoogleGenerativeAI": Client(
        "google_genai", "langchain_google_genai", "ChatGoogleGenerativeAI", at(max_retries=1)
    ),
    "ChatOllama": Client("ollama", "langchain_ollama", "ChatOllama", lambda url: {"model": "m", "base_url": url}),
}
"""Those whose packages stand in the group dev."""

OF_PROVIDERS: dict[str, Client] = {
    "ChatBedrockConverse": Client("bedrock", "langchain_aws", "ChatBedrockConverse", bedrock),
    "ChatCohere": Client(
        "cohere",
        "langchain_cohere",
        "ChatCohere",
        lambda url: {"model": "m", "base_url": url, "cohere_api_key": "none", "timeout_seconds": 10},
        call={"request_options": {"max_retries": 0}},
    ),
    "ChatDeepSeek": Client("deepseek", "langchain_deepseek", "ChatDeepSeek", at("/v1")),
    "ChatFireworks": Client("fireworks", "langchain_fireworks", "ChatFireworks", at()),
    "ChatGroq": Client("groq", "langchain_groq", "ChatGroq", at()),
    "ChatMistralAI": Client("mistralai", "langchain_mistralai", "ChatMistralAI", at("/v1")),
    "ChatOpenRouter": Client(
        "openrouter",
        "langchain_openrouter",
        "ChatOpenRouter",
        at("/v1", timeout=10_000, model_kwargs={"retries": None}),
    ),
    "ChatPerplexity": Client("perplexity", "langchain_perplexity", "ChatPerplexity", perplexity),
    "ChatTogether": Client("together", "langchain_together", "ChatTogether", at("/v1")),
    "ChatXAI": Client("xai", "langchain_xai", "ChatXAI", at("/v1")),
    "InferenceClient": Client("huggingface", __name__, "HubChat", lambda url: {"base_url": f"{url}/v1", "timeout": 10}),
}
"""Those whose packages stand in the group providers."""

CLIENTS = IN_DEV | OF_PROVIDERS
