"""Clients that tests make as users do, and that nobody closes."""

from __future__ import annotations

import gc
import warnings

import langchain_anthropic._client_utils as anthropic_clients
import langchain_openai.chat_models._client_utils as openai_clients


def forget_clients() -> None:
    """Let go of them all, those in the integrations' own caches too, so that none ends in another test."""
    openai_clients._cached_async_httpx_client.cache_clear()
    openai_clients._cached_sync_httpx_client.cache_clear()
    anthropic_clients._get_default_async_httpx_client.cache_clear()
    anthropic_clients._get_default_httpx_client.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
