"""A run as it is compared: what is read of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Rejection, load_config
from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.compare.side import Said, is_same_folder, sides
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.telling import untold
from tests.outputs.review.test_review import verdict
from tests.outputs.runs import SEED, run_folder, task
from tests.outputs.twenty import ENTRIES

if TYPE_CHECKING:
    from pathlib import Path


def test_all_of_it_is_read(tmp_path: Path) -> None:
    """Tasks, what was dropped, calls, and the verdicts about what is there."""
    tasks = [
        task(0, "Say yes.", labels=True),
        task(1, "Say no."),
        task(10, "Say it.", labels=True),
        task(11, "Say so.", labels=True),
        task(12, "Say what.").model_copy(update={"provenance": None}),
    ]
    drops = [("novelty", "instruction", 0), ("novelty", "instruction", 0), ("novelty", "instruction", 1)]
    drops += [("short", "instruction", 1), ("empty", "instance", 1)]
    rejections = [
        Rejection(id=f"000000-{place}", rule=rule, stage=stage, text="x", request=request)
        for place, (rule, stage, request) in enumerate(drops, start=20)
    ]
    seeds = [SEED, SEED.model_copy(update={"id": "2"})]
    path = run_folder(tmp_path / "run", tasks, rejections, ENTRIES, seeds=seeds).path
    Reviews(path).put(verdict("000000-00"))
    Reviews(path).put(verdict("000009-09"))
    Reviews(path).put(verdict("000009-09", by="judge"))
    one, other = sides([path, path], 2, untold)

    assert (one.letter, other.letter, one.path, one.name) == ("A", "B", path, "run")
    assert (one.finished, one.facts.seeds, one.unfinished, one.has_calls) == (5, 2, "", True)
    assert one.instructions[0] == Said("000000-00", "Say yes.")
    assert [said.id for said in one.instructions] == [made.id for made in tasks]
    assert len(one.sample) == 2
    assert [made.id for made in one.sample] == [made.id for made in other.sample]
    assert one.classified == {0: (1, 2), 1: (2, 2), -1: (0, 1)}
    assert one.dropped == {"novelty": Counter({0: 2, 1: 1}), "short": Counter({1: 1})}
    assert one.facts.stats.dropped["instance", "empty"] == 1
    assert {role: usage.calls for (role, _), usage in one.facts.stats.calls.items() if usage.calls} == {
        "instructions": 1,
        "classification": 1,
        "input_first": 1,
    }
    assert one.verdicts == {"person": [verdict("000000-00")]}


def test_languages_are_whole_ones(tmp_path: Path) -> None:
    """Without their regions; several where the chain asks for several; English in runs that name none."""
    for name, language in (("a", "pt-BR"), ("b", {"en": 0.4, "fr": 0.6})):
        run_folder(tmp_path / name, [], config=load_config("openai", {"language": language}))
    one, several = sides([tmp_path / "a", tmp_path / "b"], 1, untold)
    nameless = replace(one, config=one.config.model_copy(update={"language": None}))

    assert [side.languages for side in (one, several, nameless)] == [{"pt"}, {"en", "fr"}, {"en"}]
    assert not one.has_calls


def test_as_many_runs_as_letters(tmp_path: Path) -> None:
    """And no more, which is told before it is looked for any of them; nor fewer than two."""
    path = run_folder(tmp_path / "run", []).path

    with pytest.raises(RunError, match="not a run folder"):
        sides([*[path] * 25, tmp_path], 1, untold)
    with pytest.raises(ConfigError, match=r"^27 runs are too many to stand side by side: 26 at most$"):
        sides([path] * 27, 1, untold)
    with pytest.raises(ConfigError, match=r"^one run alone can't be compared: name another one, or the same again$"):
        sides([path], 1, untold)


def test_a_folder_is_the_same_by_any_path(tmp_path: Path) -> None:
    """Its name is that of the folder, not of a link."""
    run_folder(tmp_path / "run", [])
    run_folder(tmp_path / "other", [])
    (tmp_path / "link").symlink_to(tmp_path / "run")
    run, link, other = sides([tmp_path / "run", tmp_path / "link", tmp_path / "other"], 1, untold)

    assert link.name == "run"
    assert is_same_folder(run, link)
    assert not is_same_folder(run, other)
