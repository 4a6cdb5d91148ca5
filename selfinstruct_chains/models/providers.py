"""Model config -> LangChain's model: which class, which key, and what its parameters are called there."""

from __future__ import annotations

import os
import threading
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models import embedded
from selfinstruct_chains.models.dialects import is_openais

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

COMPLETION_CLASSES = {
    "azure_openai": ("langchain_openai", "AzureOpenAI"),
    "ollama": ("langchain_ollama", "OllamaLLM"),
    "fireworks": ("langchain_fireworks", "Fireworks"),
    "together": ("langchain_together", "Together"),
}
"""LangChain has no `init` function for completion models: the classes that a chain file may ask for, besides those of
OpenAI's protocol and langchain-community's."""

CHAT_UNDERNEATH = frozenset({"anthropic", "google_genai"})
"""Providers whose completion class in LangChain sends a chat with one message of the user's, and loses why the reply
ended and what it cost. Their chat class is given that message instead."""

KEYS: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "azure_openai": ("AZURE_OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistralai": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
}
"""The environment variables that a provider's key may stand in."""

SERVERS: dict[str, str] = {"embedded": "llamacpp", "llamacpp": "llamacpp", "vllm": "vllm"}
"""Providers whose server understands more than OpenAI's protocol."""
OPENAI_SPEAKERS = frozenset({"openai", *SERVERS})
SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens")

_BUILDING = threading.Lock()
_CONNECT = 10.0  # seconds in which a connection has to stand
_LONGEST = 400  # characters of a message
_NO_KEY = "none"  # for servers of one's own, which ask for none
_NAMES = {
    "ollama": {"max_tokens": "num_predict"},
    "google_genai": {"default_headers": "additional_headers"},
}


def build(config: ModelConfig, *, log: Path | None = None, async_client: Any = None) -> BaseChatModel | BaseLLM:
    """The LangChain model that `config` names; an embedded one is started, at its first use in this process.

    Args:
        config: the model.
        log: where the embedded server writes its log.
        async_client: from `async_client`, for asynchronous calls in the running loop.

    Raises:
        ConfigError: unknown provider, missing package, missing key, missing weights, a parameter of the wrong type.
    """
    options = _options(config)
    try:
        # The filters are the whole process's, and models of several roles are built in threads.
        with _BUILDING, warnings.catch_warnings():
            # An unknown parameter is reported by `suitability`, in our words.
            warnings.filterwarnings("ignore", message=".*not default parameter", category=UserWarning)
            model = _built(config, options, log, async_client)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"provider {config.provider!r}: {_line(error)}"[:_LONGEST]) from None
    if async_client is not None and config.provider == "anthropic":
        # The class takes no client, but keeps the one it makes here.
        anthropic: Any = model
        anthropic.__dict__["_async_client"] = anthropic._async_client.with_options(http_client=async_client)  # noqa: SLF001
    return model


def is_local(base_url: str | None) -> bool:
    """Whether the address is this machine's own, which no proxy can reach."""
    return urlsplit(base_url or "").hostname in {"localhost", "127.0.0.1", "::1"}


def async_client(config: ModelConfig) -> Any:
    """An HTTP client for the running loop, over aiohttp, at half the CPU time of the SDK's own.

    LangChain's classes for OpenAI and Anthropic share one for the whole process, which is dead in the next loop. None
    for the others, whose clients belong to the model.
    """
    if config.provider in OPENAI_SPEAKERS:
        from openai import DefaultAioHttpClient
    elif config.provider == "anthropic":
        from anthropic import DefaultAioHttpClient
    else:
        return None
    local = config.provider == "embedded" or is_local(config.base_url)
    return DefaultAioHttpClient(timeout=_timeout(config), trust_env=not local)


async def aclose(model: BaseChatModel | BaseLLM, async_client: Any) -> None:
    """Close what `model`, built with `async_client`, has open in the running loop."""
    if async_client is not None:
        await async_client.aclose()
        return
    match type(model).__name__:
        case "ChatOllama" | "OllamaLLM":
            await model._async_client.close()  # type: ignore[union-attr]  # noqa: SLF001 - there is no other way to it
        case "ChatGoogleGenerativeAI":
            await model.client.aio.aclose()  # type: ignore[union-attr]


def _timeout(config: ModelConfig) -> Any:
    from httpx2 import Timeout

    return Timeout(config.timeout, connect=min(_CONNECT, config.timeout))


def _options(config: ModelConfig) -> dict[str, Any]:
    names = _NAMES.get(config.provider, {})
    sampling = config.model_dump(include=set(SAMPLING), exclude_none=True)
    headers = {name: _environment((variable,), f"header {name!r}") for name, variable in config.headers_env.items()}
    options = sampling | ({"default_headers": headers} if headers else {})
    return {names.get(key, key): value for key, value in options.items()} | config.extra


def _built(
    config: ModelConfig, options: dict[str, Any], log: Path | None, async_client: Any
) -> BaseChatModel | BaseLLM:
    if config.provider in OPENAI_SPEAKERS:
        return _openai(config, options, log, async_client)
    if config.provider == "community":
        return _community(config, options)
    if config.api_key_env or config.provider in KEYS:
        options["api_key"] = _key(config)
    if config.base_url:
        options["base_url"] = config.base_url
    options |= _transport(config)
    if config.kind == "completion" and config.provider not in CHAT_UNDERNEATH:
        return _completion_class(config)(**options | {"model": config.name})
    return _chat(config, options)


def _openai(
    config: ModelConfig, options: dict[str, Any], log: Path | None, async_client: Any
) -> BaseChatModel | BaseLLM:
    from langchain_openai import ChatOpenAI, OpenAI
    from langchain_openai.chat_models.base import BaseChatOpenAI
    from openai import DefaultHttpxClient

    if config.provider == "embedded":
        address = embedded.endpoint(config.name, config.server, log)
        options |= {"base_url": address.base_url, "api_key": address.api_key, "model": address.model}
    elif config.provider in SERVERS and not config.base_url:
        raise ConfigError(
            f"provider {config.provider!r}: model.base_url is missing: the address of your server, "
            "such as http://127.0.0.1:8000/v1"
        )
    else:
        options |= {"base_url": config.base_url, "api_key": _key(config), "model": config.name}
    if is_local(options["base_url"]):
        options["http_client"] = DefaultHttpxClient(timeout=_timeout(config), trust_env=False)
    # Retries are patience.py's, so that every provider has the same.
    options |= {"max_retries": 0, "timeout": _timeout(config), "http_async_client": async_client}
    if config.kind == "completion":
        return OpenAI(**options)
    # ChatOpenAI turns max_tokens into OpenAI's newer max_completion_tokens, which few other servers know.
    there = options["base_url"] or os.environ.get("OPENAI_API_BASE") or os.environ.get("OPENAI_BASE_URL")
    chat = ChatOpenAI if is_openais(there) else BaseChatOpenAI
    return chat(use_responses_api=False, disable_streaming=True, **options)


def _transport(config: ModelConfig) -> dict[str, Any]:
    """Timeout, and no retries but ours."""
    match config.provider:
        case "ollama":
            return {"client_kwargs": {"timeout": config.timeout, "trust_env": not is_local(config.base_url)}}
        case "google_genai":
            return {"timeout": config.timeout, "max_retries": 1}  # attempts, and 0 means the SDK's own number
        case _:
            return {"timeout": config.timeout, "max_retries": 0}


def _chat(config: ModelConfig, options: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import base, init_chat_model

    known = [*base._BUILTIN_PROVIDERS, *SERVERS, "community"]  # noqa: SLF001 - named nowhere else
    if config.provider not in known:
        near = did_you_mean(config.provider, known)
        raise ConfigError(f"no provider {config.provider!r}{near}; there are {', '.join(sorted(known))}")
    # A tracer that streams (astream_events) would make the model stream too, and some then leave out the usage.
    model: BaseChatModel = init_chat_model(
        config.name, model_provider=config.provider, disable_streaming=True, **options
    )
    return model


def _completion_class(config: ModelConfig) -> type[BaseLLM]:
    if config.provider not in COMPLETION_CLASSES:
        known = [*COMPLETION_CLASSES, *CHAT_UNDERNEATH, *OPENAI_SPEAKERS, "community"]
        raise ConfigError(
            f"provider {config.provider!r} has no completion models{did_you_mean(config.provider, known)}; "
            f"there are {', '.join(sorted(known))}; or use kind: chat"
        )
    module, name = COMPLETION_CLASSES[config.provider]
    try:
        found: type[BaseLLM] = getattr(import_module(module), name)
    except ImportError:
        raise ImportError(f"pip install {module.replace('_', '-')}") from None
    return found


def _community(config: ModelConfig, options: dict[str, Any]) -> BaseChatModel | BaseLLM:
    from selfinstruct_chains.models.community import community_class

    return community_class(config.name, config.kind)(**options)


def _key(config: ModelConfig) -> str:
    """The key from the environment; a server of one's own (a base_url, and no variable named) needs none."""
    variables = (config.api_key_env,) if config.api_key_env else KEYS.get(config.provider, ())
    if not config.api_key_env and config.base_url:
        return next((os.environ[name] for name in variables if os.environ.get(name)), _NO_KEY)
    return _environment(variables, f"the key of {config.provider}") if variables else _NO_KEY


def _environment(variables: tuple[str, ...], what: str) -> str:
    value = next((os.environ[name] for name in variables if os.environ.get(name)), None)
    if value is None:
        raise ConfigError(f"{what}: the environment variable {' or '.join(variables)} is not set")
    return value


def _line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return " ".join(str(error).split())
