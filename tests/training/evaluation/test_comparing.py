"""Models compared on the items that both answered, by what is known of them."""

from __future__ import annotations

from random import Random

import pytest

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.training.evaluation.comparing import Evaluation, evaluation
from selfinstruct_chains.training.evaluation.scoring import Likelihood
from selfinstruct_chains.training.evaluation.table import evaluation_text
from selfinstruct_chains.training.evaluation.wire import as_json

N = 60
ITEMS = [Item(str(number), "Say it.", "", ("yes it is",), is_classification=False) for number in range(N)]
RIGHT = {item.id: Answer("yes it is") for item in ITEMS}
WRONG = {item.id: Answer("no") for item in ITEMS}


def lacking(answers: dict[str, Answer], *numbers: int) -> dict[str, Answer]:
    """The answers without those to these items."""
    return {id_: answer for id_, answer in answers.items() if int(id_) not in numbers}


def test_an_item_without_an_answer_counts_nowhere() -> None:
    mixed = WRONG | {str(number): RIGHT[str(number)] for number in range(40)}
    found = evaluation(ITEMS, {"base": lacking(WRONG, 0), "tuned": lacking(mixed, 59, 58)})

    assert found.missing == {"base": 1, "tuned": 2}
    assert found.whole.means["tuned"]["rouge"].mean == pytest.approx(100 * 40 / 58)
    difference = found.whole.differences["tuned"]["rouge"].estimate
    assert (difference.items, difference.mean) == (57, pytest.approx(100 * 39 / 57))
    assert as_json(found)["missing"] == {"base": 1, "tuned": 2}
    assert "tuned: 2 of 60 items have no answer" in evaluation_text(found, "x")


def test_a_model_without_any_answer_has_no_figures() -> None:
    found = evaluation(ITEMS, {"base": {}, "tuned": RIGHT})

    assert found.whole.means["base"] == {}
    assert found.whole.differences["tuned"] == {}
    assert "60 of 60 items have no answer" in " ".join(evaluation_text(found, "x").split())


def likely() -> Evaluation:
    """Two models, the second of which finds each reference likelier by .3 nats or so, and its end no more or less."""
    draw = Random(5)
    base = {item.id: Likelihood(draw.uniform(1, 3), draw.uniform(4, 6)) for item in ITEMS}
    tuned = {id_: Likelihood(one.nll - draw.uniform(0.1, 0.5), one.end_nll) for id_, one in base.items()}
    return evaluation(ITEMS, {"base": WRONG, "tuned": WRONG}, likelihoods={"base": base, "tuned": tuned})


def test_likelihoods_are_compared_and_lower_is_said_to_be_better() -> None:
    found, text = likely(), evaluation_text(likely(), "x")

    nll = found.whole.differences["tuned"]["nll"]
    assert nll.estimate.mean == pytest.approx(-0.3, abs=0.05)
    assert nll.is_clear
    assert not found.whole.differences["tuned"]["end_nll"].is_clear
    assert "nll" not in found.whole.means["one sentence"]
    assert "answer NLL [95%]" in text
    assert "    answer NLL, lower is better" in text
    assert max(map(len, text.splitlines())) <= 79


def test_no_line_is_too_long_when_nothing_can_be_told() -> None:
    draw = Random(3)
    names = {name: {item.id: Answer(draw.choice(["yes it is", "no"])) for item in ITEMS} for name in "abc"}
    text = evaluation_text(evaluation(ITEMS, names), "x")

    assert "can't tell below" in text
    assert max(map(len, text.splitlines())) <= 79


def test_columns_by_category_tell_names_apart_and_say_what_is_left_out() -> None:
    names = ["base", "base, chat template", "own 50", "own 150", "seeds", "qwen-7b-own-50", "qwen-7b-own-150"]
    items = [item._replace(category="sums" if int(item.id) % 2 else "tests") for item in ITEMS]
    text = evaluation_text(evaluation(items, dict.fromkeys(names, WRONG)), "x")
    heading, row, _, more = text[text.index("ROUGE-L by category") :].splitlines()[:4]

    assert heading.split()[3:] == ["items", "base", "base…late", "own", "50", "own", "150", "seeds"]
    assert row.split() == ["sums", "30", *["0.0"] * 5]
    assert more == "2 more models by category: on the page, and in what --json prints."
    assert max(map(len, text.splitlines())) <= 79


def test_models_that_answer_alike() -> None:
    text = evaluation_text(evaluation(ITEMS, {"base": WRONG, "tuned": WRONG}), "x")

    assert "+0.0 [+0.0, +0.0]       the same for each item" in text
