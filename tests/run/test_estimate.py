"""What tasks are expected to take: hidden thinking and what comes from a provider's cache are counted and priced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.estimate import REPLY, THOUGHTS, Estimate, from_defaults, from_measured
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.self_instruct import self_instruct
from selfinstruct_chains.testing import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

PRICE = {"input": 10, "output": 100, "cached_input": 1}


def expected(chain: str, **settings: Any) -> Estimate:
    config = load_config(chain, {key.replace("__", "."): value for key, value in settings.items()})
    return from_defaults(config, read_seeds(shipped.SEEDS), 90)


def dollars(found: Estimate) -> float:
    """By the price above."""
    read = sum(usage.input_tokens - usage.cache_read_tokens for usage in found.roles.values())
    cached = sum(usage.cache_read_tokens for usage in found.roles.values())
    return (10 * read + cached + 100 * sum(usage.output_tokens for usage in found.roles.values())) / 1e6


def test_a_model_that_thinks_is_paid_for_its_thoughts() -> None:
    """They come on top of each reply, as far as the limit lets them, unless the chain file switches them off."""
    quiet = expected("openai", model__price=PRICE).roles
    thinking = expected("openai", model__price=PRICE, model__extra={})
    wrote = {role: usage.output_tokens // usage.calls for role, usage in thinking.roles.items()}

    assert [usage.reasoning_tokens for usage in quiet.values()] == [0] * 4
    assert wrote["instructions"] == REPLY["instructions"] + THOUGHTS
    assert wrote["classification"] == 16  # its limit
    assert thinking.roles["instructions"].reasoning_tokens == thinking.roles["instructions"].calls * THOUGHTS
    assert thinking.dollars == pytest.approx(dollars(thinking))


@pytest.mark.parametrize(
    ("chain", "more", "caches"),
    [
        ("openai", {}, True),
        ("openai", {"model__base_url": "http://10.0.0.1/v1"}, False),
        ("anthropic", {}, False),  # it caches what it is asked to
        ("vllm", {}, False),
    ],
)
def test_what_the_provider_caches_unasked_has_its_own_price(chain: str, more: dict[str, Any], *, caches: bool) -> None:
    """What a role's prompts begin with alike is read from the cache from the second call on, and priced as that."""
    found = expected(chain, model__price=PRICE, **more)
    usage = found.roles["classification"]

    assert (usage.cache_read_tokens > 0) is caches
    assert usage.cache_read_tokens < usage.input_tokens
    assert found.roles["instructions"].cache_read_tokens == 0  # each shows other examples
    assert found.dollars == pytest.approx(dollars(found))


async def test_what_was_measured_is_priced_the_same(tmp_path: Path) -> None:
    """Cached and thinking tokens that a run's provider counted are expected again."""

    def script(prompt: str, seed: int | None) -> Reply:
        reply = scripted_author(prompt, seed)
        return reply._replace(cached_tokens=reply.input_tokens // 2)

    with ScriptedServer(script) as server:
        settings = {"model.base_url": server.base_url, "model.price": PRICE, "run.max_concurrency": 4}
        await self_instruct(load_config("openai", settings), tmp_path).ainvoke({"n": 4})
    overview = look(tmp_path)
    again = from_measured(overview, 4)

    assert again
    assert sum(usage.cache_read_tokens for usage in again.roles.values()) > 0
    assert again.dollars == pytest.approx(dollars(again))
