"""All that `check` says of a chain and its seeds, line by line."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.run.checking import check_chain
from tests.run.picky import Body, Picky, Refusal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
NOWHERE = {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "m", "model.extra": {}}
DIFFERENT = (
    "Explain how tides come about.",
    "Name three rivers of Africa and their lengths.",
    "Write a limerick on a lazy postman.",
    "Translate this menu for my French guests.",
    "Which of these sentences has a mistake?",
    "Plan a birthday party for twins aged five.",
    "Summarise what happened in the meeting yesterday.",
    "Give me reasons against buying an old house.",
)


def seeds(path: Path, *instructions: str, kind: bool = False) -> Path:
    """A file of them."""
    one = {"instances": [{"input": "", "output": "x"}], "is_classification": kind}
    path.write_text(
        "".join(json.dumps({"id": f"s{n}", "instruction": text} | one) + "\n" for n, text in enumerate(instructions))
    )
    return path


def said(chain: str = "openai", path: Path | None = None, **values: Any) -> list[str]:
    """What `check` says of a chain at no server."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    return list(check_chain(load_config(chain, {**NOWHERE, **given}), path))


def of(lines: list[str], begin: str) -> list[str]:
    """Those that begin so."""
    return [line for line in lines if line.startswith(begin)]


def test_a_sound_chain(tmp_path: Path) -> None:
    """Each line once, in this order; nothing is said of what is not there."""
    assert said(path=seeds(tmp_path / "s.jsonl", *DIFFERENT), classification__model__name="other") == [
        "chain openai: ok (m, other)",
        "language: en (found on 8 seeds)",
        "seeds: 8 tasks, 0 of them classification",
        (
            "note: classification: of the examples in its prompt 8 are seeds and 23 shipped ones, for want of "
            "classification tasks or others"
        ),
        (
            "note: output_first: of the examples in its prompt 0 are seeds and 6 shipped ones, for want of "
            "classification tasks with two labels or more"
        ),
        "models: ok (packages, keys and weights are there)",
        (
            "output of input_first, output_first: auto: json_schema, or function_calling, or json_mode, or text: found "
            "out by the first call"
        ),
        "price: openai: m at http://127.0.0.1:9/v1: nothing to pay",
        "price: openai: other at http://127.0.0.1:9/v1: nothing to pay",
    ]


@pytest.mark.parametrize(("count", "more"), [(0, []), (5, []), (6, ["1 more seeds are similar to others"])])
def test_seeds_that_are_alike(tmp_path: Path, count: int, more: list[str]) -> None:
    """The first five of them, and how many more there are."""
    alike = [f"Write a short poem about the {word}." for word in ("sea", "sun", "sky", "sand", "wind", "rain", "snow")]
    path = seeds(tmp_path / "s.jsonl", *DIFFERENT, *alike[: count + 1])
    named = [f"seed s{9 + n} is similar to s8 (ROUGE-L 0.86)" for n in range(min(count, 5))]

    assert of(said(path=path), "warning") == [f"warning: {line}" for line in (*named, *more)]


def test_seeds_that_a_filter_would_drop(tmp_path: Path) -> None:
    """Each with the filter's name."""
    path = seeds(tmp_path / "s.jsonl", *DIFFERENT, "Sing.", "Draw a cat that sleeps on a chair.")

    assert of(said(path=path), "warning") == [
        "warning: seed s8 would itself be dropped by the filter 'too_short'",
        "warning: seed s9 would itself be dropped by the filter 'keyword'",
    ]


@pytest.mark.parametrize(
    ("topics", "line"),
    [
        (["a", "b", "c", "d", "e"], "topics: 5: a, b, c, d, e"),
        (["a", "b", "c", "d", "e", "f"], "topics: 6: a, b, c, d, e, ..."),
        ({"a": 1, "b": 2}, "topics: 2 by weight: a, b"),
        ({"ask": 7}, "topics: 7, which the model writes first"),
    ],
)
def test_topics(topics: Any, line: str) -> None:
    """The first five, and whether there are more."""
    assert of(said(topics=topics), "topics") == [line]


@pytest.mark.parametrize(("length", "whole"), [(72, True), (73, False)])
def test_a_domain_has_one_line(length: int, whole: bool) -> None:
    """Of eighty characters."""
    domain = "bank " * 14 + "x" * (length - 70)
    [line] = of(said(domain=domain), "domain")

    assert line == (f"domain: {domain}" if whole else f"domain: {'bank ' * 13}...")


def test_classification_alone() -> None:
    """What that means; and whether the prompt has texts for it."""
    means = "classification_only: those are shown and asked for; what is not identified as one is dropped"
    lines = said(classification_only=True)
    bare = load_config("openai", {**NOWHERE, "classification_only": True})
    prompt = bare.instructions.prompt.model_copy(update={"classification_only": None})
    as_always = list(check_chain(bare.with_role("instructions", prompt=prompt)))

    assert of(lines, "classification_only") == of(as_always, "classification_only") == [means]
    assert of(lines, "warning") == []
    assert of(as_always, "warning") == [
        "warning: instructions.prompt has no texts for classification_only; it asks as it always does"
    ]
    assert of(said(), "classification_only") == []


def test_what_is_left_out_is_noted_once() -> None:
    """Whichever roles lack it; a threshold of another model is told too."""
    logprob = {"classification__decide": "logprob", "classification__threshold": {"value": 1, "fitted_for": "m"}}

    assert of(said(**logprob), "threshold") == ["threshold: 1, fitted for m"]
    assert of(said(), "threshold") == []


class Refusing(Picky):
    """Refuses all with a message."""

    def __init__(self, message: str) -> None:
        error = {"error": {"message": message, "type": "invalid_request_error"}}
        super().__init__(lambda _: (400, error))


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("LogProbs are not there", "classification.decide: text"),
        ("seed is unknown", "model.send_seed: false"),
        ("random_seed: unknown", "model.send_seed: false"),
        ("seedling is unknown", ""),
        ("Response Format is unknown", "output: text"),
        ("no json schema", "output: text"),
        ("structured replies are unknown", "output: text"),
        ("no tools", "output: text"),
        ("tool_choice is unknown", "output: text"),
        ("no system message", "model.system_role: false"),
        ("roles must alternate", "model.system_role: false"),
        ("max_completion_tokens is too large", "model.max_tokens"),
        ("max_tokens is too large", "model.max_tokens"),
        ("temperature is unknown", "leave out model.temperature, top_p and the penalties"),
        ("frequency_penalty is unknown", "leave out model.temperature, top_p and the penalties"),
        ("a nice day", ""),
    ],
)
async def test_a_refusal_names_the_key_that_mends_it(message: str, key: str) -> None:
    """By its words."""
    texts = {f"instances.{form}_first.output": "text" for form in ("input", "output")}
    async with Refusing(message) as server:
        config = load_config(
            "openai", {**NOWHERE, "model.base_url": server.base_url, "model.system_role": True, **texts}
        )
        with pytest.raises(ProviderError) as refused:
            await asyncio.to_thread(lambda: list(check_chain(config, call=True)))

    assert len(server.bodies) == 1
    assert str(refused.value).startswith("instructions: ")
    assert message in str(refused.value)
    assert str(refused.value).partition("; in the chain file: ")[2] == key


async def test_each_call_shows_the_beginning_of_its_reply() -> None:
    """Forty characters, on one line; of a chain for classification alone nothing is asked input-first."""
    bodies: list[Body] = []

    def count(body: Body) -> Refusal:
        bodies.append(body)
        return None

    async with Picky(count) as server:
        at = {**NOWHERE, "model.base_url": server.base_url, "classification_only": True}
        lines = await asyncio.to_thread(lambda: list(check_chain(load_config("openai", at), call=True)))

    calls = of(lines, "call: ")
    assert [line.split()[1] for line in calls] == ["instructions:", "classification:", "output_first:"]
    assert len(bodies) == 1 + 3
    texts = [line.partition(" answered ")[2].strip("'") for line in calls]
    assert (len(texts[0]), texts[1], len(texts[2])) == (40, "No", 40)
    assert texts[0].startswith("9. ")
    assert len({body["seed"] for body in bodies}) == 4


async def test_a_provider_that_may_answer_later_is_told_so() -> None:
    """It may be asked again; one that refuses for good may not."""
    for status, resumable in ((503, True), (401, False)):
        async with Picky(lambda _, status=status: (status, {"error": {"message": "no"}})) as server:
            config = load_config("openai", {**NOWHERE, "model.base_url": server.base_url, "model.system_role": True})
            with pytest.raises(ProviderError) as refused:
                await asyncio.to_thread(lambda config=config: list(check_chain(config, call=True)))
        assert refused.value.resumable is resumable
