"""The HTTP clients that models are asked through: by loop, with our timeouts, and no proxy for this machine."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.models.environment import (
    address,
    certificates,
    headers,
    is_here,
    key,
    socks_proxy,
)
from selfinstruct_chains.models.http import guards
from selfinstruct_chains.models.packages import imported
from selfinstruct_chains.models.services import OPENAI_SPEAKERS

if TYPE_CHECKING:
    import ssl

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

_CONNECT = 10.0  # seconds in which a connection has to stand
_SDK = dict.fromkeys([*OPENAI_SPEAKERS, "azure_openai", "google_genai"], "openai") | {"anthropic": "anthropic"}
"""Whose client over aiohttp a provider is asked by: its own SDK's, but Google's takes OpenAI's as well."""
_PLAIN = ("mistralai", "cohere")
"""Providers whose LangChain class takes a client of httpx."""


def async_client(config: ModelConfig) -> Any:
    """An HTTP client for the running loop, over aiohttp where the SDK has that: at half the CPU time of its own.

    LangChain's classes for OpenAI and Anthropic share one for the whole process, which is dead in the next loop. None
    for those whose clients belong to the model.

    Raises:
        ConfigError: a variable that names certificates or a proxy is wrong, or a package is missing.
    """
    certificates()
    socks = socks_proxy(config)
    if sdk := _SDK.get(config.provider):
        # aiohttp knows no SOCKS.
        made = imported(config.provider, sdk, "DefaultAsyncHttpxClient" if socks else "DefaultAioHttpClient")
        return made(timeout=timeout(config), **_trust(config, "httpx2"), **guards(config.max_response_mib))
    return plain_client(config, "AsyncClient") if config.provider in _PLAIN else None


def plain_client(config: ModelConfig, name: str) -> Any:
    """Httpx's "Client" or "AsyncClient", for the classes that take one; Mistral's wants address and key in it."""
    of_its_own: dict[str, Any] = {}
    if config.provider == "mistralai":
        bearer = {"Authorization": f"Bearer {key(config)}", "Accept": "application/json"}
        of_its_own = {"base_url": address(config) or "https://api.mistral.ai/v1", "headers": bearer | headers(config)}
    waiting = imported(config.provider, "httpx", "Timeout")(config.timeout, connect=min(_CONNECT, config.timeout))
    client = imported(config.provider, "httpx", name)
    of_its_own |= guards(config.max_response_mib) if name == "AsyncClient" else {}
    return client(timeout=waiting, **_trust(config, "httpx"), **of_its_own)


def sdk_client(config: ModelConfig, name: str) -> Any:
    """A client of OpenAI's SDK over httpx, "Default[Async]HttpxClient": its classes make both, used or not."""
    guarded = guards(config.max_response_mib) if "Async" in name else {}
    return imported(config.provider, "openai", name)(timeout=timeout(config), **_trust(config, "httpx2"), **guarded)


def _trust(config: ModelConfig, package: str) -> dict[str, Any]:
    """Whether a client of httpx or httpx2 heeds the environment, and the certificates that it trusts."""
    trust_env = not is_here(config)
    return {"trust_env": trust_env, "verify": trusted(package, certificates(), trust_env=trust_env)}


@lru_cache(maxsize=8)
def trusted(package: str, _named: tuple[tuple[str, float], ...], *, trust_env: bool) -> ssl.SSLContext:
    """What a client of `package` ("httpx" or "httpx2") makes for itself, once for all of them.

    Reading a system's certificates takes 30 to 120 ms, and a chain has three clients for each of its models. Clients
    may share a context in any thread and loop. It is made anew when the variables name others, or these change.
    """
    made: ssl.SSLContext = import_module(package).create_ssl_context(trust_env=trust_env)
    return made


def timeout(config: ModelConfig) -> Any:
    """One attempt's, in seconds: 10 at most for the connection."""
    from httpx2 import Timeout

    return Timeout(config.timeout, connect=min(_CONNECT, config.timeout))


async def aclose(model: BaseChatModel | BaseLLM, async_client: Any) -> None:
    """Close what `model`, built with `async_client`, has open in the running loop."""
    own = async_client or getattr(model, "http_async_client", None)
    if own is not None:
        await own.aclose()
    elif type(model).__name__ in {"ChatOllama", "OllamaLLM"}:
        await model._async_client.close()  # type: ignore[union-attr]  # noqa: SLF001 - there is no other way to it
