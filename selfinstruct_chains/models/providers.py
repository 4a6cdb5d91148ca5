"""Model config -> LangChain's model: which class, which key, and what its parameters are called there."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from selfinstruct_chains.errors import ConfigError, SelfInstructError
from selfinstruct_chains.models.community import community_model
from selfinstruct_chains.models.environment import certificates, socks_proxy
from selfinstruct_chains.models.extra import refuse_reserved
from selfinstruct_chains.models.native import native
from selfinstruct_chains.models.sampling import SAMPLING, lacking
from selfinstruct_chains.models.services import OPENAI_SPEAKERS
from selfinstruct_chains.models.speakers import speaker

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

_BUILDING = threading.Lock()
_LONGEST = 400  # characters of a message


def build(config: ModelConfig, *, log: Path | None = None, async_client: Any = None) -> BaseChatModel | BaseLLM:
    """The LangChain model that `config` names; an embedded one is started, at its first use in this process.

    Args:
        config: the model. Of its `optional` sampling it gets what it takes.
        log: where the embedded server writes its log.
        async_client: from `connections.async_client`, for asynchronous calls in the running loop.

    Raises:
        ConfigError: unknown provider, missing package, missing key, missing weights, a parameter of the wrong type or
            one that is this program's to set, certificates or a proxy that can't be used.
    """
    refuse_reserved(config)
    certificates()
    socks_proxy(config)
    model = _guarded(config, log, async_client)
    unfit = lacking(config, model).keys() & set(config.optional)
    return _guarded(config.model_copy(update=dict.fromkeys(unfit)), log, async_client) if unfit else model


def _guarded(config: ModelConfig, log: Path | None, async_client: Any) -> BaseChatModel | BaseLLM:
    """The model, and whatever its class has against the chain file's values in one line."""
    try:
        # The filters are the whole process's, and models of several roles are built in threads.
        with _BUILDING, warnings.catch_warnings():
            # An unknown parameter is reported by `suitability`, in our words.
            warnings.filterwarnings("ignore", message=".*not default parameter", category=UserWarning)
            return _built(config, log, async_client)
    except SelfInstructError:
        raise
    except Exception as error:  # noqa: BLE001 - any class of any package, given what a user wrote
        raise ConfigError(f"provider {config.provider!r}: {_line(error)}"[:_LONGEST]) from None


def _built(config: ModelConfig, log: Path | None, async_client: Any) -> BaseChatModel | BaseLLM:
    options = config.model_dump(include=set(SAMPLING), exclude_none=True) | config.extra
    if config.provider in OPENAI_SPEAKERS or config.provider == "azure_openai":
        return speaker(config, options, log, async_client)
    if config.provider == "community":
        return community_model(config, options)
    return native(config, options, async_client)


def _line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
    return " ".join(str(error).split()) or type(error).__name__
