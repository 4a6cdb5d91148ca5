"""Models with a protocol of their own, each by its LangChain class, told to retry nothing and to add nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import ConfigError, did_you_mean
from selfinstruct_chains.models.connections import plain_client, sdk_client
from selfinstruct_chains.models.dialects import takes
from selfinstruct_chains.models.environment import address, headers, is_here, key
from selfinstruct_chains.models.http import GuardedSession, guards
from selfinstruct_chains.models.packages import imported
from selfinstruct_chains.models.services import OPENAI_SPEAKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

CHAT_UNDERNEATH = frozenset({"anthropic", "google_genai"})
"""Providers whose completion class in LangChain sends a chat with one message of the user's, and loses why the reply
ended and what it cost. Their chat class is given that message instead."""

_COMPLETION = {"ollama": ("langchain_ollama", "OllamaLLM")}
_OURS = {"cohere": ("selfinstruct_chains.models.cohere", "Cohere")}
_NAMES = {"ollama": {"max_tokens": "num_predict"}}
_UNSAID = {"google_genai": ("temperature", "top_p", "n"), "mistralai": ("temperature", "top_p")}
"""Fields that LangChain's class has a value of its own for, which it would send."""


class _Given(NamedTuple):
    """What a model is built from."""

    config: ModelConfig
    async_client: Any
    headers: dict[str, str]

    def key(self) -> dict[str, Any]:
        return {"api_key": key(self.config)}

    def place(self) -> dict[str, Any]:
        where = address(self.config)
        return {"base_url": where} if where else {}


def native(config: ModelConfig, options: dict[str, Any], async_client: Any) -> BaseChatModel | BaseLLM:
    """The model, by the class of its provider's LangChain package.

    Args:
        config: the model.
        options: sampling and `extra`, by their names in a chain file.
        async_client: for asynchronous calls in the running loop, where the class takes one.

    Raises:
        ConfigError: unknown provider, missing package or key, no completion models.
    """
    found = _class(config)
    names = _NAMES.get(config.provider, {})
    given = _Given(config, async_client, headers(config))
    options = {names.get(name, name): value for name, value in options.items()}
    model: Any = found(**options | {"model": config.name} | _BY_PROVIDER.get(config.provider, _others)(given, found))
    for name in _UNSAID.get(config.provider, ()):
        if getattr(config, name, None) is None:
            setattr(model, name, None)
    if finish := _FINISH.get(config.provider):
        finish(model, given)
    return model  # type: ignore[no-any-return]


def known_providers() -> list[str]:
    """All names that a chain file's `provider` may have."""
    from langchain.chat_models import base

    return sorted({*base._BUILTIN_PROVIDERS, *OPENAI_SPEAKERS, "community"})  # noqa: SLF001 - named nowhere else


def _class(config: ModelConfig) -> Any:
    from langchain.chat_models import base

    listed = _OURS | {name: entry[:2] for name, entry in base._BUILTIN_PROVIDERS.items() if name not in _OURS}  # noqa: SLF001
    if config.provider not in listed:
        known = known_providers()
        near = did_you_mean(config.provider, known)
        raise ConfigError(f"no provider {config.provider!r}{near}; there are {', '.join(known)}")
    if config.kind == "completion" and config.provider not in CHAT_UNDERNEATH:
        if config.provider not in _COMPLETION:
            raise ConfigError(
                f"provider {config.provider!r} has no completion models: use model.kind: chat, or provider openai with "
                "the model.base_url of a server that has them"
            )
        listed = _COMPLETION
    return imported(config.provider, *listed[config.provider])


def _anthropic(given: _Given, found: Any) -> dict[str, Any]:
    named = {"default_headers": given.headers} if given.headers else {}
    return given.key() | given.place() | named | _patience(given, 0)


def _google(given: _Given, found: Any) -> dict[str, Any]:
    named = {"additional_headers": given.headers} if given.headers else {}
    here = {"client_args": {"trust_env": False}} if is_here(given.config) else {}
    return given.key() | given.place() | named | here | _patience(given, 1)  # attempts; 0 means the SDK's own number


def _ollama(given: _Given, found: Any) -> dict[str, Any]:
    bearer = {"Authorization": f"Bearer {key(given.config)}"} if given.config.api_key_env else {}
    client = {"timeout": given.config.timeout, "trust_env": not is_here(given.config)}
    guarded = {"async_client_kwargs": guards(given.config.max_response_mib)}
    return given.place() | {"client_kwargs": client | {"headers": bearer | given.headers}} | guarded


def _mistral(given: _Given, found: Any) -> dict[str, Any]:
    client = given.async_client or plain_client(given.config, "AsyncClient")
    clients = {"client": plain_client(given.config, "Client"), "async_client": client}
    return given.key() | given.place() | clients | {"max_retries": 1}  # attempts


def _cohere(given: _Given, found: Any) -> dict[str, Any]:
    return {"cohere_api_key": key(given.config), "timeout_seconds": given.config.timeout} | given.place()


def _bedrock(given: _Given, found: Any) -> dict[str, Any]:
    proxies: dict[str, Any] = {"proxies": {}} if is_here(given.config) else {}
    waiting = {"connect_timeout": 10, "read_timeout": given.config.timeout, "retries": {"total_max_attempts": 1}}
    named = {"default_headers": given.headers} if given.headers else {}
    made = imported(given.config.provider, "botocore.config", "Config")(**waiting | proxies)
    if not (given.config.extra.get("region_name") or _aws_region(given.config.provider)):
        raise ConfigError("provider 'bedrock_converse': no region: set AWS_REGION, or model.extra.region_name")
    return {"config": made, "disable_streaming": True} | named | given.place()


def _aws_region(provider: str) -> str | None:
    # Its own error for a missing region speaks of credentials and of a profile.
    found: str | None = os.environ.get("AWS_REGION") or imported(provider, "boto3", "Session")().region_name
    return found


def _others(given: _Given, found: Any) -> dict[str, Any]:
    """For a provider that only LangChain knows: what its class has a field for."""
    wanted = given.place() | {"timeout": given.config.timeout, "max_retries": 0, "disable_streaming": True}
    wanted |= {"default_headers": given.headers} if given.headers else {}
    wanted |= given.key() if given.config.api_key_env else {}
    if takes(found, "http_async_client"):  # it is over OpenAI's
        wanted["http_client"] = sdk_client(given.config, "DefaultHttpxClient")
        wanted["http_async_client"] = given.async_client or sdk_client(given.config, "DefaultAsyncHttpxClient")
    return {name: value for name, value in wanted.items() if takes(found, name)}


def _patience(given: _Given, attempts: int) -> dict[str, Any]:
    # A tracer that streams (astream_events) would make the model stream too, and some then leave out the usage.
    return {"timeout": given.config.timeout, "max_retries": attempts, "disable_streaming": True}


def _own_anthropic_client(model: Any, given: _Given) -> None:
    # The class takes no client, but keeps the one it would make here.
    if given.async_client is not None:
        client = imported("anthropic", "anthropic", "AsyncClient")
        made = client(**model._client_params, http_client=given.async_client)  # noqa: SLF001
        model.__dict__["_async_client"] = made


def _own_google_client(model: Any, given: _Given) -> None:
    # The class hands one dict of options to clients of three kinds. The SDK's own over aiohttp follows redirects, reads
    # whatever comes, and asks the environment's proxy for this machine's addresses.
    if given.async_client is not None:
        api = model.client._api_client  # noqa: SLF001
        api._async_httpx_client = api._http_options.httpx_async_client = given.async_client  # noqa: SLF001


def _guarded_session(model: Any, given: _Given) -> None:
    signer = model.client._request_signer  # noqa: SLF001
    if signer._credentials is None and signer._auth_token is None:  # noqa: SLF001 - it would be said by the first call
        raise ConfigError(
            "provider 'bedrock_converse': no credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    endpoint = model.client._endpoint  # noqa: SLF001 - botocore makes its session by itself
    endpoint.http_session = GuardedSession(endpoint.http_session, given.config.max_response_mib)


def _own_cohere_clients(model: Any, given: _Given) -> None:
    # The class makes its own; both keep the httpx client at the same place.
    plain = given.async_client or plain_client(given.config, "AsyncClient")
    for client, http in ((model.client, plain_client(given.config, "Client")), (model.async_client, plain)):
        client._client_wrapper.httpx_client.httpx_client = http  # noqa: SLF001
        client._client_wrapper._headers = {**(client._client_wrapper._headers or {}), **given.headers}  # noqa: SLF001


_BY_PROVIDER: dict[str, Callable[[_Given, Any], dict[str, Any]]] = {
    "anthropic": _anthropic,
    "bedrock_converse": _bedrock,
    "cohere": _cohere,
    "google_genai": _google,
    "mistralai": _mistral,
    "ollama": _ollama,
}
_FINISH: dict[str, Callable[[Any, _Given], None]] = {
    "anthropic": _own_anthropic_client,
    "cohere": _own_cohere_clients,
    "bedrock_converse": _guarded_session,
    "google_genai": _own_google_client,
}
