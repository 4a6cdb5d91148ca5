"""The measures of one answer, beside rouge-score itself and beside what is worked out by hand."""

from __future__ import annotations

from random import Random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.training.evaluation.scoring import (
    first_paragraph,
    is_unseen,
    rouge_l,
    score,
    unicode_rouge_l,
)

TEXT = "The runners' running shoes were running, quickly; 3 dogs barked at 2 small café-owners über alles!"
WORDS = TEXT.split()


def item(*references: str, is_classification: bool = False) -> Item:
    """An item with these references."""
    return Item("i", "Say it.", "", references, is_classification)


def test_it_is_rouge_scores_own_over_200_pairs() -> None:
    draw, scorer = Random(3), RougeScorer(["rougeL"], use_stemmer=True)
    for _ in range(200):
        texts = [" ".join(draw.choices(WORDS, k=draw.randint(0, 12))) for _ in range(4)]
        answer, references = texts[0], texts[1:]

        assert rouge_l(answer, references) == 100 * scorer.score_multi(references, answer)["rougeL"].fmeasure


def test_by_hand() -> None:
    # "a b c" in "a x b c y": 3 of 3 words and 3 of 5.
    found = score(item("q", "one two three"), Answer("one six two three eight\n\nand more", stopped=True))

    assert found.rouge_first == pytest.approx(100 * 2 * 3 / (3 + 5))
    assert found.rouge == pytest.approx(100 * 2 * 3 / (3 + 7))
    assert (found.exact, found.exact_first, found.stops, found.words) == (None, None, 100, 7)


@pytest.mark.parametrize(
    ("answer", "whole", "first"),
    [
        ("Positive", 100, 100),
        (" positive.\n", 100, 100),
        ("positive\n\nInput: x", 0, 100),
        ("negative", 0, 0),
        ("", 0, 0),
    ],
)
def test_labels(answer: str, whole: float, first: float) -> None:
    found = score(item("Positive", "Good", is_classification=True), Answer(answer))

    assert (found.exact, found.exact_first) == (whole, first)
    assert found.stops is None


@pytest.mark.parametrize(
    ("text", "first"),
    [("a\nb\n\nc", "a\nb"), ("\n\n a \n \t\nb", "a"), ("a\r\n\r\nb", "a"), ("", ""), (" \n ", "")],
)
def test_first_paragraph(text: str, first: str) -> None:
    assert first_paragraph(text) == first


def test_what_rouge_score_cannot_see() -> None:
    chinese = item("今天天气很好")

    assert is_unseen(chinese)
    assert not is_unseen(item("今天", "today"))
    assert rouge_l("今天天气很好", chinese.references) == 0
    assert unicode_rouge_l("今天天气很好", chinese.references) == 100
    assert unicode_rouge_l("今天很好", ["今天天气很好"]) == pytest.approx(100 * 2 * 4 / (6 + 4))
