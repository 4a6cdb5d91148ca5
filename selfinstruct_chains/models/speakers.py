"""Models behind OpenAI's protocol: OpenAI, Azure, services by name, servers of one's own, and the embedded one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models import embedded
from selfinstruct_chains.models.connections import sdk_client, timeout
from selfinstruct_chains.models.dialects import is_openais
from selfinstruct_chains.models.environment import address, headers, key
from selfinstruct_chains.models.services import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

_VERSIONS = ("OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION")
_AZURE_V1 = "/openai/v1"  # where Azure speaks OpenAI's protocol as it is, without versions and deployments


def speaker(
    config: ModelConfig, options: dict[str, Any], log: Path | None, async_client: Any
) -> BaseChatModel | BaseLLM:
    """The model, by langchain-openai.

    Args:
        config: the model.
        options: sampling and `extra`, by the names that the classes take.
        log: where the embedded server writes its log.
        async_client: for asynchronous calls in the running loop.

    Raises:
        ConfigError: no key, no weights, no such endpoint, or something that Azure needs is missing.
    """
    _refuse_missing_endpoint(config)
    if named := headers(config):
        options["default_headers"] = named
    options |= _place(config, log)
    # Retries are patience.py's, so that every provider has the same.
    options |= {"max_retries": 0, "timeout": timeout(config)}
    options["http_client"] = sdk_client(config, "DefaultHttpxClient")
    options["http_async_client"] = async_client or sdk_client(config, "DefaultAsyncHttpxClient")
    model: Any = _class(config, options)(**options)
    for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens"):
        if getattr(config, name) is None:
            setattr(model, name, None)  # LangChain's own, which depend on the model's name
    found: BaseChatModel | BaseLLM = model
    return found


def _class(config: ModelConfig, options: dict[str, Any]) -> Any:
    azure = "azure_endpoint" in options
    if config.kind == "completion":
        from selfinstruct_chains.models.completion import AzureCompletion, Completion

        return AzureCompletion if azure else Completion
    from langchain_openai import AzureChatOpenAI, ChatOpenAI
    from langchain_openai.chat_models.base import BaseChatOpenAI

    # A tracer that streams would make the model stream too. Without socket options there is no false alarm of proxies.
    options |= {"use_responses_api": False, "disable_streaming": True, "http_socket_options": ()}
    if azure:
        return AzureChatOpenAI
    # ChatOpenAI turns max_tokens into OpenAI's newer max_completion_tokens, which few other servers know.
    return ChatOpenAI if is_openais(options["base_url"]) else BaseChatOpenAI


def _refuse_missing_endpoint(config: ModelConfig) -> None:
    service = SERVICES.get(config.provider)
    if config.kind == "completion" and service and not service.completions:
        having = ", ".join(sorted(["openai", *(name for name, other in SERVICES.items() if other.completions)]))
        raise ConfigError(
            f"provider {config.provider!r} has no completion models: use model.kind: chat, or one of {having} "
            "(openai with the model.base_url of any server that has them)"
        )


def _place(config: ModelConfig, log: Path | None) -> dict[str, Any]:
    """Where the model is, by which name, and with which key."""
    if config.provider == "embedded":
        found = embedded.endpoint(config.name, config.server, log)
        return {"base_url": found.base_url, "api_key": found.api_key, "model": found.model}
    if config.provider == "azure_openai":
        return _azure(config)
    return {"base_url": address(config), "api_key": key(config), "model": config.name}


def _azure(config: ModelConfig) -> dict[str, Any]:
    endpoint = address(config)
    if not endpoint:
        raise ConfigError(
            "azure_openai: the endpoint is missing: set the environment variable AZURE_OPENAI_ENDPOINT, or "
            "model.base_url (https://NAME.openai.azure.com)"
        )
    token = os.environ.get("AZURE_OPENAI_AD_TOKEN", "").strip()  # the class reads it by itself
    secret = {} if token and not config.api_key_env else {"api_key": _azure_key(config)}
    if urlsplit(endpoint).path.rstrip("/") == _AZURE_V1:
        return {"base_url": endpoint, "model": config.name} | ({"api_key": token} | secret)
    version = config.extra.get("api_version") or next(filter(None, map(os.environ.get, _VERSIONS)), None)
    if not version:
        raise ConfigError(
            f"azure_openai: the API version is missing: set {' or '.join(_VERSIONS)}, or model.extra.api_version, or "
            f"end model.base_url in {_AZURE_V1}, which needs none"
        )
    deployment = config.extra.get("azure_deployment") or config.name
    named = {"azure_endpoint": endpoint, "azure_deployment": deployment, "model": config.name}
    return named | {"api_version": version} | secret


def _azure_key(config: ModelConfig) -> str:
    # An endpoint is no server of one's own: a key is always needed.
    return key(config if config.api_key_env else config.model_copy(update={"api_key_env": "AZURE_OPENAI_API_KEY"}))
