"""What a model's tokens cost: the chain file's `price`, nothing for a model in this process, or a kept price list's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.config import Price

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
    """Dollars for a million tokens, without discounts for cached prompts; None when nobody says.

    A model behind a `base_url` of one's own is not taken for the provider's, whatever it is called.
    """
    if config.price is not None:
        return config.price
    if config.provider == "embedded":
        return FREE
    if config.base_url or config.provider == "community":
        return None
    return _listed(config.name, _NAMES.get(config.provider, config.provider))


def _listed(model: str, provider: str) -> Price | None:
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(input_tokens=_SAMPLE, output_tokens=_SAMPLE), model, provider_id=provider)
    except LookupError:
        return None
    return Price(input=float(found.input_price) * 1e6 / _SAMPLE, output=float(found.output_price) * 1e6 / _SAMPLE)
