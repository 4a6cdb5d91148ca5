"""Providers' packages, which are imported where a chain file asks for them, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.services import EXTRAS


def imported(provider: str, module: str, name: str) -> Any:
    """`name` of `module`.

    Raises:
        ConfigError: a package is missing; says how to install it for `provider`.
    """
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        extra = EXTRAS.get(provider)
        wanted = f"'selfinstruct-chains[{extra}]'" if extra else module.partition(".")[0].replace("_", "-")
        raise ConfigError(f"provider {provider!r}: {error}; pip install {wanted}") from None
