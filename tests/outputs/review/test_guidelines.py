"""What stands beside the questions, and the keys that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.review.answers import AnswersSitting
from selfinstruct_chains.outputs.review.guidelines import guidelines
from selfinstruct_chains.outputs.review.keys import own_keys, usual_keys
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting

if TYPE_CHECKING:
    from pathlib import Path

USUAL = usual_keys(TasksSitting.questions, TasksSitting.features)


def test_the_shipped_ones_have_the_paper_s_categories_with_examples() -> None:
    """Of tasks the three questions and all of them; of answers the four levels."""
    tasks, answers = guidelines("tasks"), guidelines("answers")

    for title in ("Valid instruction", "Appropriate input", "Correct output", "All three"):
        assert f"<h3>{title}</h3>" in tasks
    assert tasks.count("<li>Yes: ") == 3
    assert tasks.count("<li>No: ") == 6
    assert [answers.count(f"<h3>{level}: ") for level in "ABCD"] == [1, 1, 1, 1]


def test_a_file_of_one_s_own_takes_their_place(tmp_path: Path) -> None:
    """As Markdown; what would load or run something is shown as text."""
    own = tmp_path / "own.md"
    own.write_text(
        "\ufeff# Ours\n\n**Be kind**, see [this](https://example.org) and [that](javascript:alert(1)).\n\n"
        "<script>alert(1)</script> ![x](http://evil.example/x.png)\n"
    )

    html = guidelines("tasks", own)

    assert "<h1>Ours</h1>" in html
    assert "<strong>Be kind</strong>" in html
    assert '<a href="https://example.org">this</a>' in html
    assert "[that](javascript:alert(1))" in html
    assert "&lt;script&gt;" in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no guidelines in it"),
        (b" \n", "no guidelines in it"),
        ("gr\u00fc\u00df".encode("latin-1"), "not UTF-8 at byte 3"),
        ("x".encode("utf-16"), "not UTF-8 at byte 1"),
        (b"a\0b", "not text in UTF-8"),
        (b"x" * (2**20 + 1), "of more than 1 MiB"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """With the file, and what is wrong."""
    own = tmp_path / "own.md"
    own.write_bytes(content)

    with pytest.raises(ConfigError, match=f"own.md: .*{said}"):
        guidelines("answers", own)


@pytest.mark.parametrize("place", ["none.md", "."])
def test_what_can_t_be_read_is_refused(tmp_path: Path, place: str) -> None:
    """No file, or a folder."""
    with pytest.raises(ConfigError, match="can't be read"):
        guidelines("tasks", tmp_path / place)


def test_keys_are_given_by_what_they_do() -> None:
    """Some or all of them; a swap too."""
    assert own_keys("", USUAL) == USUAL
    assert own_keys(" Yes = J , no=k,", USUAL) == USUAL | {"yes": "j", "no": "k"}
    assert own_keys("yes=n,no=y", USUAL) == USUAL | {"yes": "n", "no": "y"}
    assert own_keys("unsure=\u0444", USUAL)["unsure"] == "\u0444"


@pytest.mark.parametrize("given", ["yes", "yes=", "yes=jj", "=j", "yes=\t", "ja=j", "yes=n", "skip=y"])
def test_keys_that_make_no_sense_are_refused(given: str) -> None:
    """Nothing of that name, no character or several, or one for two things."""
    with pytest.raises(ConfigError, match="--keys"):
        own_keys(given, USUAL)


def test_each_page_has_a_key_for_all_that_it_offers() -> None:
    """And no key twice."""
    answers = usual_keys(AnswersSitting.questions, AnswersSitting.features)

    assert len(set(USUAL.values())) == len(USUAL) == 10
    assert answers == {
        **{letter: letter for letter in "abcd"},
        "skip": "s",
        "undo": "u",
        "search": "/",
        "guidelines": "g",
    }
