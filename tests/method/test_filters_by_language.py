"""The rules that need a language's words, on texts of both sides: tests/data/filters/."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from selfinstruct_chains.config import Filter
from selfinstruct_chains.files.languages import load_language
from selfinstruct_chains.method.filters import drop_instruction, keep_instances
from selfinstruct_chains.method.lexicon import Lexicon, lexicon
from selfinstruct_chains.tasks import Instance

DATA = Path(__file__).parents[1] / "data" / "filters"
KEYWORDS, REFUSAL, ECHO = (
    TypeAdapter(tuple[Filter, ...]).validate_python([{"kind": kind}]) for kind in ("keywords", "refusal", "echo")
)
LANGUAGES = ("en", "de", "fr", "es", "pt", "ru", "zh", "ja", "ar", "hi")
NONE: frozenset[str] = frozenset()


def rows(name: str) -> list[Any]:
    """The rows of a file, each with a readable id."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(row, id=f"{row['language']}-{index}") for index, row in enumerate(map(json.loads, lines))]


@cache
def words(language: str) -> Lexicon:
    """A language's words and English ones, as a run has them."""
    names = list(dict.fromkeys((language, "en")))
    return lexicon([found for name in names if (found := load_language(name))])


def instance_rule(row: dict[str, Any], using: tuple[Filter, ...], given: str, made: str) -> str | None:
    """The rule that drops an instance."""
    _, dropped = keep_instances(
        [Instance(input=given, output=made)],
        using,
        is_classification=False,
        max_instances=1,
        instruction=row.get("instruction", ""),
        lexicon=words(row["language"]),
    )
    return dropped[0].rule if dropped else None


@pytest.mark.parametrize("row", rows("keywords"))
def test_keywords(row: dict[str, Any]) -> None:
    """Orders that a text model can't follow go, in whatever language; words about such things stay."""
    assert (drop_instruction(row["text"], KEYWORDS, NONE, words(row["language"])) == "keyword") == row["drops"]


@pytest.mark.parametrize("row", rows("refusals"))
def test_refusals(row: dict[str, Any]) -> None:
    """What a model declines goes; letters decline too, and a polite instruction is no refusal."""
    if row["stage"] == "instruction":
        rule = drop_instruction(row["text"], REFUSAL, NONE, words(row["language"]))
    else:
        rule = instance_rule(row, REFUSAL, "a", row["text"])
    assert rule == ("refusal" if row["drops"] else None)


@pytest.mark.parametrize("row", rows("placeholders"))
def test_placeholders(row: dict[str, Any]) -> None:
    """What stands for a text goes; a text to work on, and what the instruction speaks of, stays."""
    assert instance_rule(row, REFUSAL, row["input"], row["output"]) == ("placeholder" if row["drops"] else None)


@pytest.mark.parametrize("row", rows("echoes"))
def test_echoes(row: dict[str, Any]) -> None:
    """A near copy goes unless the instruction asks for one; an exact copy always does."""
    assert instance_rule(row, ECHO, row["input"], row["output"]) == ("echo" if row["drops"] else None)


def test_there_are_enough() -> None:
    """Sixty texts for each English rule, and eight of each side for the others' refusals and keywords."""
    for name in ("keywords", "refusals", "placeholders", "echoes"):
        counts = Counter((row.values[0]["language"], row.values[0]["drops"]) for row in rows(name))
        assert counts["en", True] + counts["en", False] >= 60
        if name in {"keywords", "refusals"}:
            assert min(counts[language, drops] for language in LANGUAGES for drops in (True, False)) >= 8


def test_without_a_language_no_rule_needs_words() -> None:
    """Where nothing is known, empty, equal and blank texts still go, and nothing by its words."""
    unknown = Lexicon()
    assert drop_instruction("Draw a picture of a cat.", KEYWORDS, NONE, unknown) is None
    assert drop_instruction("I'm sorry, but I can't help.", REFUSAL, NONE, unknown) is None
    instances = [Instance(input="a", output="..."), Instance(input="same text", output="same text")]
    _, dropped = keep_instances(instances, (*REFUSAL, *ECHO), is_classification=False, max_instances=5)
    assert [each.rule for each in dropped] == ["placeholder", "echo"]


def test_english_is_known_beside_another_language() -> None:
    """Models fall back into English: its refusals go from German data too."""
    assert drop_instruction("I'm sorry, but I can't assist with that.", REFUSAL, NONE, words("de")) == "refusal"


@pytest.mark.parametrize("language", LANGUAGES)
def test_time_is_linear(language: str) -> None:
    """Patterns have bounded repetitions only, so that a long text of their own words is looked at once."""
    known = load_language(language)
    assert known is not None
    for phrases in (known.keywords.always, known.keywords.orders, known.edits):
        pattern = known.expression(phrases)
        assert "+)+" not in pattern
        assert "*)*" not in pattern
