"""What is taken from the environment: keys, headers, addresses, certificates, proxies; each checked as it is read."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from selfinstruct_chains.config.base import has_host
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.places import place
from selfinstruct_chains.models.services import ADDRESSES, KEYS, OPENAI_SPEAKERS, SERVICES

if TYPE_CHECKING:
    from selfinstruct_chains.config import ModelConfig

NO_KEY = "none"  # for servers of one's own, which ask for none
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
OPENAI_HEADERS = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
"""What OpenAI's client takes from the environment by itself and sends as a header, to whatever address."""
_QUOTES = "\"'`"


def key(config: ModelConfig) -> str:
    """The key of `config`'s provider; a server of one's own (an address, and no variable named) needs none.

    Raises:
        ConfigError: naming the variable, which is not set or holds what no key is.
    """
    variables = (config.api_key_env,) if config.api_key_env else KEYS.get(config.provider, ())
    if config.provider in OPENAI_SPEAKERS:
        for variable in OPENAI_HEADERS:
            _value(variable)
    if not variables or (not config.api_key_env and given_address(config)):
        return next(filter(None, map(_value, variables)), NO_KEY)
    return _needed(variables, f"the key of {config.provider}")


def headers(config: ModelConfig) -> dict[str, str]:
    """The headers that `headers_env` names, with their values; raises as `key`."""
    return {name: _needed((variable,), f"header {name!r}") for name, variable in config.headers_env.items()}


def address(config: ModelConfig) -> str | None:
    """Where calls go: the address of the chain file, the environment, or the service; None: its client knows."""
    service = SERVICES.get(config.provider)
    return given_address(config) or (service.address if service else None)


def given_address(config: ModelConfig) -> str | None:
    """The address that the chain file has, or else the environment; None: neither.

    Raises:
        ConfigError: a variable holds no address.
    """
    if config.base_url:
        return config.base_url
    variable = next((name for name in ADDRESSES.get(config.provider, ()) if os.environ.get(name, "").strip()), None)
    if variable is None:
        return None
    found = os.environ[variable].strip()
    if config.provider == "ollama":  # which also takes "0.0.0.0" and ":11434"
        found = found if "://" in found else f"http://{'127.0.0.1' * found.startswith(':')}{found}"
    if not has_host(found):
        raise ConfigError(f"{variable} must hold an address that begins with http:// or https://; correct or unset it")
    return found


def is_local(url: str | None) -> bool:
    """Whether the address is this machine's own, which no proxy can reach."""
    return place(url or "") == "this machine"


def is_here(config: ModelConfig) -> bool:
    """Whether `config`'s calls stay on this machine."""
    unset = {"embedded", "ollama"}  # Ollama's client asks this machine if it is told nothing
    where = address(config)
    return is_local(where) if where else config.provider in unset


def certificates() -> tuple[tuple[str, float], ...]:
    """The files and folders with certificates that variables name, each with the time when it was last changed.

    Raises:
        ConfigError: one is not there, or holds none, naming the variable: what an HTTP client says of it is no help.
    """
    return tuple((place, _changed(name, place)) for name in _CERTIFICATES if (place := os.environ.get(name)))


def _changed(variable: str, place: str) -> float:
    try:
        changed = Path(place).stat().st_mtime
    except OSError:
        raise ConfigError(f"{variable} names {place}, which is not there: correct the variable, or unset it") from None
    _refuse_others(variable, place, changed)
    return changed


@lru_cache
def _refuse_others(variable: str, place: str, _changed: float) -> None:
    folder = Path(place).is_dir() and variable != "SSL_CERT_FILE"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**{"capath" if folder else "cafile": place})
    except OSError as error:  # ssl's own are, too
        raise ConfigError(
            f"{variable} names {place}, which holds no certificates ({error}): correct the variable, or unset it"
        ) from None


def socks_proxy(config: ModelConfig) -> str | None:
    """The variable that sends `config`'s calls through a SOCKS proxy, or None.

    Raises:
        ConfigError: the package for it is missing.
    """
    where = urlsplit(address(config) or "https://api.example.com")
    proxies = getproxies()
    scheme = where.scheme if where.scheme in proxies else "all"
    if is_here(config) or proxy_bypass(where.hostname or "") or not proxies.get(scheme, "").startswith("socks"):
        return None
    name = f"{scheme.upper()}_PROXY"
    if find_spec("socksio") is None:
        raise ConfigError(
            f"{name} names a SOCKS proxy, for which a package is missing: pip install 'selfinstruct-chains[socks]'"
        )
    return name


def _needed(variables: tuple[str, ...], what: str) -> str:
    value = next(filter(None, map(_value, variables)), None)
    if value is None:
        raise ConfigError(f"{what}: the environment variable {' or '.join(variables)} is not set")
    return value


def _value(variable: str) -> str:
    """What stands in a variable, without the blanks and line ends around it; "" where it is not set."""
    value = os.environ.get(variable, "").strip()
    if any(not " " <= character <= "~" for character in value):  # the value may be a secret: it is not repeated
        raise ConfigError(f"{variable} holds characters that no header can carry: copy it once more, as plain text")
    if value and value[0] in _QUOTES and value[0] == value[-1]:
        raise ConfigError(f"{variable} holds quotation marks around its value: take them away")
    return value
