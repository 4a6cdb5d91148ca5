"""The task pool: what a request shows, and what joins."""

from __future__ import annotations

import pytest

from selfinstruct_chains import ChainConfig, Instance, Task, load_config
from selfinstruct_chains.errors import DataError
from selfinstruct_chains.method.pool import Pool

WORDS = [
    "tides",
    "bread",
    "engines",
    "lighthouses",
    "contracts",
    "violins",
    "glaciers",
    "taxes",
    "bees",
    "comets",
    "bridges",
    "novels",
]


def seed(number: int) -> Task:
    """A seed task about something of its own."""
    text = f"Explain {WORDS[number]} number {number} to someone who has never heard of {WORDS[-number]}."
    return Task(id=f"seed-{number}", instruction=text, instances=(Instance(output="x"),), is_classification=False)


def config(**overrides: object) -> ChainConfig:
    """The openai chain with overrides."""
    return load_config("openai", {key.replace("__", "."): value for key, value in overrides.items()})


def pool(**overrides: object) -> Pool:
    """A pool with twelve seeds."""
    return Pool(config(**overrides), [seed(number) for number in range(12)])


def test_seeds_fill_the_places_of_missing_generated_ones() -> None:
    """Eight are shown: all of them seeds at first, six and two as soon as two generated ones are seen."""
    tasks = pool()
    for number in range(5):
        assert tasks.admit(f"{number}", f"Write {WORDS[number]} {WORDS[number + 5]} as a limerick {number}.") is None

    for seen, generated in ((0, 0), (1, 1), (2, 2), (5, 2)):
        shown = tasks.draw(3, seen).examples
        assert len(shown) == len(set(shown)) == 8
        assert sum(not example.id.startswith("seed") for example in shown) == generated


def test_a_draw_depends_on_seed_request_and_what_is_seen_alone() -> None:
    """Drawing again gives the same, whatever has joined the pool since; other requests and run seeds give others."""
    tasks = pool()
    tasks.admit("a", "Write a limerick about the sea and its colours.")
    before = tasks.draw(7, 1)
    tasks.admit("b", "List five reasons for learning the violin late.")

    assert tasks.draw(7, 1) == before
    assert tasks.draw(8, 1) != before
    assert pool(run__seed=7).draw(7, 0) != pool().draw(7, 0)


def test_a_pattern_chooses_what_is_shown() -> None:
    """With `example_pattern` only matching instructions are shown, generated ones too; too few matches, and all are."""
    tasks = pool(instructions__example_pattern="tides|bread|engines|light|contr|viol|glac|tax|bees")
    tasks.admit("no", "Name three kinds of cloud and how high they are.")
    tasks.admit("yes", "Name three kinds of bees and where they live.")

    shown = {example.id for request in range(20) for example in tasks.draw(request, 2).examples}
    assert "yes" in shown
    assert "no" not in shown
    assert len(pool(instructions__example_pattern="^tides").draw(0, 0).examples) == 8


def test_what_is_refused_has_its_rule_and_neighbour() -> None:
    """A short one is `too_short`; a near-copy of a seed is `novelty`, with the seed's id and the F-measure."""
    tasks = pool()
    copy = seed(3).instruction.replace("someone", "somebody")

    assert tasks.admit("x", "Too short").rule == "too_short"  # type: ignore[union-attr]
    verdict = tasks.admit("y", copy)
    assert verdict
    assert (verdict.rule, verdict.nearest) == ("novelty", "seed-3")
    assert 0.7 <= (verdict.score or 0) < 1
    assert tasks.generated == 0


def test_an_accepted_instruction_keeps_its_copies_out() -> None:
    """What has joined counts for the comparison at once."""
    tasks = pool()

    assert tasks.admit("1", "Write a limerick about the sea and its colours.") is None
    assert tasks.admit("2", "Write a limerick about the sea and its colours!").nearest == "1"  # type: ignore[union-attr]


def test_own_filters_come_before_the_comparison() -> None:
    """A caller's filter names its rule, also for what would be too similar."""
    tasks = Pool(config(), [seed(n) for n in range(12)], [lambda text: "mine" if "tides" in text else None])

    assert tasks.admit("1", seed(0).instruction).rule == "mine"  # type: ignore[union-attr]


def test_too_few_seeds_say_how_to_lower_it() -> None:
    """Fewer seeds than a request shows is a DataError with the setting that allows it."""
    with pytest.raises(DataError, match=r"3 seed tasks.*--set instructions\.seed_examples=3"):
        Pool(config(), [seed(n) for n in range(3)])
