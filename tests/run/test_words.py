"""What is said of a run's origin, of what to change in its chain, and of how far something is, word for word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.run.advice import why
from selfinstruct_chains.run.manifest import as_text, read_manifest
from selfinstruct_chains.run.origin import Origin, Refiltering, Regenerating, read_origin
from selfinstruct_chains.run.telling import telling
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "0123456789abcdef0123"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "nothing"),
        ({"novelty.threshold": 0.5}, "novelty.threshold=0.5"),
        ({"filters": [], "novelty.tokenizer": "ünï"}, 'filters=[], novelty.tokenizer="ünï"'),
    ],
)
def test_a_refiltered_run_in_words(changed: dict[str, Any], words: str) -> None:
    """By the first twelve digits of the other's fingerprint."""
    made = Refiltering(source=SOURCE, changed=changed)

    assert str(made) == f"Refiltered, without a call, from the run 0123456789ab; changed: {words}"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Outputs written anew by m, for the run 0123456789ab"),
        ({"judge": "j"}, "Outputs written anew by m, for the run 0123456789ab"),
        (
            {"best_of": 2, "judge": "j", "wrote": "inputs and outputs"},
            "Inputs and outputs written anew by m, the best of 2 by ratings of j, for the run 0123456789ab",
        ),
        ({"before": "Was so"}, "Outputs written anew by m, for the run 0123456789ab; before: Was so"),
    ],
)
def test_a_regenerated_run_in_words(more: dict[str, Any], words: str) -> None:
    """What was written, by whom, the best of how many, and what it was before."""
    given = {"source": SOURCE, "wrote": "outputs", "model": "m", **more}

    assert str(Regenerating.model_validate(given)) == words


def test_an_origin_is_read(tmp_path: Path) -> None:
    """A run that models grew is made of nothing; a part of another type is damage."""
    folder = run_folder(tmp_path / "run", [task(0, "Sing.")]).path
    found = read_origin(folder)

    assert (found.made, found.format, found.refiltered, found.regenerated) == ("", 2, None, None)
    assert found.chain["name"] == "openai"
    made: dict[str, Any] = {"source": SOURCE, "changed": {}}
    assert Origin(fingerprint="f", versions={}, chain={}, format=2, refiltered=made).made.startswith("Refiltered, ")  # type: ignore[arg-type]
    manifest = read_manifest(folder)
    for key, value in (("fingerprint", 5), ("versions", []), ("format", 2.0)):
        (folder / "manifest.json").write_text(as_text(manifest | {key: value}))
        with pytest.raises(RunError, match=r"manifest\.json: damaged"):
            read_origin(folder)


NOVELTY = (
    "the model repeats itself: raise instructions.model.temperature, give more or other seeds, ask for fewer at a time "
    "(instructions.ask), or take a stronger model.name"
)


@pytest.mark.parametrize(
    ("drops", "said"),
    [
        ({}, ""),
        ({("instruction", "novelty"): 21, ("instruction", "keyword"): 3}, f"mostly by novelty (21 of 24): {NOVELTY}"),
        (
            {("task", "no_instance"): 9, ("instance", "echo"): 2, ("request", "truncated"): 1},
            (
                "mostly by echo (2 of 3): outputs repeat their inputs: a stronger model.name, or another prompt of "
                "instances.input_first and .output_first, helps"
            ),
        ),
        (
            {("task", "no_instance"): 9},
            (
                "mostly by no_instance (9 of 9): replies hold nothing to use: take a stronger model.name, or another "
                "prompt"
            ),
        ),
        (
            {("instance", "mine"): 1},
            (
                "mostly by mine (1 of 1): look at them in rejected.jsonl, and change or leave out what is of that kind "
                "in filters, or the prompt of instances.input_first and .output_first"
            ),
        ),
        (
            {("task", "truncated"): 4},
            (
                "mostly by truncated (4 of 4): replies are cut at their limit: raise model.max_tokens of "
                "classification, instances.input_first and .output_first"
            ),
        ),
        (
            {("request", "refused"): 1},
            (
                "mostly by refused (1 of 1): the provider refuses these prompts: look at its words in rejected.jsonl, "
                "and change the seeds, the prompt of instructions, or model.name"
            ),
        ),
    ],
)
def test_what_to_change(drops: dict[tuple[str, str], int], said: str) -> None:
    """By what dropped most; that nothing was left says less than what took it."""
    assert why(drops) == said


def test_each_part_is_told_when_it_is_done() -> None:
    """From the first, when the next is asked for."""
    said: list[tuple[str, int, int | None]] = []
    items = telling("ab", lambda *told: said.append(told), "reading", 2)

    assert (next(items), said) == ("a", [])
    assert (next(items), said) == ("b", [("reading", 1, 2)])
    assert list(items) == []
    assert said == [("reading", 1, 2), ("reading", 2, 2)]
    assert json.dumps(said)
