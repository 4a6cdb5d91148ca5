"""The table of names."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.labels.names import _NAMES, read_name


def test_every_language_has_every_group() -> None:
    """Ten languages have names of all groups, none is in two groups of one language, none longer than is read."""
    assert len(_NAMES) == 10
    for families in _NAMES.values():
        names = [name for each in families.values() for name in each.split(", ")]
        assert len(families) == 8
        assert len(names) == len(set(names))
        assert max(map(len, names)) <= 30


@pytest.mark.parametrize("language", _NAMES)
def test_a_name_means_one_kind_in_all_languages(language: str) -> None:
    """A language's names are read as the kind that they have there, whatever other languages use the word for."""
    for family, names in _NAMES[language].items():
        for name in names.split(", "):
            label = read_name(name).label
            assert label is not None
            assert (label.kind == "output") == (family in {"output", "class", "answer"}), name


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
    name = read_name(raw)
    assert (name.text, name.label and name.label.kind) == (text, kind)
