"""Another provider for a chain: what was written for the one before goes, and the rest stays where it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from selfinstruct_chains.config.model import Sampling
from selfinstruct_chains.config.provider_names import OWN_SERVERS, canonical
from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, MutableMapping

_OWN = (
    "base_url",
    "api_key_env",
    "headers_env",
    "extra",
    "send_seed",
    "requests_per_minute",
    "tokens_per_minute",
    "price",
    "server",
)
"""Keys of a model that hold for one provider alone."""
_BY_NAME = ("headers_env", "extra")


def is_swap(model: Any, provider: object) -> bool:
    """Whether `provider` is another one than the model's, which is a section of a chain file."""
    before = model.get("provider") if isinstance(model, dict) else None
    return isinstance(before, str) and isinstance(provider, str) and canonical(before) != canonical(provider)


def refuse_old_name(model: Mapping[str, Any], place: str, settings: Mapping[str, Any]) -> None:
    """Ask for a model's name where the old provider's would go to a new one.

    Args:
        model: plain values of a section, before the change.
        place: its dotted key.
        settings: the change, by dotted key.

    Raises:
        ConfigError: the name is not among the settings, nor is an address, and the provider is no server of one's own.
    """
    provider = settings[f"{place}.provider"]
    given = {f"{place}.name", f"{place}.base_url"} & settings.keys()
    if model.get("name") and not given and canonical(provider) not in OWN_SERVERS:
        raise ConfigError(
            f"--set {place}.provider={provider}: {model['name']!r} is a model of {model['provider']}'s; add "
            f"--set {place}.name=NAME"
        )


def leave_behind(model: MutableMapping[str, Any], place: str, settings: Container[str]) -> list[str]:
    """Take out of `model` what belongs to its provider alone, and mark its sampling as `optional`.

    Args:
        model: plain values of a section.
        place: its dotted key.
        settings: the dotted keys that are set anew, and are no concern here.

    Returns:
        The names of the keys that were taken out.
    """
    gone = [key for key in _OWN if model.get(key) not in (None, {}) and f"{place}.{key}" not in settings]
    for key in gone:
        model[key] = {} if isinstance(model[key], dict) and key in _BY_NAME else None
    sampling = [key for key in get_args(Sampling) if model.get(key) is not None and f"{place}.{key}" not in settings]
    if sampling:
        model["optional"] = sorted({*model.get("optional", ()), *sampling})
    return gone


def said(place: str, provider: str, gone: Iterable[str]) -> list[str]:
    """A line about what was left behind, if anything was."""
    names = ", ".join(f"{place}.{key}" for key in dict.fromkeys(gone))
    return [f"left out, as written for {provider}: {names}"] if names else []
