"""What tasks are expected to take, worked out by hand: each number that is taken where nothing is measured counts."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import pytest
from langchain_core.prompts import ChatPromptTemplate

from selfinstruct_chains import ChainConfig, Instance, Task, load_config
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.run.estimate import Estimate, from_defaults, from_measured
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.overview import Overview
from selfinstruct_chains.run.usage import Usage

PRICE = {"input": 10, "output": 100, "cached_input": 1}
SEEDS = [
    Task(
        id=letter,
        instruction=letter * 10,
        instances=(Instance(input="i", output="x"), Instance(input="j", output="y")),
        is_classification=letter < "N",
    )
    for letter in ascii_uppercase
]
"""Their instructions begin differently, and have ten characters each."""


def about(before: int) -> ChatPromptTemplate:
    """A prompt of so many characters, "Human: " among them, and an instruction."""
    return ChatPromptTemplate([("human", "x" * (before - len("Human: ")) + "{instruction}")])


def chain(classification: int = 4096, input_first: int = 4095, output_first: int = 4496, **values: Any) -> ChainConfig:
    """The openai chain with prompts of so many characters before what differs."""
    prompts = {
        "instructions.prompt": ChatPromptTemplate([("human", "{examples}")]),
        "classification.prompt": about(classification),
        "instances.input_first.prompt": about(input_first),
        "instances.output_first.prompt": about(output_first),
    }
    given = {key.replace("__", "."): value for key, value in values.items()}
    return load_config("openai", {"model.price": PRICE, **prompts, **given})


def test_ninety_tasks_by_the_defaults() -> None:
    """100 accepted of 200, a quarter of them classification; what a prompt begins with is cached from 1024 tokens on.

    Eight numbered lines of 13 characters make 29 tokens, 4106 characters 1026; 4096 that are the same 1024.
    """
    found = from_defaults(chain(), SEEDS, 90)

    assert found.roles == {
        "instructions": Usage(25, 25 * 29, 25 * 200, milliseconds=25 * 5000),
        "classification": Usage(100, 100 * 1026, 100 * 3, milliseconds=100 * 1060, cache_read_tokens=99 * 1024),
        "input_first": Usage(75, 75 * 1026, 75 * 150, milliseconds=75 * 4000),
        "output_first": Usage(25, 25 * 1126, 25 * 120, milliseconds=25 * 3400, cache_read_tokens=24 * 1124),
    }
    assert found.dollars == pytest.approx((80_073 * 10 + 128_352 * 1 + 19_550 * 100) / 1e6)
    assert found.seconds == pytest.approx(616 / 16)


def test_of_classification_alone_nothing_is_written_input_first() -> None:
    """All that are accepted go output-first, and what is never asked is never read from a cache."""
    found = from_defaults(chain(input_first=4496, classification_only=True), SEEDS, 90).roles

    assert found["input_first"] == Usage()
    assert (found["output_first"].calls, found["output_first"].cache_read_tokens) == (100, 99 * 1124)


def test_thoughts_come_before_each_reply() -> None:
    """500 tokens, as far as the limit lets them; a role without a limit has them all."""
    found = from_defaults(chain(model__extra={}, instances__input_first__model__max_tokens=None), SEEDS, 90).roles

    assert [
        (usage.output_tokens // usage.calls, usage.reasoning_tokens // usage.calls) for usage in found.values()
    ] == [
        (700, 500),
        (16, 16),
        (650, 500),
        (620, 500),
    ]


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({"model__requests_per_minute": 10}, 60 * 100 / 10),
        ({"model__tokens_per_minute": 1000}, 60 * (102_600 + 300) / 1000),
        ({"model__requests_per_minute": 10_000}, 616 / 16),
        ({"run__max_concurrency": 4}, 616 / 4),
    ],
)
def test_a_limit_a_minute_may_be_what_takes_longest(limits: dict[str, Any], seconds: float) -> None:
    """Of the role that reaches it last."""
    assert from_defaults(chain(**limits), SEEDS, 90).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(("provider", "tokens"), [("deepseek", 64), ("openai", 1024), ("azure_openai", 1024)])
def test_from_how_many_tokens_on_a_provider_caches(provider: str, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its guide says; one token less is read anew each time."""
    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    prompts = {"classification": 4 * tokens, "output_first": 4 * tokens - 1}
    found = from_defaults(chain(**prompts, model__provider=provider, model__name="m", model__extra={}), SEEDS, 90)

    assert found.roles["classification"].cache_read_tokens == 99 * tokens
    assert found.roles["output_first"].cache_read_tokens == 0


def measured(finished: int, used: dict[Any, Usage], tasks: int, **values: Any) -> Estimate | None:
    """What so many more tasks take, by what those that are there took."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    config = load_config("openai", {"model.price": PRICE, **given})
    return from_measured(Overview(config, Monitor(finished=finished), used=used), tasks)


def test_six_tasks_by_four() -> None:
    """Half as much again of all that was counted, by whichever model, for each role."""
    used = {
        ("instructions", "m"): Usage(2, 100, 10, 0, 2, 3000, 40, 6, 4),
        ("instructions", "n"): Usage(4, 200, 20, 0, 0, 1000, 20, 2, 0),
        ("output_first", "m"): Usage(1, 1000, 50, 0, 0, 500, 0, 0, 0),
    }
    found = measured(4, used, 6, run__max_concurrency=3)

    assert found
    assert found.roles == {
        "instructions": Usage(9, 450, 45, 0, 3, 6000, 90, 12, 6),
        "classification": Usage(),
        "input_first": Usage(),
        "output_first": Usage(2, 1500, 75, 0, 0, 750, 0, 0, 0),
    }
    assert found.dollars == pytest.approx((348 * 10 + 90 + 12 * 10 + 4500 + 1500 * 10 + 7500) / 1e6)
    assert found.seconds == pytest.approx(6.75 / 3)
    assert measured(0, used, 6) is None


def test_what_is_not_known_has_no_price() -> None:
    """One role whose provider did not count, or whose model has no price, is enough."""
    counted = {(role, "m"): Usage(1, 10, 10, milliseconds=100) for role in ROLES}
    known = measured(1, counted, 1, run__max_concurrency=1)
    uncounted = measured(1, counted | {("classification", "m"): Usage(1, unknown=1)}, 1)
    unpriced = measured(
        1, counted, 1, classification__model__price=None, classification__model__name="m", model__base_url="http://x/v1"
    )

    assert known
    assert (known.dollars, known.seconds) == (pytest.approx(4 * 1100 / 1e6), 0.4)
    assert uncounted
    assert uncounted.dollars is None
    assert unpriced
    assert unpriced.dollars is None
