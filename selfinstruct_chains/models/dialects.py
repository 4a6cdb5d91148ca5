"""Which dialect a model speaks.

A provider is looked up by its name in the chain file first, since one class may stand for many (that of OpenAI's
protocol for all that speak it), and by its class where there is no name, as for a model of the user's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from selfinstruct_chains.models.dialect_table import (
    CHATS,
    CLASSES,
    COMPLETION,
    COMPLETIONS,
    SERVER,
    SERVICE_OF,
    Dialect,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseLanguageModel

_OPENAI_HOSTS = (".openai.com", ".azure.com", ".azure.us", ".azure.cn")


def dialect(model: BaseLanguageModel[Any], provider: str | None = None) -> Dialect:
    """The dialect of a LangChain model.

    Args:
        model: a chat or completion model.
        provider: what the chain file calls its provider; None: told by the classes that the model descends from.
    """
    names = [base.__name__ for base in type(model).__mro__]
    if "BaseChatOpenAI" in names:
        return _of_openai_chat(model, names, provider)
    if "BaseOpenAI" in names:
        return COMPLETIONS.get(provider or "", COMPLETION)
    found = next((CLASSES[name] for name in names if name in CLASSES), None)
    return found or Dialect(type(model).__name__, seed="seed" if takes(model, "seed") else None)


def takes(model: BaseLanguageModel[Any] | type[BaseLanguageModel[Any]], name: str) -> bool:
    """Whether the integration, a model or its class, has a field, or an alias of one, of that name."""
    fields = (model if isinstance(model, type) else type(model)).model_fields
    return name in fields or any(name == field.alias for field in fields.values())


def is_openais(address: str | None) -> bool:
    """Whether OpenAI or Azure answers at an address; None is OpenAI's own."""
    return not address or f".{urlsplit(address).hostname or ''}".endswith(_OPENAI_HOSTS)


def at_openais(model: Any) -> bool:
    """Whether a model over OpenAI's client is OpenAI's or Azure's; true for all others."""
    address = getattr(getattr(model, "root_client", None), "base_url", None)
    return is_openais(str(address) if address else None)


def _of_openai_chat(model: Any, names: list[str], provider: str | None) -> Dialect:
    if getattr(model, "use_responses_api", None):
        return Dialect("OpenAI's Responses API in LangChain")
    by_class = next((SERVICE_OF[name] for name in names if name in SERVICE_OF), None)
    service = CHATS.get(provider or by_class or "openai", SERVER)
    if service is CHATS["openai"] and not at_openais(model):
        service = SERVER
    # These two classes turn the older name into the newer one, or send both where a call has the older.
    newer = not {"ChatOpenAI", "AzureChatOpenAI"}.isdisjoint(names)
    return service._replace(max_tokens="max_completion_tokens") if newer else service
