"""What a model's tokens cost: the chain file's `price`, nothing on this machine, or a kept list's, by address and name.

The list is genai-prices. Its own calculation is asked what a million tokens of each kind cost: some models have prices
for prompts read from a cache and written to one. Where a price depends on the hour, the day's highest is meant, so that
neither an estimate nor a budget depends on when it is asked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from selfinstruct_chains.config import Price
from selfinstruct_chains.models.environment import given_address, is_here
from selfinstruct_chains.models.places import without_credentials

if TYPE_CHECKING:
    from selfinstruct_chains.config import ModelConfig

FREE = Price(input=0, output=0)

_NAMES = {
    "azure_openai": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "anthropic_bedrock": "aws",
    "google_genai": "google",
    "google_vertexai": "google",
    "mistralai": "mistral",
    "xai": "x-ai",
}
"""The price list's names for LangChain's providers, where they differ."""
_SAMPLE = 1000  # tokens: some prices rise with very long prompts, which this program does not write


def price(config: ModelConfig) -> Price | None:
    """Dollars for a million tokens; None when nobody says.

    The address counts before the provider's name: at a provider's public one its prices hold, on this machine there are
    none to pay, and what anything else asks for only the chain file's `price` can say.
    """
    if config.price is not None:
        return config.price
    if is_here(config):
        return FREE
    if where := given_address(config):
        return _listed(config.name, url=where)
    if config.provider == "community":
        return None
    return _listed(config.name, provider=_NAMES.get(config.provider, config.provider))


def price_text(config: ModelConfig) -> str:
    """The same in words, for people."""
    found = price(config)
    if found is None:
        where = f" at {without_credentials(at)}" if (at := given_address(config)) else ""
        return f"no price is known{where}; state it: --set 'model.price={{input: ..., output: ...}}'"
    if found == FREE:
        return "nothing to pay"
    kinds = {"in": found.input, "out": found.output, "in, cached": found.cached_input, "cache write": found.cache_write}
    told = ", ".join(f"${cost:g} {kind}" for kind, cost in kinds.items() if cost is not None)
    return f"{told}, for a million tokens by {'the chain file' if config.price else 'list price'}"


def _listed(model: str, *, provider: str | None = None, url: str | None = None) -> Price | None:
    try:
        return Price(
            input=_million(model, provider, url, input_tokens=_SAMPLE),
            output=_million(model, provider, url, output_tokens=_SAMPLE),
            cached_input=_million(model, provider, url, input_tokens=_SAMPLE, cache_read_tokens=_SAMPLE),
            cache_write=_million(model, provider, url, input_tokens=_SAMPLE, cache_write_tokens=_SAMPLE),
        )
    except LookupError:
        return None


def _million(model: str, provider: str | None, url: str | None, **tokens: int) -> float:
    from genai_prices import Usage, calc_price

    where = {"provider_api_url": url} if url else {"provider_id": provider}
    usage, now = Usage(**tokens), datetime.now(UTC)
    hours = [now.replace(hour=hour, minute=0) for hour in range(24)]
    highest = max(calc_price(usage, model, **where, genai_request_timestamp=at).total_price for at in hours)
    return float(highest) * 1e6 / _SAMPLE
