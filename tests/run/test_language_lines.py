"""What is said of a chain's language and its filter, word for word, and by which seeds it goes."""

# ruff: noqa: RUF001 - texts in many scripts

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.language import (
    about_languages,
    filter_line,
    found_language,
    in_language,
    language_line,
    languages,
    lexicon_of,
)
from selfinstruct_chains.tasks import Instance, Task

SEEDS = read_seeds(shipped.SEEDS)
TEXTS = {
    "de": "Schreibe einen freundlichen Brief an deine Nachbarin und erkläre ihr, warum du heute nicht kommen kannst.",
    "fr": "Écris une lettre aimable à ta voisine et explique-lui pourquoi tu ne peux pas venir aujourd'hui.",
    "ru": "Напиши дружелюбное письмо соседке и объясни ей, почему ты не сможешь прийти сегодня.",
    "el": "Γράψε ένα φιλικό γράμμα στη γειτόνισσά σου και εξήγησέ της γιατί δεν μπορείς να έρθεις σήμερα.",
    "und": "1 + 2 + 3 =",
}
NO_WORDS = "so the rules that need words don't apply: refusals, keywords, placeholders"


def seeds(*tags: str) -> list[Task]:
    """One of each of these languages, in their order."""
    return [
        Task(id=f"s{n}", instruction=TEXTS[tag], instances=(Instance(output="x"),), is_classification=False)
        for n, tag in enumerate(tags)
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["fr", "de", "de"], "de"),
        (["de", "de", "fr", "ru"], "und"),
        (["de", "de", "fr", "fr"], "und"),
        (["fr", "de"] * 30, "und"),
        ((["de"] + ["fr"] * 2) * 20 + ["fr"] * 59, "fr"),
        (["de", "fr"] * 60, "de"),
        (["de", "de", "fr", "fr"] * 30, "und"),
        (["de", "fr", "fr"] * 60, "de"),
    ],
    ids=[
        "more than half",
        "half",
        "two halves",
        "each of 60",
        "each of 119",
        "every second of 120",
        "and of as many",
        "every third of 180",
    ],
)
def test_a_language_has_more_than_half_of_those_that_are_looked_at(tags: list[str], found: str) -> None:
    """About sixty, spread over all."""
    assert found_language(seeds(*tags)) == found


def test_what_the_chain_says_is_not_looked_for() -> None:
    """Else the seeds' goes into it."""
    german, open_ = load_config("openai", {"language": "de"}), load_config("openai")

    assert in_language(german, seeds("fr")).language == "de"
    assert in_language(open_, seeds("fr")).language == "fr"


@pytest.mark.parametrize(
    ("settings", "given", "line"),
    [
        ({"language": "de"}, SEEDS, "language: de (the chain's key)"),
        ({}, SEEDS, "language: en (found on 175 seeds)"),
        ({}, seeds("fr", "fr"), "language: fr (found on 2 seeds)"),
        ({"language": {"de": 0.75, "fr": 0.25}}, SEEDS, "language: de 75%, fr 25% (the chain's key)"),
        ({"language": "da"}, SEEDS, f"language: da (the chain's key); it has no words here yet, {NO_WORDS}"),
        ({"language": "und"}, SEEDS, f"language: und (the chain's key); it has no words here yet, {NO_WORDS}"),
        (
            {},
            seeds("de", "fr", "ru"),
            (
                f"language: und (found on 3 seeds); the seeds are in several, {NO_WORDS}; "
                "where it is known, say language: TAG in the chain"
            ),
        ),
        (
            {},
            seeds("el"),
            (
                f"language: el (found on 1 seeds); it has no words here yet, {NO_WORDS}; "
                "where it is known, say language: TAG in the chain"
            ),
        ),
    ],
)
def test_which_language_it_is(settings: dict[str, Any], given: list[Task], line: str) -> None:
    """Where that comes from, and what is not known of it."""
    assert language_line(load_config("openai", settings), given) == line


@pytest.mark.parametrize(
    ("settings", "tags"),
    [
        ({"language": "de"}, ["de", "en"]),
        ({"language": "en"}, ["en"]),
        ({"language": {"fr": 0.5, "en": 0.5}}, ["fr", "en"]),
        ({"language": {"fr": 0.5, "da": 0.5}}, ["fr", "en"]),
        ({"language": "da"}, []),
        ({"language": "mul"}, []),
        ({}, []),
    ],
)
def test_english_rules_come_with_those_of_another(settings: dict[str, Any], tags: list[str]) -> None:
    """Once; and where nothing is known of the language there are none."""
    words = lexicon_of(load_config("openai", settings))

    assert words.languages == tuple(lexicon_of(load_config("openai", {"language": tag})).languages[0] for tag in tags)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, ""),
        ({"language": "de"}, "filter language: drops what is clearly not in de (filters.9.probability: 0.1)"),
        (
            {"language": {"de": 0.5, "gsw": 0.5}},
            "filter language: drops what is clearly not in de (filters.9.probability: 0.1)",
        ),
        (
            {"language": {"de": 0.5, "fr": 0.5}, "filters": [{"kind": "language", "probability": 0.25}]},
            "filter language: drops what is clearly not in de, fr (filters.0.probability: 0.25)",
        ),
        (
            {"language": "de", "filters": [{"kind": "language", "probability": 0}]},
            "filter language: off (probability: 0)",
        ),
        ({"language": "gsw"}, "filter language: drops nothing, since the language is not known to it"),
    ],
)
def test_what_the_filter_will_do(settings: dict[str, Any], line: str) -> None:
    """With its key, wherever it stands."""
    assert filter_line(load_config("openai", settings)) == line


def both(shares: str, told: str = "de {}, fr {}", counts: tuple[int, ...] = ()) -> str:
    """The warning that seeds are in several languages."""
    return f"warning: seeds by language: {told.format(*counts)}; for tasks in all of them, language: {shares}"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (["de"] * 40, []),
        (["de"] * 19 + ["fr"], []),
        (["de"] * 98 + ["fr"] * 2, []),
        (["de"] * 38 + ["fr"] * 2, [both("{de: 0.95, fr: 0.05}", counts=(38, 2))]),
        (["de"] * 95 + ["fr"] * 5, [both("{de: 0.95, fr: 0.05}", counts=(95, 5))]),
        (["de"] * 95 + ["fr"] * 5 + ["und"] * 20, [both("{de: 0.95, fr: 0.05}", counts=(95, 5))]),
        (
            ["de", "fr", "ru"] * 7,
            [both("{de: 0.34, fr: 0.33, ru: 0.33}", "de {}, fr {}, ru {}", (7, 7, 7))],
        ),
        (["de", "fr"] * 500, []),
        (["de", "fr"] * 499 + ["fr"], [both("{fr: 0.5, de: 0.5}", "fr {}, de {}", (500, 499))]),
        (["und"] * 3, []),
    ],
    ids=["one", "one of 20", "2 of 100", "2 of 40", "5 of 100", "numbers", "thirds", "1000", "999", "none"],
)
def test_seeds_in_several_languages_are_told(tags: list[str], said: list[str]) -> None:
    """Each that has two of them and 5 %; of a thousand or more only some are looked at."""
    assert list(about_languages(load_config("openai"), seeds(*tags))) == said


def test_a_language_that_no_seed_shows_is_told() -> None:
    """Of those that can be told apart, where any seed shows one; shares of a chain are its answer to several."""
    three = load_config("openai", {"language": {"de": 0.4, "fr": 0.3, "gsw": 0.3}})
    line = "warning: no seed is in fr, which requests ask for while they show seeds"

    assert list(about_languages(three, seeds("de", "de", "ru", "ru"))) == [line]
    assert list(about_languages(three, seeds("und"))) == []
    assert list(about_languages(load_config("openai", {"language": "fr"}), SEEDS)) == [line]
    assert list(about_languages(load_config("openai", {"language": "en"}), SEEDS)) == []


def test_texts_are_counted_by_language() -> None:
    """Each by the likeliest one."""
    assert languages([TEXTS["de"], TEXTS["fr"], TEXTS["de"]]) == {"de": 2, "fr": 1}
