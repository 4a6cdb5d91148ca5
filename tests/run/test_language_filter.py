"""A chain that asks for a language keeps what is in it, and drops the rest with reasons."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, read_seeds, self_instruct
from selfinstruct_chains.config import LanguageFilter
from selfinstruct_chains.errors import AcceptanceCollapsed, ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.identifying import shown
from selfinstruct_chains.run.checking import check_chain
from selfinstruct_chains.run.manifest import run_fingerprint
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config, files

if TYPE_CHECKING:
    from selfinstruct_chains.tasks import Task
    from selfinstruct_chains.testing import Script

FOLDER = Path(__file__).parents[2] / "seeds" / "languages"
GERMAN = read_seeds(FOLDER / "de.jsonl")
SEEDS = read_seeds(shipped.SEEDS)
ENGLISH = [task.instruction for task in read_seeds(shipped.HELDOUT)]
ENGLISH = [text for text in ENGLISH if "\n" not in text and len(text) > 60]


def stubborn(prompt: str, seed: int | None = None) -> Reply:
    """Writes English instructions, whatever is asked."""
    if "Task: " in prompt:
        return scripted_author(prompt, seed)
    begin = (seed or 0) % len(ENGLISH)
    return Reply("\n".join(f"{n}. {text}" for n, text in enumerate((ENGLISH * 2)[begin : begin + 8], start=9)))


def wavering(prompt: str, seed: int | None = None) -> Reply:
    """Writes English now and then."""
    return (stubborn if (seed or 0) % 3 == 0 else scripted_author)(prompt, seed)


def grow(folder: Path, n: int, author: Script, **overrides: Any) -> list[Task]:
    """The tasks of a run from German seeds."""
    chain = self_instruct(config(**overrides), folder, models=ScriptedChat(reply=author), seeds=GERMAN)
    return chain.invoke({"n": n})


def rejected(folder: Path, rule: str = "language") -> list[dict[str, Any]]:
    """What a rule dropped."""
    lines = (folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for line in lines if (one := json.loads(line))["rule"] == rule]


def test_an_author_that_obeys_gives_german_alone(tmp_path: Path) -> None:
    """Without a filter written by hand, and nothing is dropped for its language."""
    tasks = grow(tmp_path / "run", 30, scripted_author, language="de")

    assert {shown(task.instruction, "de").tag for task in tasks} <= {"de", "und"}
    assert Counter(shown(task.instruction).tag for task in tasks)["de"] >= 15
    assert rejected(tmp_path / "run") == []


def test_an_author_that_answers_english_is_filtered(tmp_path: Path) -> None:
    """With the rule, how likely it is German, and what it is; the run's end says what to do."""
    with pytest.raises(AcceptanceCollapsed, match=r"mostly by language .*prompt_language: own"):
        grow(tmp_path / "run", 10, stubborn, language="de", run__give_up_after=3)
    found = rejected(tmp_path / "run")

    assert len(found) >= 16
    assert {(one["language"], one["stage"]) for one in found} == {("en", "instruction")}
    assert all(0 <= one["score"] < 0.1 for one in found)
    assert (tmp_path / "run" / "tasks.jsonl").read_text(encoding="utf-8") == ""


def test_one_that_wavers_gives_german_alone_and_goes_on_as_it_would_have(tmp_path: Path) -> None:
    """The English ones are dropped; stopped and gone on with, the files are those of a whole run."""
    tasks = grow(tmp_path / "run", 24, wavering, language="de")
    grow(tmp_path / "again", 7, wavering, language="de", run__max_concurrency=1)
    grow(tmp_path / "again", 24, wavering, language="de")

    assert {shown(task.instruction, "de").tag for task in tasks} <= {"de", "und"}
    assert {one["language"] for one in rejected(tmp_path / "run")} == {"en"}
    assert files(tmp_path / "again") == files(tmp_path / "run")


def test_each_request_has_its_own_language(tmp_path: Path) -> None:
    """With shares, what is German stays where German was asked for, and goes where French was."""

    def swapped(prompt: str, seed: int | None = None) -> Reply:
        """Writes German for French too, now and then."""
        if (seed or 0) % 3 == 0 and "Task: " not in prompt:
            prompt = prompt.replace("written in French", "written in German")
        return scripted_author(prompt, seed)

    tasks = grow(tmp_path / "run", 30, swapped, language={"de": 0.5, "fr": 0.5})

    assert {one["language"] for one in rejected(tmp_path / "run")} == {"de"}
    for task in tasks:
        assert task.provenance
        assert shown(task.instruction).tag in {"und", task.provenance.language}


def test_it_is_filtered_anew(tmp_path: Path) -> None:
    """As it was by the same filter; without it the English ones are accepted, which nobody completed."""
    grow(tmp_path / "run", 24, wavering, language="de")
    same = refilter(tmp_path / "run", {"filters.9.probability": 0.1}, tmp_path / "same")
    off = refilter(tmp_path / "run", {"filters.9.probability": 0}, tmp_path / "off")

    assert (tmp_path / "same" / "rejected.jsonl").read_bytes() == (tmp_path / "run" / "rejected.jsonl").read_bytes()
    assert len(same.tasks) == 24
    assert rejected(tmp_path / "off") == []
    assert {shown(slot.text).tag for slot in off.unanswered} >= {"en"}


def test_where_the_language_was_found_nothing_is_dropped_for_it(tmp_path: Path) -> None:
    """As before there was the filter; filtered anew either."""
    grow(tmp_path / "run", 12, wavering)
    assert RunReader(tmp_path / "run").config.language == "de"
    refilter(tmp_path / "run", {"novelty.threshold": 0.9}, tmp_path / "new")

    assert rejected(tmp_path / "run") == rejected(tmp_path / "new") == []
    assert not [key for key in RunReader(tmp_path / "run").origin.shaping if key.startswith("filters.9")]


def test_a_filter_of_one_s_own_goes_by_the_language_that_was_found(tmp_path: Path) -> None:
    """Where the chain has one, it needs no key."""
    grow(tmp_path / "run", 6, wavering, filters=[{"kind": "language", "probability": 0.2}])

    assert {one["language"] for one in rejected(tmp_path / "run")} == {"en"}


@pytest.mark.parametrize(
    ("settings", "filters"),
    [
        ({}, []),
        ({"language": "en"}, []),
        ({"language": "und"}, []),
        ({"language": "de"}, [0.1]),
        ({"language": {"de": 0.5, "en": 0.5}}, [0.1]),
        ({"language": "de", "filters.9.probability": 0.3}, [0.3]),
        ({"language": "de", "filters": [{"kind": "language", "probability": 0}]}, [0]),
        ({"language": "de", "filters": []}, [0.1]),
    ],
)
def test_it_is_there_where_the_prompts_ask_for_a_language(settings: dict[str, Any], filters: list[float]) -> None:
    """Loaded with the key, or changed to it; and a chain that asks for none is what it was."""
    loaded, changed = load_config("openai", settings), load_config("openai").changed(settings) if settings else None
    for chain in filter(None, (loaded, changed if "filters.9.probability" not in settings else None)):
        assert [each.probability for each in chain.filters if isinstance(each, LanguageFilter)] == filters
    if not filters and settings != {"language": "und"}:
        assert run_fingerprint(loaded, SEEDS) == run_fingerprint(load_config("openai"), SEEDS)


def test_a_probability_is_one() -> None:
    """It is told with its key."""
    with pytest.raises(ConfigError, match=r"filters\.9\.probability"):
        load_config("openai", {"language": "de", "filters.9.probability": 2})


def lines(settings: dict[str, Any], *sets: str, tmp_path: Path) -> list[str]:
    """What `check` says of seeds in these languages."""
    texts = [(FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines() for name in sets]
    count = {name: 20 if place == 0 else 5 for place, name in enumerate(sets)}
    seeds = tmp_path / "seeds.jsonl"
    chosen = [line for name, rows in zip(sets, texts, strict=True) for line in rows[: count[name]]]
    seeds.write_text("\n".join(chosen), encoding="utf-8")
    return list(check_chain(load_config("embedded", settings), seeds))


def test_check_says_what_is_asked_for(tmp_path: Path) -> None:
    """The filter and how to switch it off, domain and topics, in lines of 80 columns."""
    about = {"domain": "A bank's support chat. " * 9, "topics": {f"topic {n}": n for n in range(1, 9)}}
    said = lines({"language": "de", **about}, "de", tmp_path=tmp_path)

    assert "filter language: drops what is clearly not in de (filters.9.probability: 0.1)" in said
    assert "topics: 8 by weight: topic 1, topic 2, topic 3, topic 4, topic 5, ..." in said
    [domain] = [line for line in said if line.startswith("domain: ")]
    assert re.fullmatch(r"domain: (A bank's support chat\. )+\.\.\.", domain)
    assert len(domain) <= 80
    assert "topics: 30, which the model writes first" in lines({"topics": {"ask": 30}}, "de", tmp_path=tmp_path)
    off = lines({"language": "de", "filters.9.probability": 0}, "de", tmp_path=tmp_path)
    assert "filter language: off (probability: 0)" in off


def test_check_says_that_seeds_are_in_several_languages(tmp_path: Path) -> None:
    """How many in which, and the key for tasks in all; not where the chain has shares."""
    said = lines({}, "de", "fr", tmp_path=tmp_path)
    of_both = lines({"language": {"de": 0.5, "fr": 0.5}}, "de", "fr", tmp_path=tmp_path)

    assert "warning: seeds by language: de 20, fr 5; for tasks in all of them, language: {de: 0.8, fr: 0.2}" in said, (
        said
    )
    assert not [line for line in of_both if "language" in line and line.startswith("warning")]


def test_check_says_that_no_seed_is_in_the_language(tmp_path: Path) -> None:
    """Once for each such language; and a seed is not told to be dropped for it."""
    said = lines({"language": {"de": 0.5, "fr": 0.5}}, "de", tmp_path=tmp_path)
    english = list(check_chain(load_config("embedded", {"language": "ja"})))

    assert "warning: no seed is in fr, which requests ask for while they show seeds" in said
    assert [line for line in english if line.startswith("warning")] == [
        "warning: no seed is in ja, which requests ask for while they show seeds"
    ]


def test_a_language_that_can_not_be_told_apart_is_said(tmp_path: Path) -> None:
    """The filter is there, and does nothing."""
    said = lines({"language": "gsw"}, "de", tmp_path=tmp_path)

    assert "filter language: drops nothing, since the language is not known to it" in said
