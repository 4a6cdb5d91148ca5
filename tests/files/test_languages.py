"""prompts/languages/: what is shipped, and how it is read."""

from __future__ import annotations

import re

import pytest

from selfinstruct_chains.config import Language
from selfinstruct_chains.config.phrases import expression, folded
from selfinstruct_chains.files import shipped, yaml
from selfinstruct_chains.files.languages import load_language, load_languages

NAMES = shipped.names(shipped.LANGUAGES)
TEN = ("en", "de", "fr", "es", "pt", "ru", "zh", "ja", "ar", "hi")


def test_ten_languages_are_shipped() -> None:
    """Each of the ten has all that the rules look for; English's labels, yes and no are the program's own."""
    for name in TEN:
        language = load_language(name)
        assert language is not None
        for each in (language.refusals, language.requests, language.edits, language.placeholders, language.dummies):
            assert each
        assert language.keywords.always
        assert language.keywords.orders
        assert name == "en" or (language.labels and language.yes_words and language.no_words and language.nothing)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_sound(name: str) -> None:
    """Each file is read by the strict reader too, and each of its phrases is one."""
    source = yaml.Source(shipped.LANGUAGES / f"{name}.yaml", name)
    language = yaml.validate(Language, yaml.read(source), str)
    assert language == load_language(name)
    for where, phrases in language.phrases().items():
        for phrase in phrases:
            assert re.compile(language.expression((phrase,))), where
            assert phrase == phrase.strip(), f"{where}: {phrase!r}"


@pytest.mark.parametrize(("tag", "name"), [("pt-BR", "Portuguese"), ("zh-Hant-TW", "Chinese"), ("EN-us", "English")])
def test_a_tag_finds_its_language(tag: str, name: str) -> None:
    """Region and script stand behind the language, in any case of letters."""
    language = load_language(tag)
    assert language is not None
    assert language.name == name


def test_what_is_not_there() -> None:
    """A language without a file is none; English comes first of those that are there."""
    assert load_language("da") is None
    assert load_languages()[0].name == "English"
    assert len(load_languages()) == len(NAMES)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("draw a cat", "Please DRAW  a\ncat", True),
        ("draw a cat", "draw a catfish", False),
        ("draw a cat*", "draw a catfish", True),
        ("(draw|paint) (me )?a cat", "paint me a cat", True),
        ("draw … cat", "draw the old grey cat", True),
        ("draw … cat", "draw the very old grey cat", False),
        ("draw …… cat", "draw the very old grey cat", True),
        ("draw … cat", "draw. A cat", False),
        ("sorry but no", "Sorry, but no", True),
        ("<pet>!(s) here", "cat here", True),
        ("<pet>!( food)", "cat food", False),
        ("^draw", "go and draw", False),
        ("(very )+good", "very very good", True),
        ("a.b", "axb", False),
        ("web ?site", "website", True),
        ("c'est", "C\u2019est", True),
    ],
)
def test_phrases(phrase: str, text: str, found: bool) -> None:
    """The few signs of a phrase."""
    pattern = expression((phrase,), {"pet": ("cat", "dog")}, spaced=True)
    assert bool(re.search(pattern, folded(text))) == found


@pytest.mark.parametrize(("phrase", "said"), [("<no>", "no such list"), ("<loop>", "names itself")])
def test_phrases_that_are_none(phrase: str, said: str) -> None:
    """A list has to be there, and may not name itself."""
    with pytest.raises(ValueError, match=said):
        expression((phrase,), {"loop": ("a <loop>",)}, spaced=True)


def test_in_a_script_without_blanks() -> None:
    """Phrases stand inside of words there, and a gap is a dozen characters of a sentence."""
    pattern = expression(("画…图",), {}, spaced=False)
    assert re.search(pattern, "请画一张漂亮的图吧")
    assert not re.search(pattern, "画吧。这是一张图")
