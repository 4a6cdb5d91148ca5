"""Which hosts a chain's prompts go to, and which environment variables' values go there with them.

A chain file may be a stranger's. Asked about is what its writer could want of whoever runs it: a variable's value at a
host that is not its provider's, or anything at all in plain text over a public network. What its user typed, and what
the environment says, is theirs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.models import places
from selfinstruct_chains.models.community import community_class
from selfinstruct_chains.models.environment import OPENAI_HEADERS, given_address
from selfinstruct_chains.models.services import KEYS, OPENAI_SPEAKERS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Collection

    from selfinstruct_chains.config import ChainConfig, ModelConfig

_OWN_ADDRESSES = {
    "anthropic": "https://api.anthropic.com",
    "cohere": "https://api.cohere.com",
    "google_genai": "https://generativelanguage.googleapis.com",
    "mistralai": "https://api.mistral.ai",
    "ollama": "http://127.0.0.1:11434",
    "openai": "https://api.openai.com",
    **{name: service.address for name, service in SERVICES.items()},
}
"""Where a provider's client goes where nobody says."""
_DOMAINS = {
    "azure_openai": ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"),
    "ollama": ("ollama.com",),
    "openai": ("api.openai.com",),
}
"""Further domains that are a provider's own."""
_BESIDES = {
    "anthropic": ("ANTHROPIC_CUSTOM_HEADERS",),
    "azure_openai": ("AZURE_OPENAI_AD_TOKEN", *OPENAI_HEADERS, "OPENAI_CUSTOM_HEADERS"),
    "bedrock_converse": ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"),
    "openai": (*OPENAI_HEADERS, "OPENAI_CUSTOM_HEADERS"),
}
"""Variables that a client reads by itself and sends, whichever key it is given."""
_KEYS = KEYS | {"ollama": ("OLLAMA_API_KEY",)}
"""Variables that a client reads where no other is named."""
_CLOUD = "the token of this machine's Google Cloud credentials"
_YES = {"true", "1", "yes"}


class Sent(NamedTuple):
    """What goes to one address."""

    address: str
    """As it is shown: scheme and host, or whose it is where only its client knows."""
    place: places.Place
    variables: tuple[str, ...]
    """Those whose values go there."""
    odd: tuple[str, ...]
    """What its user should say yes to, a clause for each."""


def sendings(config: ChainConfig, typed: Collection[str] = ()) -> list[Sent]:
    """What goes where when `config` runs, by address; nothing of an embedded model.

    Args:
        config: the chain.
        typed: values that its user wrote at the command line, which need no yes.

    Raises:
        ConfigError: a variable that should hold an address holds none.
    """
    found: dict[str, Sent] = {}
    for role in ROLES:
        one = _sent(config.model_for(role), typed)
        if one is not None:
            before = found.get(one.address, one)
            found[one.address] = one._replace(
                variables=tuple(dict.fromkeys(before.variables + one.variables)),
                odd=tuple(dict.fromkeys(before.odd + one.odd)),
            )
    return [*found.values(), *_cluster(config, typed)]


def _cluster(config: ChainConfig, typed: Collection[str]) -> list[Sent]:
    """The Ray cluster that makes the calls, where the chain names one: what comes from there is unpickled here."""
    address = config.run.ray.address
    if config.run.engine != "ray" or address in {"local", "auto"}:
        return []
    name = f"the Ray cluster at {address}"
    odd = () if address in typed else (f"calls are made by {name}, which can run code on this machine",)
    return [Sent(name, places.place(f"http://{address}"), (), odd)]


def told(sent: list[Sent]) -> tuple[str, str]:
    """The same in two lines, for people; variables by name, never by value."""
    if not sent:
        return "prompts stay in this process", "no variable's value goes anywhere"
    hosts = [one.address + (f" ({one.place})" if one.place != "public" else "") for one in sent]
    values = [f"{', '.join(one.variables)} to {one.address}" for one in sent if one.variables]
    return f"prompts go to {', '.join(hosts)}", f"values go along of {'; '.join(values) or 'no variable'}"


def _sent(config: ModelConfig, typed: Collection[str]) -> Sent | None:
    if config.provider == "embedded":
        return None
    url = given_address(config) or (None if _in_google_cloud(config) else _OWN_ADDRESSES.get(config.provider))
    if url is None:
        variables = _variables(config)
        return Sent(f"{config.provider}'s own address", "public", variables, _odd_variables(config, url, typed))
    odd = _odd_variables(config, url, typed)
    if places.place(url) != "public":
        odd = ()
    elif places.is_plain(url) and _from_file(config, typed):
        odd = (f"prompts go to {places.shown(url)} in plain text (http)", *odd)
    return Sent(places.shown(url), places.place(url), _variables(config), odd)


def _variables(config: ModelConfig) -> tuple[str, ...]:
    """Those whose values go along: what the file names, and of what a client looks for by itself what is set."""
    named = [config.api_key_env] if config.api_key_env else []
    usual = _besides(config) if named else _usual(config)
    found = [*named, *config.headers_env.values(), *filter(os.environ.get, usual)]
    if config.provider not in {"community", *_OWN_ADDRESSES, *_BESIDES}:
        found.append(f"what the client of {config.provider} looks for by itself")
    if _in_google_cloud(config):
        found.append(_CLOUD)
    return tuple(dict.fromkeys(found))


def _in_google_cloud(config: ModelConfig) -> bool:
    """Whether Google's client speaks to Vertex AI, by the rule of langchain-google-genai."""
    if config.provider != "google_genai":
        return False
    told = config.extra.get("vertexai")
    if told is None and (word := os.environ.get("GOOGLE_GENAI_USE_VERTEXAI", "").lower()):
        told = word in _YES
    return bool(config.extra.get("project") if told is None else told)


def _besides(config: ModelConfig) -> tuple[str, ...]:
    return _BESIDES.get("openai" if config.provider in OPENAI_SPEAKERS else config.provider, ())


def _usual(config: ModelConfig) -> tuple[str, ...]:
    if config.provider == "community":
        return tuple(community_class(config.name, config.kind).keys.split())
    return _KEYS.get(config.provider, ()) + _besides(config)


def _odd_variables(config: ModelConfig, url: str | None, typed: Collection[str]) -> tuple[str, ...]:
    named = {config.api_key_env, *config.headers_env.values()} - {None, *typed}
    at = places.shown(url) if url else f"{config.provider}'s own address"
    return tuple(
        f"{variable if ' ' in variable else f'the value of {variable}'} goes to {at}, which is not its provider's"
        for variable in _variables(config)
        if (variable in named or _from_file(config, typed)) and not _belongs(variable, config, url)
    )


def _belongs(variable: str, config: ModelConfig, url: str | None) -> bool:
    """Whether the variable is that of the provider who is at the address."""
    if url is None:
        return variable in _usual(config)
    name = places.host(url)
    return any(
        variable in _KEYS.get(provider, ()) + _BESIDES.get(provider, ())
        for provider in {*_KEYS, *_BESIDES}
        if name == places.host(_OWN_ADDRESSES.get(provider, "")) or _is_below(name, _DOMAINS.get(provider, ()))
    )


def _is_below(name: str, domains: tuple[str, ...]) -> bool:
    return any(f".{name}".endswith(f".{domain}") for domain in domains)


def _from_file(config: ModelConfig, typed: Collection[str]) -> bool:
    """Whether the address is the chain file's word alone."""
    return config.base_url is not None and config.base_url not in typed
