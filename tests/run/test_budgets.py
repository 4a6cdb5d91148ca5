"""Budgets, and what calls cost: for each role and model, over the whole folder, never counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, load_config, self_instruct
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import BudgetReached, ConfigError
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.testing import ScriptedChat
from tests.run.scripts import Author, config, entries, files

if TYPE_CHECKING:
    from pathlib import Path

PRICE: dict[str, Any] = {"model__price": {"input": 1000, "output": 3000}}


async def test_a_budget_of_dollars_stops_within_the_calls_in_flight(tmp_path: Path) -> None:
    """The run stops when its tokens cost as much, passing it by no more than the calls in flight, and can go on."""
    monitor = Monitor()
    chain = self_instruct(config(**PRICE), tmp_path, models=Author(slow=0.005).model, monitor=monitor)
    with pytest.raises(BudgetReached, match=r"budget of \$30.00") as stopped:
        await chain.ainvoke({"n": 40, "budgets": {"dollars": 30}})

    costs = [
        (1000 * entry.usage["input_tokens"] + 3000 * entry.usage["output_tokens"]) / 1e6
        for entry in entries(tmp_path)
        if entry.usage
    ]
    assert stopped.value.budget == "dollars"
    assert monitor.cost == pytest.approx(sum(costs))
    assert 30 <= sum(costs) <= 30 + 8 * max(costs)
    assert len(await self_instruct(config(**PRICE), tmp_path, models=Author().model).ainvoke({"n": 40})) == 40


async def test_a_budget_of_tokens_counts_the_whole_folder(tmp_path: Path) -> None:
    """Tokens of former starts count, and a second start with the same budget makes no call at all."""
    chain = self_instruct(config(), tmp_path, models=Author(slow=0.005).model)
    with pytest.raises(BudgetReached, match=r"budget of 20,000 tokens"):
        await chain.ainvoke({"n": 40, "budgets": {"tokens": 20_000}})
    author = Author()
    with pytest.raises(BudgetReached):
        await self_instruct(config(), tmp_path, models=author.model).ainvoke({"n": 40, "budgets": {"tokens": 20_000}})

    assert not author.calls


async def test_a_budget_of_minutes_counts_this_start(tmp_path: Path) -> None:
    """Time stops a run, and the next start has as much again."""
    found = []
    for _ in range(2):
        chain = self_instruct(config(), tmp_path, models=Author(slow=0.1).model)
        with pytest.raises(BudgetReached, match=r"budget of 0\.005 minutes"):
            await chain.ainvoke({"n": 1000, "budgets": {"minutes": 0.005}})
        found.append(len(entries(tmp_path)))

    assert 0 < found[0] < found[1]


async def test_without_a_price_a_budget_of_dollars_is_refused(tmp_path: Path) -> None:
    """No price for a model: refused before the first call, with the roles, the key to set and the other way out."""
    author = Author()
    prices = {f"{role}__model__price": PRICE["model__price"] for role in ("instructions", "classification")}
    chain = self_instruct(config(**prices), tmp_path, models=author.model)
    way_out = r"input_first.*model\.price=\{input.*instances\.input_first\.model\.price.*--max-calls"
    with pytest.raises(ConfigError, match=way_out):
        await chain.ainvoke({"n": 5, "budgets": {"dollars": 1}})

    assert not author.calls


async def test_unknown_tokens_are_never_zero(tmp_path: Path) -> None:
    """A provider that counts no tokens: calls are counted as unknown, and a budget of tokens ends the run saying so."""

    class Silent(ScriptedChat):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            result = await super()._agenerate(*args, **kwargs)
            result.generations[0].message.usage_metadata = None
            return result

    monitor = Monitor()
    chain = self_instruct(config(), tmp_path, models=Silent(reply=Author()), monitor=monitor)
    with pytest.raises(BudgetReached, match="does not count its tokens") as stopped:
        await chain.ainvoke({"n": 5, "budgets": {"tokens": 10_000}})

    assert stopped.value.budget == ""
    assert monitor.total.unknown == monitor.calls > 0
    assert all(entry.usage is None for entry in entries(tmp_path))


async def test_usage_is_summed_by_role_and_model_and_not_twice(tmp_path: Path) -> None:
    """Each role's calls and tokens add up to the journal's, under the model's reported name, also after a resume."""
    for _ in range(2):
        monitor = Monitor()
        await self_instruct(config(), tmp_path, models=Author().model, monitor=monitor).ainvoke({"n": 10})

    lines = entries(tmp_path)
    assert set(monitor.spent) == {(entry.key.split("/")[0], "scripted") for entry in lines}
    for (role, _), usage in monitor.spent.items():
        own = [entry for entry in lines if entry.key.startswith(role)]
        assert usage.calls == len(own)
        assert usage.input_tokens == sum(entry.usage["input_tokens"] for entry in own if entry.usage)


async def test_a_budget_changes_nothing_of_the_dataset(tmp_path: Path) -> None:
    """A run in many small budgets gives the same files as one in a single start."""
    await self_instruct(config(), tmp_path / "whole", models=Author().model).ainvoke({"n": 20})
    for calls in range(10, 200, 10):
        chain = self_instruct(config(), tmp_path / "parts", models=Author(slow=0.003).model)
        try:
            await chain.ainvoke({"n": 20, "budgets": {"calls": calls}})
            break
        except BudgetReached:
            continue

    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def model(**values: Any) -> ModelConfig:
    """A model's config."""
    return ModelConfig.model_validate({"provider": "openai", "kind": "chat", "name": "gpt-4.1-mini", **values})


@pytest.mark.parametrize(
    ("config", "dollars"),
    [
        (model(), (0.4, 1.6)),
        (model(name="gpt-4.1-mini-2025-04-14"), (0.4, 1.6)),
        (model(price={"input": 1, "output": 2}), (1, 2)),
        (model(name="no-such-model"), None),
        (model(base_url="http://127.0.0.1:8000/v1"), (0, 0)),
        (model(base_url="https://gpu.example/v1"), None),
        (model(base_url="https://api.openai.com/v1"), (0.4, 1.6)),
        (model(base_url="https://api.deepseek.com/v1", name="deepseek-chat"), (0.27, 1.1)),  # less at night
        (model(provider="ollama", name="qwen3"), (0, 0)),
        (model(provider="ollama", name="qwen3", base_url="https://gpu.example"), None),
        (model(provider="vllm", name="qwen3"), (0, 0)),
        (model(provider="nobody"), None),
        (model(provider="embedded"), (0, 0)),
    ],
)
def test_prices(config: ModelConfig, dollars: tuple[float, float] | None) -> None:
    """A stated price wins; the embedded model is free; a server of one's own and unknown models have none."""
    found = price(config)

    assert (found and (found.input, found.output)) == (dollars and pytest.approx(dollars))


def test_a_price_shapes_no_dataset() -> None:
    """A price may be corrected on a folder that is there: it is no part of the fingerprint."""
    assert (
        load_config("openai", {"model.price": {"input": 1, "output": 2}}).shaping() == load_config("openai").shaping()
    )
