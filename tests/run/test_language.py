"""Which language a run's tasks are in, where that stands, and what it changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.run.checking import check_chain
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.language import found_language, in_language, language_line, lexicon_of
from selfinstruct_chains.run.manifest import run_fingerprint
from selfinstruct_chains.run.show import show_prompt
from selfinstruct_chains.tasks import Instance, Task

SEEDS = read_seeds(shipped.SEEDS)
TEXTS = Path(__file__).parents[1] / "data" / "filters" / "keywords.jsonl"
CHAIN = load_config("openai")


def tasks(language: str, count: int = 8) -> list[Task]:
    """Seeds in a language: the fine instructions of the filters' texts."""
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows if row["language"] == language and not row["drops"]]
    return [
        Task(id=f"s{number}", instruction=text, instances=(Instance(output="x"),), is_classification=False)
        for number, text in enumerate(texts[:count])
    ]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "ru", "zh", "ja", "ar", "hi"])
def test_eight_seeds_show_their_language(language: str) -> None:
    """Eight short instructions are enough."""
    assert found_language(tasks(language)) == language


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["عايز أعرف المحل بيفتح الساعة كام.", "اكتبلي رسالة لصاحبي عشان أعتذرله.", "إزاي أعمل كشري في البيت؟"], "ar"),
        (["唔該幫我寫封電郵畀老闆", "點解天係藍色嘅\uff1f", "講個笑話嚟聽下啦"], "zh"),
    ],
)
def test_a_spoken_variety_has_its_language_s_words(texts: list[str], whole: str) -> None:
    """Seeds in Egyptian Arabic or Cantonese are Arabic or Chinese, and so is the key."""
    seeds = [
        Task(id=text, instruction=text, instances=(Instance(output="x"),), is_classification=False) for text in texts
    ]

    assert found_language(seeds) == whole
    for tag in ("arz", "yue", "wuu"):
        assert lexicon_of(CHAIN.model_copy(update={"language": tag})).languages


def test_the_shipped_seeds_are_english() -> None:
    """And so their fingerprint is what it was before there was a language."""
    assert found_language(SEEDS) == "en"
    assert "language" not in in_language(CHAIN, SEEDS).shaping()
    english = CHAIN.model_copy(update={"language": "en"})
    assert run_fingerprint(CHAIN, SEEDS) == run_fingerprint(english, SEEDS)


def test_mixed_seeds_are_undetermined() -> None:
    """Where no language has half of the seeds, none is guessed."""
    mixed = [task for language in ("de", "fr", "ru", "zh") for task in tasks(language, 3)]
    assert found_language(mixed) == "und"
    assert "the seeds are in several" in language_line(CHAIN, mixed)
    assert lexicon_of(in_language(CHAIN, mixed)).languages == ()


def test_another_language_stands_in_the_fingerprint() -> None:
    """Said, it is asked for too, and so another run than where it was found; also of English seeds."""
    german = CHAIN.model_copy(update={"language": "de"})
    assert run_fingerprint(CHAIN, tasks("de")) != run_fingerprint(german, tasks("de"))
    assert run_fingerprint(german, SEEDS) != run_fingerprint(CHAIN, SEEDS)


def test_a_folder_knows_its_language(tmp_path: Path) -> None:
    """The manifest has it, and the folder is no other language's."""
    Folder(tmp_path / "run", CHAIN, tasks("de")).close()
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["chain"]["language"] == manifest["shaping"]["language"] == "de"
    with pytest.raises(RunError, match="language"):
        Folder(tmp_path / "run", CHAIN.model_copy(update={"language": "fr"}), tasks("de"))


@pytest.mark.parametrize(
    ("given", "tag"), [("pt-br", "pt-BR"), ("zh_hant", "zh-Hant"), ("cmn", "zh"), ("EN", "en"), ("und", "und")]
)
def test_tags(given: str, tag: str) -> None:
    """A tag is written as BCP 47 writes it."""
    assert load_config("openai", {"language": given}).language == tag


@pytest.mark.parametrize("given", ["german", "xx", "de,en", "", "x" * 100, "../de"])
def test_what_is_no_tag(given: str) -> None:
    """It is told with what one looks like."""
    with pytest.raises(ConfigError, match="language: must be a BCP 47 tag"):
        load_config("openai", {"language": given})


def test_check_and_show_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which language it is, where that comes from, and what is not known of it."""
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert "language: en (found on 175 seeds)" in check_chain(CHAIN)
    danish = CHAIN.model_copy(update={"language": "da"})
    [line] = [line for line in check_chain(danish) if line.startswith("language")]
    assert line.startswith("language: da (the chain's key); it has no words here yet")
    assert "language: en (found on 175 seeds)" in show_prompt(CHAIN, "classification").notes
