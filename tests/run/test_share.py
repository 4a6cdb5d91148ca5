"""The share of classification tasks is told where it is far from the paper's, with what it likely comes from."""

from typing import Any

import pytest

from selfinstruct_chains import load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE
from selfinstruct_chains.run.share import PAPER, far_off

SEEDS = read_seeds(shipped.SEEDS)
CLASSIFICATION = [task for task in SEEDS if task.is_classification]


@pytest.mark.parametrize(
    ("count", "of", "told"),
    [
        *[(159, 159, True), (71, 145, True), (4, 4, True), (6, 7, True), (0, 39, True), (10, 1000, True)],
        *[(0, 0, False), (3, 3, False), (4, 5, False), (0, 38, False), (22, 100, False), (400, 1000, False)],
    ],
)
def test_far_is_twice_or_half_beyond_chance(count: int, of: int, told: bool) -> None:
    """A small model's 100% and 49% are; a few tasks say nothing, nor does what is within twice the paper's."""
    assert bool(far_off(load_config("embedded"), SEEDS, count, of)) is told


BARE = {"classification.threshold": -0.5}
"""A number that holds for whatever model."""


@pytest.mark.parametrize(
    ("chain", "overrides", "count", "cause"),
    [
        ("embedded", {}, 90, "The threshold was fitted for this model, so likely the model can't tell the kinds apart"),
        (
            "embedded",
            BARE,
            90,
            "Likely classification.threshold (-0.5) is too low for this model: threshold: auto fits",
        ),
        ("embedded", BARE, 1, "Likely classification.threshold (-0.5) is too high for this model"),
        ("embedded", {"model.name": "/x/gemma.gguf"}, 90, "The threshold was fitted on the seeds, so likely the model"),
        ("openai", {}, 90, "Likely the model says yes to most instructions: another classification.model.name helps"),
        ("openai", {}, 1, "Likely the model says no to most"),
    ],
)
def test_the_likely_cause_is_named(chain: str, overrides: dict[str, Any], count: int, cause: str) -> None:
    """By how the chain decides, beside the paper's share."""
    said = far_off(load_config(chain, overrides), SEEDS, count, 100)
    shares = f"Classification tasks are {count} of 100 ({count}%); the paper's are 22% (11,584 of 52,445). "
    assert said.startswith(shares)
    assert cause in said


def test_seeds_of_that_kind_are_the_cause() -> None:
    """Who gives such seeds is told so; who wants nothing else is told nothing."""
    assert far_off(load_config("openai"), CLASSIFICATION, 90, 100).endswith("by the seeds, of which 25 of 25 are.")
    assert not far_off(load_config("openai", {"classification_only": True}), SEEDS, 100, 100)


def test_the_papers_figures_stand_once() -> None:
    """As in its Table 1."""
    assert (PAPER_TABLE_ONE["classification"], PAPER_TABLE_ONE["instructions"]) == PAPER == (11_584, 52_445)
