"""What figures are drawn with: how wide texts are, where they are cut, and numbers on an axis."""

from __future__ import annotations

import pytest

from selfinstruct_chains.outputs.report.pen import DARK, Frame, fitted, short, ticks, width_of


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("a", 0.57),
        ("7", 0.57),
        ("A", 0.7),
        ("il ", 0.99),
        ("mW", 1.92),
        ("数", 1),
        ("\uff21", 1),
        ("e\u0301", 0.57),
        ("\u202e", 6 * 0.57),
    ],
)
def test_a_text_is_about_as_wide_as_its_letters(text: str, width: float) -> None:
    """Thin, broad, large and East Asian ones; an accent adds nothing; what can't be seen is as wide as its escape."""
    assert width_of(text, 1) == pytest.approx(width)
    assert width_of(text) == pytest.approx(12 * width)


def test_a_text_is_cut_where_its_room_ends() -> None:
    """What has just the room stays whole; what has not is cut so that the mark has its room as well."""
    room = width_of("ab") + 12

    assert fitted("abc", width_of("abc")) == "abc"
    assert fitted("abcd", room) == "ab…"
    assert fitted("abcd", room - 0.1) == "a…"
    assert fitted("a bcd", width_of("a ") + 12) == "a…"
    assert fitted("abcd", 35, 24) == fitted("abcd", 12 + 5.5) == ""
    assert fitted("abcd", 25, 10) == "abcd"


@pytest.mark.parametrize(
    ("most", "wanted", "expected"),
    [
        (3, 4, [0, 1, 2, 3]),
        (5, 5, [0, 1, 2, 3, 4, 5]),
        (6, 5, [0, 2, 4, 6]),
        (21, 5, [0, 5, 10, 15, 20, 25]),
        (26, 5, [0, 10, 20, 30]),
        (40, 4, [0, 10, 20, 30, 40]),
        (41, 4, [0, 20, 40, 60]),
        (100_000, 4, [0, 50_000, 100_000]),
    ],
)
def test_ticks_are_about_as_many_as_wanted(most: int, wanted: int, expected: list[int]) -> None:
    """Ones, twos, fives or tens, or these with noughts."""
    assert ticks(most, wanted) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (900, "900"), (12_000, "12,000"), (999_999, "999,999"), (1_000_000, "1M"), (1_500_000, "1.5M")],
)
def test_numbers_on_an_axis_are_short(number: float, text: str) -> None:
    """From a million on they are told in millions."""
    assert short(number) == text


def test_values_have_places_in_a_frame() -> None:
    """From left to right between its ends, from below by their size."""
    frame = Frame(left=10, top=20, right=110, bottom=220, low=5, high=25, most=50)

    assert [frame.x(value) for value in (5, 10, 25)] == [10, 35, 110]
    assert [frame.y(value) for value in (0, 5, 50)] == [220, 200, 20]


def test_a_text_may_be_turned_and_have_more() -> None:
    """Around its own place; pixels have a place after the point only where there is something."""
    made = DARK.text(1, 2.25, "x", anchor="end", tone="dim", turned=0, more={"font-size": 9})

    assert made.attrib == {
        "x": "1",
        "y": "2.2",
        "dy": "0.35em",
        "text-anchor": "end",
        "transform": "rotate(0 1 2.2)",
        "class": "dim",
        "fill": "#a3adba",
        "font-size": "9",
    }
