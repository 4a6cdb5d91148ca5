"""Characters that no file can hold, or no terminal should get."""

from __future__ import annotations

import pytest

from selfinstruct_chains.characters import printable, whole_characters


@pytest.mark.parametrize(
    ("text", "whole"),
    [("a\ud83d b", "a\ufffd b"), ("\ud83d\ude00", "\U0001f600"), ("\ude00\ud83d", "\ufffd\ufffd"), ("é 中", "é 中")],
)
def test_halves_of_characters_are_joined_or_replaced(text: str, whole: str) -> None:
    """So that the text can be written as UTF-8; whole characters stay."""
    assert whole_characters(text) == whole
    whole.encode()


def test_a_terminal_gets_nothing_to_obey() -> None:
    """Escapes, direction marks and line ends are blanks."""
    assert printable("\x1b[31mred\u202e\nÜ") == " [31mred  Ü"
