"""What a million tokens cost, and how that is told."""

from typing import Any

import pytest

from selfinstruct_chains.config import ModelConfig, Price
from selfinstruct_chains.models.prices import FREE, price, price_text

LISTED = ", for a million tokens by list price"
STATE_IT = "state it: --set 'model.price={input: ..., output: ...}'"


def config(**values: Any) -> ModelConfig:
    return ModelConfig(**{"provider": "openai", "kind": "chat", "name": "gpt-4.1-mini", **values})


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ({"input": 10, "output": 100}, "$10 in, $100 out, for a million tokens by the chain file"),
        (
            {"input": 0.25, "output": 0, "cached_input": 0, "cache_write": 1.5},
            "$0.25 in, $0 out, $0 in, cached, $1.5 cache write, for a million tokens by the chain file",
        ),
        ({"input": 0, "output": 0}, "nothing to pay"),
    ],
)
def test_what_is_stated(stated, text):
    """The chain file's price is told as it is, wherever the model is."""
    for place in ({}, {"base_url": "http://127.0.0.1:9/v1"}, {"base_url": "https://gateway.example/v1"}):
        assert price_text(config(price=Price(**stated), **place)) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"provider": "vllm"}, "nothing to pay"),
        ({"provider": "embedded"}, "nothing to pay"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "nothing to pay"),
        (
            {"base_url": "https://gateway.example/v1?key=secret"},
            f"no price is known at https://gateway.example/v1; {STATE_IT}",
        ),
        ({"name": "no-such-model"}, f"no price is known; {STATE_IT}"),
        ({"provider": "community", "name": "gpt-4.1-mini"}, f"no price is known; {STATE_IT}"),
        ({"provider": "no-such"}, f"no price is known; {STATE_IT}"),
    ],
)
def test_what_is_free_or_unknown(values, text):
    """On this machine there is nothing to pay; else nobody but the chain file can say."""
    assert price_text(config(**values)) == text


@pytest.mark.parametrize(
    ("values", "costs"),
    [
        ({}, (0.4, 1.6, 0.1)),
        ({"base_url": "https://api.openai.com/v1"}, (0.4, 1.6, 0.1)),
        ({"provider": "azure"}, (0.4, 1.6, 0.1)),
        ({"provider": "deepseek", "name": "deepseek-chat"}, (0.27, 1.1, 0.07)),
        ({"provider": "anthropic", "name": "claude-sonnet-4-5"}, (3, 15, 0.3)),
        ({"provider": "google_genai", "name": "gemini-2.5-flash"}, (0.3, 2.5, 0.03)),
    ],
)
def test_what_is_listed(values, costs):
    """By the provider's name, or by its address; of an hour's price, the day's highest."""
    found = price(config(**values))

    assert found
    assert (found.input, found.output, found.cached_input) == pytest.approx(costs)


def test_what_a_list_tells():
    """All four kinds; writing to a cache costs more than all input at some."""
    claude = config(provider="anthropic", name="claude-sonnet-4-5")
    found = price(claude)

    assert found
    assert found.cache_write == pytest.approx(3.75)
    assert price_text(claude) == f"$3 in, $15 out, $0.3 in, cached, $3.75 cache write{LISTED}"


def test_free():
    """Nothing at all."""
    assert (FREE.input, FREE.output, FREE.cached_input, FREE.cache_write) == (0, 0, None, None)
