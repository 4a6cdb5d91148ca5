"""Which language an instruction is in: what is dropped for it, and what is not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from selfinstruct_chains import read_seeds
from selfinstruct_chains.config import UNDETERMINED
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.identifying import is_foreign, known, shown

KEYWORDS = Path(__file__).parents[1] / "data" / "filters" / "keywords.jsonl"
SETS = Path(__file__).parents[2] / "seeds" / "languages"
TEN = ("en", "de", "fr", "es", "pt", "ru", "zh", "ja", "ar", "hi")
BELOW = 0.1
NOTHING = (
    "12 + 7",
    "3 * (4 + 5) = ?",
    "x^2 + 2x + 1 = 0",
    "Python 3.12, NumPy, pandas",
    "Max Müller, Anna Schmidt, Peter Lang",
    "Berlin, Paris, London, Madrid",
    "Mozart, Beethoven, Bach, Haydn",
    "SELECT name, age FROM users WHERE age > 30",
    "for i in range(10): print(i)",
    "def f(x): return x",
    "H2O, NaCl, CO2",
    "PDF CSV JSON XML",
    "https://example.org/the/weather/is/nice/today?and=we&go=out",
    "10 km, 20 km, 30 km",
    "",
)
MATERIAL = (
    ("de", "Übersetze ins Deutsche: The weather is nice today and we go out for a walk."),
    ("de", 'Übersetze "The quick brown fox jumps over the lazy dog while the farmer sleeps." ins Deutsche.'),
    ("de", "Was gibt `print('the weather is nice today, and we go out')` aus?"),
    ("de", "Erkläre diesen Code:\n```\nfor line in file:\n    print('the weather is nice today')\n```"),
    ("fr", "Traduis: The weather is nice today and we go out."),
    ("zh", "翻译成中文\uff1aThe weather is nice today and we go out for a walk."),
    ("ja", "次の英文を訳してください: The weather is nice today and we go out for a walk."),
    ("en", "What does “Ich habe keine Lust mehr auf diese Arbeit” mean?"),
    ("en", "Translate into English: Ich habe Hunger und möchte heute Abend etwas essen."),
)


@cache
def texts() -> list[tuple[str, str]]:
    """Instructions with their language: both English sets, the five others, and the filters' texts in ten languages."""
    english = [task.instruction for file in (shipped.SEEDS, shipped.HELDOUT) for task in read_seeds(file)]
    rows = [json.loads(line) for line in KEYWORDS.read_text(encoding="utf-8").splitlines()]
    sets = [(file.stem, task.instruction) for file in sorted(SETS.iterdir()) for task in read_seeds(file)]
    return [("en", text) for text in english] + sets + [(row["language"], row["text"]) for row in rows]


@cache
def foreign() -> dict[str, set[str]]:
    """To which of the ten languages each text is foreign."""
    return {text: {tag for tag in TEN if is_foreign(text, tag, BELOW)} for _, text in texts()}


def test_no_text_is_foreign_to_its_own_language() -> None:
    """Not one of the 833, of which a seventh have five words or fewer."""
    assert [(language, text) for language, text in texts() if language in foreign()[text]] == []


@pytest.mark.parametrize("wanted", TEN)
def test_a_text_of_another_language_is_foreign(wanted: str) -> None:
    """Of those with more than 40 bytes all but one in twenty-five."""
    others = [text for language, text in texts() if language != wanted and len(text.encode()) > 40]
    missed = [text for text in others if wanted not in foreign()[text]]

    assert len(missed) <= len(others) / 25, missed


@pytest.mark.parametrize("text", NOTHING)
def test_what_shows_no_language_is_not_foreign(text: str) -> None:
    """Names, numbers, code, addresses: in whatever language they were asked for."""
    assert [tag for tag in TEN if is_foreign(text, tag, BELOW)] == []


@pytest.mark.parametrize(("wanted", "text"), MATERIAL)
def test_what_an_instruction_works_on_may_be_in_another_language(wanted: str, text: str) -> None:
    """Quoted, as code, or behind a colon."""
    assert not is_foreign(text, wanted, BELOW)


def test_a_quotation_does_not_make_it_right() -> None:
    """An English order about a German text is English."""
    text = "Explain to a beginner what “Ich habe heute keine Lust mehr auf diese Arbeit” means, and when to say it."

    assert is_foreign(text, "de", BELOW)
    assert shown(text, "de").tag == "en"


def test_a_tag_means_its_whole_language() -> None:
    """Region and script make no other one, and a spoken variety none of its own."""
    assert not is_foreign("Escreva um conto sobre uma menina que desenha um mapa.", "pt-BR", BELOW)
    assert not is_foreign("唔該幫我寫封電郵畀老闆\uff0c話我聽日要請假。", "zh-Hant", BELOW)
    assert not is_foreign("عايز أعرف المحل بيفتح الساعة كام النهارده.", "ar", BELOW)


@pytest.mark.parametrize("wanted", ["gsw", UNDETERMINED, "tlh"])
def test_nothing_is_foreign_to_a_language_that_is_not_known(wanted: str) -> None:
    """There is no telling."""
    assert wanted not in known()
    assert not is_foreign("Write a short story about a garden in the rain.", wanted, BELOW)


def test_the_probability_is_the_limit() -> None:
    """With 0 nothing is foreign; the language that is shown never is."""
    text = "Write a short story about a garden in the rain."

    assert is_foreign(text, "de", BELOW)
    assert not is_foreign(text, "de", 0)
    assert not is_foreign(text, "en", 1)
