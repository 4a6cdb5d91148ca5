"""Where a model answers: what the chain file says, or the environment, or where its server stands by default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import ModelConfig

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
    "anthropic": ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL"),
    "ollama": ("OLLAMA_HOST",),
    "groq": ("GROQ_API_BASE", "GROQ_BASE_URL"),
    "deepseek": ("DEEPSEEK_API_BASE",),
    "together": ("TOGETHER_API_BASE",),
    "fireworks": ("FIREWORKS_API_BASE",),
    "openrouter": ("OPENROUTER_API_BASE",),
    "mistralai": ("MISTRAL_BASE_URL",),
    "xai": ("XAI_API_BASE",),
}
"""The variables that a provider's client reads where no base_url is given, the first that is set first."""
_DEFAULTS = {"ollama": "http://127.0.0.1:11434"}


def address(config: ModelConfig) -> str | None:
    """The address that the model is asked at; None: the provider's own, by whatever its client holds for that."""
    if config.base_url:
        return config.base_url
    told = next((value for name in _VARIABLES.get(config.provider, ()) if (value := os.environ.get(name))), None)
    if told:
        return told if "://" in told else f"http://{told}"
    return _DEFAULTS.get(config.provider)
