"""Packages that only some outputs need: the extras of the distribution."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from selfinstruct_chains.errors import ConfigError


def needed(module: str, extra: str) -> Any:
    """The module of that name, which the extra `extra` brings.

    Raises:
        ConfigError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise ConfigError(
            f"{package} is not installed: run `pip install 'selfinstruct-chains[{extra}]'`, which brings it"
        ) from None
