"""The one edge to langchain-community: its model classes by name, imported only when a chain file asks for one.

The package is being sunset and says so with a warning at import. It stays reachable because it holds the only LangChain
classes for some older and smaller providers; the warning is about its future, not about the user's chain.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from selfinstruct_chains.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import Kind


def community_class(name: str, kind: Kind) -> type[BaseChatModel | BaseLLM]:
    """The class `name` of langchain-community's chat or completion models.

    Raises:
        ConfigError: there is no such class, or a package that it needs is missing.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*langchain-community.*", category=DeprecationWarning)
        if kind == "chat":
            from langchain_community import chat_models as models
        else:
            from langchain_community import llms as models  # type: ignore[no-redef]
        known = list(models.__all__)
        if name not in known:
            raise ConfigError(f"langchain-community has no {kind} model {name!r}{did_you_mean(name, known)}")
        found: type[BaseChatModel | BaseLLM] = getattr(models, name)
    return found
