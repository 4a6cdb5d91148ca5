"""Characters that no file can hold, or no terminal should get."""

from __future__ import annotations

import json

import pytest

from selfinstruct_chains.characters import printable, visible, whole_characters


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;http://x\x07y", r"\u001b]8;;http://x\u0007y"),
        ("\x9b31m\x7f\r", r"\u009b31m\u007f\r"),
        ("\u202e\u2066\u200b\u2028\ufeff", r"\u202e\u2066\u200b\u2028\ufeff"),
        ("\U000e0041\udc80", r"\udb40\udc41\udc80"),
        ("a\n\tb\u00a0ü 中 \u0645\u06cc\u200c 👩\u200d💻", "a\n\tb\u00a0ü 中 \u0645\u06cc\u200c 👩\u200d💻"),
    ],
)
def test_what_is_obeyed_is_shown(text: str, shown: str) -> None:
    """As JSON escapes it, so that JSON keeps its values; what scripts and emoji are written with stays."""
    assert visible(text) == shown
    if "\n" not in text:
        assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text
