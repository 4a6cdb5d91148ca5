"""Which of the sampling parameters that a chain file gives a model does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains.models.dialects import dialect, takes
from selfinstruct_chains.models.environment import given_address

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, BaseLLM

    from selfinstruct_chains.config import ModelConfig

SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens")
WAY_OUT = "if that is out of date, put it right under model.extra.profile"


def lacking(config: ModelConfig, model: BaseChatModel | BaseLLM) -> dict[str, str]:
    """By key, what `config` has and `model` does not take, and who says so: its class, or LangChain's profile of it."""
    return _without_field(config, model) | _by_profile(config, profile(config, model))


def profile(config: ModelConfig, model: BaseChatModel | BaseLLM) -> dict[str, Any]:
    """LangChain's profile of the model; empty where a server of one's own may call its models whatever it likes."""
    from_chain_file = isinstance(config.extra.get("profile"), dict)
    unknown = given_address(config) is not None and config.provider != "azure_openai"
    return {} if unknown and not from_chain_file else dict(getattr(model, "profile", None) or {})


def _without_field(config: ModelConfig, model: BaseChatModel | BaseLLM) -> dict[str, str]:
    limit = {"max_tokens": dialect(model, config.provider).max_tokens}
    asked = [key for key in SAMPLING if getattr(config, key) is not None]
    lacked = [key for key in asked if not (takes(model, limit.get(key, key)) or takes(model, key))]
    return dict.fromkeys(lacked, f"{type(model).__name__} has no such parameter")


def _by_profile(config: ModelConfig, known: dict[str, Any]) -> dict[str, str]:
    if known.get("temperature") is not False:
        return {}
    refused = ["temperature", "top_p"]
    refused += ["presence_penalty", "frequency_penalty"] if config.provider in {"openai", "azure_openai"} else []
    neutral = {"temperature": 1, "top_p": 1}
    lacked = [key for key in refused if getattr(config, key) not in {None, neutral.get(key, 0)}]
    return {key: f"it takes no {key}, by LangChain's profile of it" for key in lacked}
