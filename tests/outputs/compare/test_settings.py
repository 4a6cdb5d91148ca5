"""What differs in how runs were made: only that, by the key that changes it."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.outputs.compare.settings import ABSENT, differing, prompt_changes
from selfinstruct_chains.outputs.compare.side import sides
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.manifest import read_manifest, write
from selfinstruct_chains.run.telling import untold
from tests.outputs.runs import SEED, run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.outputs.compare.side import Side

Settings = dict[str, Any]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Sequence[Side]]:
    """Runs of the openai chain with these settings, or of these chains."""
    numbers = count()

    def make(*chains: Settings | ChainConfig) -> Sequence[Side]:
        configs = [load_config("openai", one) if isinstance(one, dict) else one for one in chains]
        paths = [tmp_path / str(next(numbers)) for _ in configs]
        for path, config in zip(paths, configs, strict=True):
            run_folder(path, [task(0, "Name a lake.")], config=config)
        return sides(paths, 10, untold)

    return make


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"novelty.threshold": 0.5}, {"novelty.threshold": [0.7, 0.5]}),
        ({"run.max_concurrency": 3}, {"run.max_concurrency": [16, 3]}),
        ({"model.name": "m"}, {"model.name": [load_config("openai").model.name, "m"]}),
        ({"instructions.model.name": "m"}, {"instructions.model.name": [load_config("openai").model.name, "m"]}),
        ({"filters.0.min_words": 9}, {"filters.0.min_words": [4, 9]}),
        ({"topics": ["lakes", "rivers"]}, {"topics.names": [ABSENT, ["lakes", "rivers"]], "topics.ask": [ABSENT, 0]}),
    ],
)
def test_the_key_that_was_changed_is_told_and_no_other(
    read: Callable[..., Sequence[Side]], settings: Settings, expected: dict[str, list[Any]]
) -> None:
    """As `--set` takes it, each run's value in order; a model's that all roles have is told once."""
    found = differing(read({}, settings))

    assert {key: values for key, values in found.items() if key != "description"} == expected


def test_filters_of_other_kinds_are_told_by_their_kinds(read: Callable[..., Sequence[Side]]) -> None:
    """Not by places in the list, which would all be shifted; two of one kind are told apart."""
    first = load_config("openai")
    length, *others = first.filters
    found = differing(read(first, first.model_copy(update={"filters": (*others, length, length)})))

    kinds = [one.kind for one in others]
    assert found == {
        "filters.order": [", ".join(["length", *kinds]), ", ".join([*kinds, "length", "length-2"])],
        "filters.length-2.min_words": [ABSENT, 4],
        "filters.length-2.max_words": [ABSENT, 150],
    }
    third = read(first, first.model_copy(update={"filters": (length, length, length)}))
    assert differing(third)["filters.order"][1] == "length, length-2, length-3"


def test_other_seeds_are_told(tmp_path: Path) -> None:
    """By how many there are, and their hash."""
    for name, seeds in (("a", [SEED]), ("b", [SEED, SEED.model_copy(update={"id": "2"})])):
        run_folder(tmp_path / name, [], seeds=seeds)
    [(key, (one, other))] = differing(sides([tmp_path / "a", tmp_path / "b"], 1, untold)).items()

    hashes = [sha256((tmp_path / name / "seeds.jsonl").read_bytes()).hexdigest()[:12] for name in "ab"]
    assert (key, one, other) == ("seeds", f"1 ({hashes[0]})", f"2 ({hashes[1]})")


def test_another_version_is_told(tmp_path: Path) -> None:
    """And what the makers' own programs brought."""
    own = {"own.steps.classification": "Mine"}
    run_folder(tmp_path / "a", [])
    folder = Folder(tmp_path / "b", load_config("openai"), [SEED], own)
    folder.close()
    manifest = read_manifest(tmp_path / "b")
    versions = manifest["versions"] | {"selfinstruct-chains": "0.0.1"}
    write(tmp_path / "b", manifest | {"versions": versions})

    assert differing(sides([tmp_path / "a", tmp_path / "b"], 1, untold)) == {
        "own.steps.classification": [ABSENT, "Mine"],
        "version": [read_manifest(tmp_path / "a")["versions"]["selfinstruct-chains"], "0.0.1"],
    }


def test_whose_threshold_it_is_changes_nothing(read: Callable[..., Sequence[Side]]) -> None:
    """Where it holds for the model; one that was fitted for another model is told with it."""
    first = load_config("embedded")
    own = first.classification.threshold.value
    same = load_config("embedded", {"classification.threshold": own})
    other = load_config("embedded", {"classification.threshold": {"value": own, "fitted_for": "another"}})

    assert differing(read(first, same)) == {}
    assert differing(read(same, other)) == {
        "classification.threshold.value": [ABSENT, own],
        "classification.threshold.fitted_for": [ABSENT, "another"],
    }


def test_a_section_that_only_one_run_has(read: Callable[..., Sequence[Side]]) -> None:
    """Its keys are told, and not that it is null in the other; keys of one section stand together."""
    keys = list(differing(read({}, load_config("embedded", {"run.seed": 7}))))

    sections = [key.partition(".")[0] for key in keys]
    assert "model.server.threads" in keys
    assert "model.server" not in keys
    assert [sections[place] for place in range(len(sections)) if sections[place] != sections[place - 1]] == list(
        dict.fromkeys(sections)
    )


def test_changed_prompts_are_told_by_their_texts(read: Callable[..., Sequence[Side]]) -> None:
    """A diff for each text that differs, with what was before, in the order of the roles; equal ones are left out."""
    first = load_config("openai")
    prompt = first.classification.prompt
    told = prompt.chat.user + "\nBe\nquick."
    chat = prompt.chat.model_copy(update={"user": told})
    other = first.with_role("classification", prompt=prompt.model_copy(update={"chat": chat, "separator": "\n"}))
    [change] = prompt_changes(read(first, other))

    assert (change.key, change.letter, change.added, change.removed) == ("classification.prompt", "B", 2, 1)
    assert change.lines == ["@ separator", " ", "-", "@ chat.user", " ", "+Be", "+quick."]


def test_lists_of_a_prompt_are_told_item_by_item(read: Callable[..., Sequence[Side]]) -> None:
    """As JSON with its letters as they are; each run is held against the first."""
    first = load_config("openai")
    prompt = first.classification.prompt
    completion = prompt.completion.model_copy(update={"stop": ("\n", "é")})
    other = first.with_role("classification", prompt=prompt.model_copy(update={"completion": completion}))
    changes = prompt_changes(read(first, first, other))

    assert [(one.key, one.letter, one.lines) for one in changes] == [
        ("classification.prompt", "C", ["@ completion.stop", ' "\\n"', '+"é"'])
    ]


def test_prompts_of_a_kind_that_is_not_asked_for_are_no_difference(read: Callable[..., Sequence[Side]]) -> None:
    """What only chains with classification_only are told counts among those alone."""
    first = load_config("openai")
    bare = first.instructions.prompt.model_copy(update={"classification_only": None})

    other = first.with_role("instructions", prompt=bare)
    asks = other.model_copy(update={"classification_only": True})
    assert prompt_changes(read(first, other)) == []
    assert [change.key for change in prompt_changes(read(first, asks))] == ["instructions.prompt"]
