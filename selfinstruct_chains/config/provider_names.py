"""One name for each provider, however a chain file writes it: the one that run folders and prices know it by."""

from __future__ import annotations

import re

_ALIASES = {
    "aws": "bedrock_converse",
    "aws_bedrock": "bedrock_converse",
    "bedrock": "bedrock_converse",
    "azure": "azure_openai",
    "claude": "anthropic",
    "deep_seek": "deepseek",
    "fireworks_ai": "fireworks",
    "gemini": "google_genai",
    "google": "google_genai",
    "google_ai": "google_genai",
    "google_ai_studio": "google_genai",
    "googleai": "google_genai",
    "gpt": "openai",
    "grok": "xai",
    "hf": "huggingface",
    "hugging_face": "huggingface",
    "langchain_community": "community",
    "llama_cpp": "llamacpp",
    "llama_server": "llamacpp",
    "lm_studio": "lmstudio",
    "mistral": "mistralai",
    "mistral_ai": "mistralai",
    "nvidia_nim": "nvidia",
    "open_ai": "openai",
    "open_router": "openrouter",
    "pplx": "perplexity",
    "sg_lang": "sglang",
    "text_generation_inference": "tgi",
    "together_ai": "together",
    "togetherai": "together",
    "vertex": "google_vertexai",
    "vertexai": "google_vertexai",
    "vertex_ai": "google_vertexai",
    "x_ai": "xai",
}

OWN_SERVERS = frozenset({"llamacpp", "lmstudio", "sglang", "tgi", "vllm"})
"""Servers of one's own, which call their models as their owner does."""


def canonical(provider: str) -> str:
    """The one name of `provider`, which may be written in any case, with blanks, hyphens or dots, or be an alias."""
    plain = re.sub(r"[\s.\-]+", "_", provider.strip().lower())
    return _ALIASES.get(plain, plain)
