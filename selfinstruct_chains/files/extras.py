"""Packages that only some outputs need: the extras of the distribution."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
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
        raise _missing(module, extra) from None


def check_installed(package: str, extra: str) -> None:
    """Find out whether `package` is there before anything is paid for that needs it later; it is not imported.

    Raises:
        ConfigError: as `needed`.
    """
    if find_spec(package) is None:
        raise _missing(package, extra)


def _missing(module: str, extra: str) -> ConfigError:
    package = module.partition(".")[0]
    return ConfigError(f"{package} is not installed: run `pip install 'selfinstruct-chains[{extra}]'`, which brings it")
