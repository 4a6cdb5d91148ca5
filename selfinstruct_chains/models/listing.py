"""Which models a provider has, by its own list, and whether a chain file's is among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import did_you_mean
from selfinstruct_chains.models import connections
from selfinstruct_chains.models.providers import build

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from selfinstruct_chains.config import ModelConfig


async def listed(config: ModelConfig) -> list[str] | None:
    """The names of the models that `config`'s provider lists; None where it has no list, or gives none.

    Raises:
        ConfigError: as `providers.build`.
    """
    if config.provider == "embedded":
        return None
    client = connections.async_client(config)
    model: Any = build(config, async_client=client)
    ask = next((ask for name, ask in _LISTS.items() if name in {base.__name__ for base in type(model).__mro__}), None)
    try:
        return [str(name) for name in await ask(model)] if ask else None
    except Exception:  # noqa: BLE001 - a list is a courtesy: what is wrong with the provider, a call says better
        return None
    finally:
        await connections.aclose(model, client)


async def unlisted(config: ModelConfig) -> str | None:
    """What to say where the provider's list lacks `config`'s model; None where it has it, or there is no list.

    A list may lack a model that can be asked all the same, such as one by a general name: this is a warning.
    """
    names = await listed(config)
    if not names or any(_is_named(name, config.name) for name in names):
        return None
    return f"{config.provider} lists no model {config.name!r}{did_you_mean(config.name, names)}"


def _is_named(name: str, wanted: str) -> bool:
    """Whether a list's name is the one wanted, perhaps with a date or a tag behind."""
    return name.startswith(wanted.removeprefix("models/"))


async def _openai(model: Any) -> list[str]:
    return [one.id async for one in model.root_async_client.models.list()]


async def _openai_completion(model: Any) -> list[str]:
    return [one.id async for one in model.async_client._client.models.list()]  # noqa: SLF001


async def _anthropic(model: Any) -> list[str]:
    return [one.id async for one in model._async_client.models.list(limit=1000)]  # noqa: SLF001


async def _google(model: Any) -> list[str]:
    found = await model.client.aio.models.list(config={"page_size": 1000})
    return [one.name.removeprefix("models/") async for one in found]


async def _ollama(model: Any) -> list[str]:
    return [one.model for one in (await model._async_client.list()).models]  # noqa: SLF001


async def _mistral(model: Any) -> list[str]:
    return [one["id"] for one in (await model.async_client.get("/models")).raise_for_status().json()["data"]]


async def _cohere(model: Any) -> list[str]:
    return [one.name for one in (await model.async_client.models.list(page_size=1000, endpoint="chat")).models]


async def _none(model: Any) -> list[str]:
    return []


_LISTS: dict[str, Callable[[Any], Awaitable[list[str]]]] = {
    "AzureChatOpenAI": _none,  # it lists what could be deployed, not what is
    "AzureOpenAI": _none,
    "BaseChatOpenAI": _openai,
    "BaseOpenAI": _openai_completion,
    "ChatAnthropic": _anthropic,
    "ChatGoogleGenerativeAI": _google,
    "ChatOllama": _ollama,
    "OllamaLLM": _ollama,
    "ChatMistralAI": _mistral,
    "ChatCohere": _cohere,
}
"""How each LangChain class's own client is asked for the list."""
