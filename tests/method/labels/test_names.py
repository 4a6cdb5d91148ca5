"""The table of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.files.languages import load_languages
from selfinstruct_chains.method.labels.names import _ENGLISH, names_of, read_name

if TYPE_CHECKING:
    from selfinstruct_chains.config import Language

LANGUAGES = [language for language in load_languages() if language.labels]
NAMES = names_of(LANGUAGES)


def test_every_language_has_every_group() -> None:
    """Nine languages, and those in one file, have names of all groups; none is in two groups of a file, or too long."""
    assert len(LANGUAGES) == 10
    for language in LANGUAGES:
        names = [name for each in language.labels.values() for name in each]
        assert language.labels.keys() == _ENGLISH.keys()
        assert len(names) == len(set(names))
        assert max(map(len, names)) <= 30


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_a_name_means_one_kind_in_all_languages(language: Language) -> None:
    """A language's names are read as the kind that they have there, whatever other languages use the word for."""
    for family, names in language.labels.items():
        for name in names:
            label = read_name(name, NAMES).label
            assert label is not None
            assert (label.kind == "output") == (family in {"output", "class", "answer"}), name


def test_without_languages_english_is_read() -> None:
    """English names are the form that prompts ask for, and always read; others are known by their languages."""
    assert read_name("Expected output").label
    assert not read_name("Ausgabe").label


@pytest.mark.parametrize(
    ("raw", "text", "kind"),
    [
        ("INPUT 2", "input", "input"),
        ("\uff29\uff4e\uff50\uff55\uff54", "input", "input"),
        ("Input 1 - List", "input", "input"),
        ("Input (a review)", "input", "input"),
        ("class_label", "class label", "output"),
        ("Expected output", "expected output", "output"),
        ("Example 2 Output", "example 2 output", "output"),
        ("例二", "例", "example"),
        ("مثال \u0661", "مثال", "example"),
        ("Economic output", "economic output", None),
        ("Input A", "input a", None),
    ],
)
def test_names_as_they_are_written(raw: str, text: str, kind: str | None) -> None:
    """Case, width, numbers and qualifiers don't matter; other words do."""
    name = read_name(raw, NAMES)
    assert (name.text, name.label and name.label.kind) == (text, kind)
